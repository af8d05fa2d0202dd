"""A guest that tries the forbidden: told at once, with its line, and refused.

Python announces what it is about to do to an audit hook, which nobody can take away again. This is no wall (a guest
that corrupts the interpreter goes past it) but a voice: the walls say only "no", this one says what, and where.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any

from .reach import KIT
from .telling import Tell

__all__ = ["Hook"]

# Refused to everybody: the kit and the SDKs need none of it while they run an answer.
_REFUSED = (
    ("subprocess.", "start another program"), ("os.system", "start another program"),
    ("os.exec", "start another program"), ("os.posix_spawn", "start another program"),
    ("os.spawn", "start another program"), ("os.startfile", "start another program"),
    ("pty.spawn", "start another program"), ("os.fork", "start another process"),
    ("os.forkpty", "start another process"), ("os.kill", "send a signal"), ("os.killpg", "send a signal"),
    ("socket.connect", "use the network"), ("socket.bind", "use the network"), ("socket.send", "use the network"),
    ("socket.get", "use the network"), ("ctypes.", "call the C library"), ("resource.", "change its limits"),
    ("os.chmod", "change a file's rights"), ("os.chown", "change a file's owner"),
)  # fmt: skip
# Refused to the guest's own code: libraries may have their reasons.
_NOT_FOR_GUESTS = ("gc.get_objects", "gc.get_referrers", "gc.get_referents")
_HARMLESS = ("socket.gethostname",)
# Where the paths are among the arguments.
_PATHS = {
    "os.remove": (0,), "os.rename": (0, 1), "os.mkdir": (0,), "os.rmdir": (0,), "os.link": (0, 1),
    "os.symlink": (1,), "os.truncate": (0,), "os.utime": (0,), "os.setxattr": (0,), "os.removexattr": (0,),
    "sqlite3.connect": (0,),
}  # fmt: skip
_READS = {"os.listdir": 0, "os.scandir": 0}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_AF_UNIX = 1
# As many frames are looked at: a guest that recurses must not make the hook slow.
_DEPTH = 200


class Hook:
    """Refuses what a guest must not do, and tells it (the first time) when the guest's own code asked for it.

    `name` is the file name of the guest's source, `readable` what may be opened to read, `scratch` where it may write.
    """

    def __init__(self, tell: Tell, name: str, readable: Sequence[str], scratch: str) -> None:
        self._tell, self._name = tell, name
        self._scratch = scratch
        self._readable = (scratch, *readable)
        packages = {"site-packages", "dist-packages"}
        self._libraries = tuple(p for p in readable if packages & set(p.split(os.sep)))
        self._libraries += (str(KIT) + os.sep,)
        self._told = False

    def set_up(self) -> None:
        """Listen from now on, for good."""
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        what = self._judge(event, arguments)
        if what is None:
            return
        line = self._asked_by_guest(sys._getframe(1))
        if line is None and event in _NOT_FOR_GUESTS:
            return
        if line is not None and not self._told:
            self._told = True
            self._tell("forbidden", {"text": f"tried to {what}", "line": line})
        raise PermissionError(f"an answer may not {what}")

    def _judge(self, event: str, arguments: tuple[Any, ...]) -> str | None:
        if event == "open":
            return self._opening(*arguments)
        if event in _PATHS:
            return self._changing(event, arguments)
        if event in _READS:
            return self._reading(arguments[0])
        if event == "socket.__new__":
            return None if arguments[1] in (_AF_UNIX, -1) else "use the network"
        if event in _HARMLESS:
            return None
        if event in _NOT_FOR_GUESTS:
            return "look through the memory of its process"
        for start, what in _REFUSED:
            if event.startswith(start):
                return what
        return None

    def _opening(self, path: Any, mode: Any, flags: Any) -> str | None:
        writes = isinstance(flags, int) and flags & _WRITING
        if not writes:
            return self._reading(path)
        if isinstance(path, int) or path == "/dev/null" or _below(path, (self._scratch,)):
            return None
        return f"write to {_shown(path)}"

    def _reading(self, path: Any) -> str | None:
        if path is None:
            path = "."
        if isinstance(path, int) or _below(path, self._readable):
            return None
        return f"read {_shown(path)}"

    def _changing(self, event: str, arguments: tuple[Any, ...]) -> str | None:
        for position in _PATHS[event]:
            path = arguments[position]
            if path == ":memory:" or isinstance(path, int) or _below(path, (self._scratch,)):
                continue
            # Relative to an open folder: shutil.rmtree does it, and only below what could be opened.
            if not os.path.isabs(path) and any(
                isinstance(a, int) and a > 2 for a in arguments[position + 1 :]
            ):
                continue
            return f"change {_shown(path)}"
        return None

    def _asked_by_guest(self, frame: FrameType | None) -> int | None:
        """The guest's line, if it was the guest's own code, through Python's library at most, that asked."""
        for _ in range(_DEPTH):
            if frame is None:
                return None
            file = frame.f_code.co_filename
            if file == self._name:
                return frame.f_lineno
            # The guest's own `import` passes through a function of the kit (scene/guest.py).
            if frame.f_code.co_name != "find_module" and file.startswith(self._libraries):
                return None
            frame = frame.f_back
        return None


def _below(path: Any, folders: Sequence[str]) -> bool:
    try:
        real = os.path.realpath(os.fsdecode(path))
    except (TypeError, ValueError, OSError):
        return False
    return any(real == folder or real.startswith(folder + os.sep) for folder in folders)


def _shown(path: Any) -> str:
    return repr(os.fsdecode(path))[:200] if isinstance(path, str | bytes) else "a file"
