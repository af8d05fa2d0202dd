"""One set-up at a time in one folder.

The lock belongs to an open file, so the system lets go of it however its holder dies.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def try_lock(descriptor: int) -> bool:
        """Take the lock if nobody holds it."""
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Take the lock if nobody holds it."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # a file system without locks: go on without one
        return True


@contextmanager
def exclusive(path: Path, on_wait: Callable[[], None], *, pause: float = 0.2) -> Iterator[int]:
    """Hold the lock file `path`; its descriptor is given out so that children can hold it too.

    `on_wait` is called once if somebody else holds it; `pause` is in seconds.
    """
    told = False
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            # `make clean` may have removed the file between open and lock: then try the new one.
            if try_lock(descriptor) and _is_still(path, descriptor):
                yield descriptor
                return
        finally:
            os.close(descriptor)
        if not told:
            told = True
            on_wait()
        time.sleep(pause)


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
