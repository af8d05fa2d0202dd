"""Runs a guest's code in a process of its own, inside walls, and sends back what it saw."""

from .job import Ending, Job, Limits
from .resident import shared, warm
from .sandbox import Sandbox
from .walls import Walls

__all__ = ["Ending", "Job", "Limits", "Sandbox", "Walls", "shared", "warm"]
