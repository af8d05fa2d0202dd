"""One answer of a scripted model, as data."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

from .expect import as_deltas, as_seconds, as_tuple, expect, is_count
from .faults import STATUSES, ErrorSource, check_error
from .tool_call import ToolCall
from .words import split_words

__all__ = ["Reply", "ToolCall"]


@dataclass(frozen=True, repr=False)
class Reply:
    """What the model says to one call, when, with which faults.

    Delta k (from 0) is made `thinking + k * gap` seconds after the call; the reply ends with its last delta. Faults
    count deltas: "at N" means that N deltas were made, at the time when the next one was due. Replies are immutable
    and comparable. Raises `ValueError` or `TypeError` for arguments that make no reply.
    """

    deltas: Sequence[str] = ()  # a str is split into words
    _: KW_ONLY
    thinking: float = 1.0  # seconds before the first delta
    gap: float | Sequence[float] = 0.05  # seconds between deltas: one number, or one for each pair
    reasoning: Sequence[str] = ()  # pieces of the reasoning summary, spread over the thinking time
    calls: Sequence[ToolCall] = ()  # tools to call, after the text; the next Reply answers
    usage: tuple[int, int] | None = None  # tokens (in, out); None counts words in, deltas out
    refusal: bool = False  # the deltas are a refusal
    burst: int = 1  # deltas arrive this many at a time; the end stays where it was
    stall_at: int | None = None  # silence after so many deltas ...
    stall_for: float | None = None  # ... for so many seconds, or for ever
    error: ErrorSource | None = None  # a name out of faults.ERRORS, or an exception class
    error_at: int = 0  # 0: instead of the whole reply, as an HTTP error is
    retry_after: float | None = None  # seconds, in the header Retry-After of an error's HTTP answer
    end_at: int | None = None  # the stream just ends there, without response.completed
    item_id: str | None = None  # for all items: "__fake_id__" is what Chat Completions says

    def __post_init__(self) -> None:
        self._set("deltas", as_deltas("deltas", self.deltas))
        self._set("reasoning", as_deltas("reasoning", self.reasoning))
        self._set("calls", as_tuple("calls", self.calls))
        self._set("thinking", as_seconds("thinking", self.thinking))
        self._check_gap()
        self._check_speech()
        self._check_faults()

    @property
    def text(self) -> str:
        """All deltas joined: the answer when nothing goes wrong."""
        return "".join(self.deltas)

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _check_gap(self) -> None:
        if isinstance(self.gap, int | float):
            self._set("gap", as_seconds("gap", self.gap))
            return
        fits = isinstance(self.gap, Sequence) and not isinstance(self.gap, str)
        expect(fits, "gap", "a number of seconds, or a list of them", self.gap)
        gaps, pairs = tuple(self.gap), max(0, len(self.deltas) - 1)
        if len(gaps) != pairs:
            raise ValueError(
                f"gap= has {len(gaps)} numbers, but {len(self.deltas)} deltas have {pairs} gaps between them. "
                f"Give {pairs} numbers, or one number for all."
            )
        self._set("gap", tuple(as_seconds("gap", gap) for gap in gaps))

    def _check_speech(self) -> None:
        expect(
            all(isinstance(call, ToolCall) for call in self.calls),
            "calls",
            'a list of ToolCall, such as [ToolCall("search", {"q": "tea"})]',
            self.calls,
        )
        if self.usage is not None:
            tokens = as_tuple("usage", self.usage)
            fits = len(tokens) == 2 and all(is_count(number) for number in tokens)
            expect(fits, "usage", "two counts of tokens, (in, out)", self.usage)
            self._set("usage", tokens)
        expect(isinstance(self.refusal, bool), "refusal", "True or False", self.refusal)
        if self.refusal and (self.calls or not self.deltas):
            raise ValueError(
                "a refusal needs words and calls no tool. Give the words of the refusal as the "
                "deltas, and leave calls= out."
            )
        fits = self.item_id is None or (isinstance(self.item_id, str) and self.item_id != "")
        expect(fits, "item_id", 'a text such as "__fake_id__", or None', self.item_id)

    def _check_faults(self) -> None:
        fits = is_count(self.burst) and self.burst > 0
        expect(fits, "burst", "a whole number from 1 on", self.burst)
        for name in ("stall_at", "error_at", "end_at"):
            self._check_place(name, getattr(self, name))
        if self.stall_for is not None:
            self._set("stall_for", as_seconds("stall_for", self.stall_for))
            if self.stall_at is None:
                raise ValueError(
                    "stall_for= needs a place. Add stall_at=N: silence after N deltas."
                )
        if self.error is not None:
            check_error(self.error)
        elif self.error_at:
            raise ValueError('error_at= needs an error. Add error="rate_limit", for example.')
        if self.retry_after is not None:
            self._set("retry_after", as_seconds("retry_after", self.retry_after))
            if self.error not in STATUSES or self.error_at:
                raise ValueError(
                    "retry_after= is a header of the answer over HTTP that an error is. "
                    f"Give it with error= and one of: {', '.join(STATUSES)}; and with error_at=0."
                )
        if self.error is not None and self.end_at is not None:
            raise ValueError(
                "error= and end_at= both end the reply. Keep one: end_at= ends it in silence."
            )

    def _check_place(self, name: str, place: int | None) -> None:
        most = len(self.deltas)
        if place is not None and not (is_count(place) and place <= most):
            raise ValueError(
                f"{name}={place!r} is no place in this reply, which has {most} deltas. "
                f"Give a whole number from 0 (before the first) to {most} (after the last)."
            )

    def __repr__(self) -> str:
        return f"Reply({self.arguments()})"

    def arguments(self) -> str:
        """Write the arguments that make this reply, as Python; what has its default is left out."""
        shown = []
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name in ("deltas", "reasoning") and value == split_words("".join(value)):
                value = "".join(value)
            if field.name == "deltas":
                shown.append(repr(value))
            elif getattr(self, field.name) != field.default:
                name = getattr(value, "__name__", None)  # an exception class is shown by its name
                shown.append(f"{field.name}={name or repr(value)}")
        return ", ".join(shown)
