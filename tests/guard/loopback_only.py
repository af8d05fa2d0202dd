"""A process that may only talk to itself: every outside connection is refused with a clear error.

An audit hook, not a patched class: it sees every socket that Python opens in this process, those
of asyncio, uvicorn and Jupyter too, it holds between tests as well, and nothing can take it off.
Sockets that other languages open (ZeroMQ, Chromium) are not seen; the test kit starts those on
loopback, and the browser gets a resolver that knows no outside name.
"""

import ipaddress
import os
import socket
import sys
from typing import Any

# Refusals are also written here: library code may swallow the error, the test run must not.
LOG = "LESSON_KIT_GUARD_LOG"


class OutsideRefused(RuntimeError):
    """Not an OSError on purpose: code that survives a broken network must not survive this."""


def is_loopback(host: object) -> bool:
    """True for the names and addresses that cannot leave this machine; None is the local end."""
    if isinstance(host, (bytes, bytearray)):
        host = bytes(host).decode("ascii", "replace")
    if host is None or host in ("", "localhost", socket.gethostname()):
        return True
    name = str(host).partition("%")[0].lower()
    if name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_address(host: object) -> bool:
    """True for a literal address: looking it up asks nobody (connecting to it is judged later)."""
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


def refuse(what: str, target: object) -> None:
    """Note the attempt in the log file and raise."""
    message = (
        f"expected only loopback traffic in tests, but this process wanted to {what} {target!r}. "
        "Use 127.0.0.1 and a free port, or a fake."
    )
    path = os.environ.get(LOG)
    if path:
        with open(path, "a", encoding="utf-8") as log:
            log.write(f"{os.getpid()} {what} {target!r}\n")
    raise OutsideRefused(message)


def judge_connection(sock: Any, address: object) -> None:
    """Refuse an internet address outside this machine; unix sockets and netlink pass."""
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = address[0] if isinstance(address, tuple) and address else address
    # An empty host means "every interface" to bind and "this machine" to connect.
    if not is_loopback(host):
        refuse("connect to", address)


def judge_listener(sock: Any, address: object) -> None:
    """Refuse to listen on all interfaces: the port would be open to the network."""
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = address[0] if isinstance(address, tuple) and address else address
    if host == "" or not is_loopback(host):
        refuse("listen on", address)


def judge_lookup(host: object) -> None:
    """Refuse to ask a name server about a host outside this machine."""
    if not is_loopback(host) and not is_address(host):
        refuse("look up", host)


def watch_audit_event(event: str, args: tuple[Any, ...]) -> None:
    """The audit hook: https://docs.python.org/3/library/audit_events.html lists these events."""
    if not event.startswith("socket."):
        return
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        if args[1] is not None:  # sendmsg on a connected socket names no address
            judge_connection(args[0], args[1])
    elif event == "socket.bind":
        judge_listener(args[0], args[1])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        judge_lookup(args[0])


def install() -> None:
    """Guard this process for good."""
    if getattr(sys, "_loopback_only", False):
        return
    sys._loopback_only = True  # type: ignore[attr-defined]
    sys.addaudithook(watch_audit_event)
    # connect(("a.name", 80)) resolves the name in C before its audit event, so judge it here too.
    for name in ("connect", "connect_ex"):
        setattr(socket.socket, name, _judged(getattr(socket.socket, name)))


def _judged(method: Any) -> Any:
    def connect(self: Any, address: Any) -> Any:
        judge_connection(self, address)
        return method(self, address)

    return connect
