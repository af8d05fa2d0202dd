"""The ASGI app round a ChatKit server."""

from .app import RequestContext, create_app
from .delivery import EventStream
from .guard import LOOPBACK, Guard
from .tokens import TokenError, Tokens

__all__ = [
    "LOOPBACK",
    "EventStream",
    "Guard",
    "RequestContext",
    "TokenError",
    "Tokens",
    "create_app",
]
