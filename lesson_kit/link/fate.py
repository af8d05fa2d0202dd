"""What befalls an answer on its way from an app to its client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Chunks", "Fate"]


@dataclass(frozen=True)
class Fate:
    """What befalls each answer on its way; `Link` says what the fields mean. Seconds, bytes, chunks."""

    cut_at: float | None = None
    cut_after: int | None = None
    sever: bool = False
    read_delay: float = 0.0
    split: int | None = None
    merge: int | None = None

    def __post_init__(self) -> None:
        for name, least in {
            "cut_at": 0,
            "cut_after": 0,
            "read_delay": 0,
            "split": 1,
            "merge": 1,
        }.items():
            value = getattr(self, name)
            if value is not None and not value >= least:
                raise ValueError(
                    f"Link({name}=...) expected a number of at least {least}, but got {value!r}."
                )


class Chunks:
    """Reshapes chunks: splits each into pieces of `split` bytes, then joins `merge` pieces into one."""

    def __init__(self, split: int | None, merge: int | None) -> None:
        self._split = split
        self._merge = merge or 1
        self._held: list[bytes] = []

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        size = self._split or len(chunk) or 1
        for start in range(0, len(chunk), size):
            self._held.append(chunk[start : start + size])
            if len(self._held) == self._merge:
                yield from self.flush()

    def flush(self) -> Iterator[bytes]:
        if self._held:
            joined, self._held = b"".join(self._held), []
            yield joined
