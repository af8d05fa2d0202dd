"""Recordings of streams: what came when, what the user saw, how it ended."""

from .chart import Timeline, timeline
from .figures import Burst, Failure, Progress, Stall
from .moment import Moment
from .outcome import OUTCOMES, Outcome
from .recording import Recording
from .tape import RecordingError
from .whole import write_whole

__all__ = [
    "OUTCOMES",
    "Burst",
    "Failure",
    "Moment",
    "Outcome",
    "Progress",
    "Recording",
    "RecordingError",
    "Stall",
    "Timeline",
    "timeline",
    "write_whole",
]
