"""The address that a server listens on."""

from __future__ import annotations

import socket

__all__ = ["AddressTaken", "listen"]


class AddressTaken(OSError):
    """Another program already listens there."""


def listen(host: str, port: int, *, reuse_port: bool = False) -> socket.socket:
    """Take an address, before anything is announced. Port 0 takes a free one. Raises `AddressTaken`.

    With `reuse_port`, a second process may listen there too, if both say so: the system shares out new connections.
    So a new server can start before the old one ends. Linux, macOS and the BSDs have it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    # Without this a restart within a minute finds its own old connections in the way.
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        if reuse_port:
            taken.setsockopt(socket.SOL_SOCKET, _reuse_port(), 1)
        taken.bind((host, port))
    except OSError as error:
        taken.close()
        raise AddressTaken(
            f"cannot listen on {host}, port {port}: {error.strerror}. "
            "Stop the program that uses it, or choose another port; --port 0 takes a free one."
        ) from None
    taken.listen(128)
    return taken


def _reuse_port() -> int:
    found: int | None = getattr(socket, "SO_REUSEPORT", None)
    if found is None:
        raise OSError(0, "this system lets no two programs share a port")
    return found
