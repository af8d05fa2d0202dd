"""Signs between a process and the one that forked it: that it lives, that it is slow, that it has come to its end."""

from __future__ import annotations

import mmap

__all__ = ["Pulse"]

_BEATS, _SLOW, _DONE = range(3)


class Pulse:
    """Three bytes of memory that forked processes share. `alone`: nobody looks, so nobody helps."""

    def __init__(self, *, alone: bool = False) -> None:
        self._memory, self._alone = mmap.mmap(-1, 3), alone

    def beat(self) -> None:
        """Say that a guard still gets its turn."""
        self._memory[_BEATS] = (self._memory[_BEATS] + 1) % 256

    @property
    def beats(self) -> int:
        """How many beats there were, modulo 256."""
        return self._memory[_BEATS]

    @property
    def slow(self) -> bool:
        """Whether the code takes real time: then let others play what is left."""
        return bool(self._memory[_SLOW]) and not self._alone

    def call_for_help(self) -> None:
        self._memory[_SLOW] = 1

    @property
    def done(self) -> bool:
        """Whether the process did all that it was to do."""
        return bool(self._memory[_DONE])

    def finish(self) -> None:
        self._memory[_DONE] = 1
