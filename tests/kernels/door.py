"""A door: whoever knocks gets a fork of this process, which has loaded already what takes long to load.

`asker.py` knocks: one line of JSON, {"arguments": [...], "folder": ..., "environment": {...}}, with its stdin and stdout as
descriptors. It is told the pid of the fork, and then the end of the file when that has ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

Become = Callable[[dict[str, Any], socket.socket, list[int]], None]


def serve(address: str, become: Become) -> None:
    """Fork for each asker, until stdin ends: then whoever started this has gone. The fork calls `become` and ends."""
    # One thread, or a fork may copy a lock that nobody will ever open.
    assert threading.active_count() == 1, threading.enumerate()
    bell, rope = socket.socketpair()
    bell.setblocking(False)
    rope.setblocking(False)
    # The wake-up descriptor rings for a signal that has a handler, whatever that does.
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(rope.fileno(), warn_on_full_buffer=False)
    askers: dict[int, socket.socket] = {}
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.bind(address)
        door.listen(64)
        print("ready", flush=True)
        while True:
            ready, _, _ = select.select([door.fileno(), bell.fileno(), 0], [], [])
            if 0 in ready:
                return
            if bell.fileno() in ready:
                bell.recv(4096)
                reap(askers)
            if door.fileno() in ready:
                asker, _ = door.accept()
                try:
                    job, descriptors = heard(asker)
                except EOFError:  # killed before it could say what it wants
                    asker.close()
                    continue
                pid = os.fork()
                if pid == 0:
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    for other in (door, bell, rope, *askers.values()):
                        other.close()
                    grow_up(become, job, asker, descriptors)
                askers[pid] = asker
                with contextlib.suppress(OSError):  # gone already; the fork finds out by itself
                    asker.sendall(f"{pid}\n".encode())
                for descriptor in descriptors:
                    os.close(descriptor)


def heard(asker: socket.socket) -> tuple[dict[str, Any], list[int]]:
    line, descriptors, _, _ = socket.recv_fds(asker, 1 << 16, 2)
    while not line.endswith(b"\n"):
        more = asker.recv(1 << 16)
        if not more:
            raise EOFError
        line += more
    return json.loads(line), descriptors


def reap(askers: dict[int, socket.socket]) -> None:
    while askers:
        pid, _ = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        askers.pop(pid).close()


def grow_up(
    become: Become, job: dict[str, Any], asker: socket.socket, descriptors: list[int]
) -> None:
    code = 1
    try:
        os.setsid()
        os.chdir(job["folder"])
        os.environ.clear()
        os.environ.update(job["environment"])
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.close(nothing)
        become(job, asker, descriptors)
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)
