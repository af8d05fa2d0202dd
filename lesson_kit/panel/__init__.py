"""The live chat panel of the notebooks."""

from .widget import Panel

__all__ = ["Panel"]
