"""The ASGI app round a ChatKit server."""

from .app import RequestContext, create_app
from .delivery import EventStream

__all__ = ["EventStream", "RequestContext", "create_app"]
