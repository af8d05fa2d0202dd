"""Virtual time for asyncio."""

from .loop import off_the_clock, run
from .pace import Deadlock

__all__ = ["Deadlock", "off_the_clock", "run"]
