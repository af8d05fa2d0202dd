"""A client for the ChatKit protocol."""

from .chat_error import ChatError
from .client import ChatClient
from .stream import Event, Stream

__all__ = ["ChatClient", "ChatError", "Event", "Stream"]
