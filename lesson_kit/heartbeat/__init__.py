"""The heartbeat of the event loop, for notebooks."""

from .pulse import Pulse
from .widget import Heartbeat

__all__ = ["Heartbeat", "Pulse"]
