"""A live dashboard of one server, for notebooks."""

from .figures import Figures
from .widget import Dashboard

__all__ = ["Dashboard", "Figures"]
