"""The address that a server listens on."""

from __future__ import annotations

import errno
import os
import socket

__all__ = ["AddressTaken", "listen"]


class AddressTaken(OSError):
    """Nobody can listen there now. The message says why, and what to do."""


def listen(host: str, port: int, *, reuse_port: bool = False) -> socket.socket:
    """Take an address, before anything is announced. Port 0 takes a free one. Raises `AddressTaken`.

    With `reuse_port`, a second process may listen there too, if both say so: the system shares out new connections.
    So a new server can start before the old one ends. Linux, macOS and the BSDs have it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            # Without this a restart within a minute finds its own old connections in the way. On Windows the same option
            # would let two programs listen on one port.
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            taken.setsockopt(socket.SOL_SOCKET, _reuse_port(), 1)
        taken.bind((host, port))
        taken.listen(128)
    except OSError as error:
        taken.close()
        raise AddressTaken(
            f"cannot listen on {host}, port {port}: {error.strerror}. {_next_step(error)}"
        ) from None
    return taken


def _reuse_port() -> int:
    found: int | None = getattr(socket, "SO_REUSEPORT", None)
    if found is None:
        raise OSError(errno.ENOPROTOOPT, "this system lets no two programs share a port")
    return found


def _next_step(error: OSError) -> str:
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return "Name an address of this machine: 127.0.0.1, or 0.0.0.0 for all that it has."
    if error.errno == errno.EACCES:
        return "Choose a port above 1023: the others need an administrator's rights."
    if error.errno == errno.ENOPROTOOPT:
        return "Leave --reuse-port out."
    return "Stop the program that uses it, or choose another port; --port 0 takes a free one."
