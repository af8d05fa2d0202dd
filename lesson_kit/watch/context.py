"""The context manager `watch()`: look for blocks while its body runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import overload

from .block import Blockage, Ledger
from .sampler import Sampler

__all__ = ["Watch", "watch"]


def watch(limit: float = 0.1) -> Watch:
    """Watch the running loop for blocks of `limit` seconds or more: `with watch() as found: ...`.

    Use it inside a coroutine or in a notebook cell. `found` is a sequence of `Blockage`, the longest first; a block
    enters it when it ends. Raises `RuntimeError` where no loop runs, `ValueError` for a limit that is none.
    """
    return Watch(limit)


class Watch(Sequence[Blockage]):
    """The blockages found so far, and the context manager that looks for them."""

    def __init__(self, limit: float) -> None:
        if not 0.001 <= limit <= 3600:
            raise ValueError(
                f"expected a limit of 0.001 to 3600 seconds, but got {limit!r}. "
                "0.1 finds what a reader of the stream would notice."
            )
        self.limit = limit
        self._ledger = Ledger()
        self._sampler: Sampler | None = None

    def __enter__(self) -> Watch:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise RuntimeError(
                "watch() expected a running event loop, but none runs here. "
                "Put `with watch() as found:` inside your coroutine, or in a notebook cell."
            ) from None
        if self._sampler:
            raise RuntimeError(
                "this watch is looking already. Take a new one: with watch() as found:"
            )
        self._sampler = Sampler(loop, self.limit, self._ledger)
        self._sampler.start()
        return self

    def __exit__(self, *error: object) -> None:
        sampler, self._sampler = self._sampler, None
        if sampler:
            sampler.stop()

    @overload
    def __getitem__(self, place: int) -> Blockage: ...
    @overload
    def __getitem__(self, place: slice) -> list[Blockage]: ...
    def __getitem__(self, place: int | slice) -> Blockage | list[Blockage]:
        return self._ledger.blockages()[place]

    def __len__(self) -> int:
        return len(self._ledger.blockages())

    def __iter__(self) -> Iterator[Blockage]:
        return iter(self._ledger.blockages())

    def __str__(self) -> str:
        nothing = f"nothing blocked the loop for {self.limit:g} s or more"
        return "\n".join(map(str, self)) or nothing

    def __repr__(self) -> str:
        return f"<Watch: {len(self)} blocking line(s)>"
