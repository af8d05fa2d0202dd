"""The course's own ChatKit server, and the parts that a server of yours may want too."""

from .batching import Batching
from .lesson import LessonServer
from .limits import Limits
from .turn import Turn, Turns

__all__ = ["Batching", "LessonServer", "Limits", "Turn", "Turns"]
