"""A second try for a model's call, as long as the user has seen nothing of the first."""

from .backoff import Backoff
from .fallback import FallbackModel, Try
from .finished import FinishedChatModel
from .whole import WholeModel
from .worth import another_helps, same_helps

__all__ = [
    "Backoff",
    "FallbackModel",
    "FinishedChatModel",
    "Try",
    "WholeModel",
    "another_helps",
    "same_helps",
]
