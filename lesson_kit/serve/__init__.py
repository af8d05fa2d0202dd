"""The server behind a real socket: uvicorn, told to keep every partial answer when it is stopped."""

from .address import AddressTaken, listen
from .serving import configure, serve

__all__ = ["AddressTaken", "configure", "listen", "serve"]
