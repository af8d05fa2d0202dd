"""The timeline player of the notebooks."""

from .widget import Player

__all__ = ["Player"]
