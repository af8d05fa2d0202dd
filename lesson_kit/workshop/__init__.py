"""The workshop: makes the exercises out of their solutions, and proves that both are right."""

from .building import Built, build
from .claims import Problem
from .markers import MarkerError
from .restart import Restarted, restart
from .shelf import Shelf, ShelfError
from .verifying import Message, Verified, messages, verify

__all__ = [
    "Built",
    "MarkerError",
    "Message",
    "Problem",
    "Restarted",
    "Shelf",
    "ShelfError",
    "Verified",
    "build",
    "messages",
    "restart",
    "verify",
]
