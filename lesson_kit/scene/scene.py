"""A scene: what an answer is put through, as plain data that can be sent to another process.

    Scene(replies=[Reply(words(chance, 40))], asks=["Why stream?", Ask("And then?", leave_after=5)])
    Scene(uses="batches", call=Call([Feed(words(chance, 40), gap=0.01)]))
    Scene(uses="CAUSES")

The first makes the answer's server class and asks it; the second calls a function of the answer; the third reads a
value of it. All times are seconds on the loop's clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from ..script import Reply

__all__ = ["Ask", "Call", "Feed", "Scene"]

Seconds = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]


@dataclass(frozen=True)
class Ask:
    """One request of the client, a question as a rule.

    `text` is what the user types; None stands for the output of a client tool, for which ChatKit calls `respond(None)`.
    It is sent `pause` seconds after the request before has ended; or `after` seconds after that one was *sent*, whether
    it is answered or not. The client leaves `leave_after` deltas or `leave_at` seconds after sending: its connection
    closes, as a tab's does. `read_delay`: a slow reader, so many seconds before each chunk. `thread` counts the
    conversation's threads from 0; a thread is made when it is first used.
    """

    text: str | None = "Why stream?"
    _: KW_ONLY
    pause: Seconds = 1.0
    after: Seconds | None = None
    leave_after: Annotated[int, Field(ge=0)] | None = None
    leave_at: Seconds | None = None
    read_delay: Seconds = 0.0
    thread: Annotated[int, Field(ge=0, lt=20)] = 0


@dataclass(frozen=True)
class Feed:
    """An argument of a `Call`: an async generator that gives `values` at their times.

    Value k is due `thinking + k * gap` seconds after the call (a list of gaps: one for each pair), whether somebody
    asks for it or not, as a model makes its deltas. After `error_at` values it raises `RuntimeError(error)`.
    """

    values: Sequence[JsonValue]
    _: KW_ONLY
    thinking: Seconds = 0.0
    gap: Seconds | Sequence[Seconds] = 0.05
    error_at: Annotated[int, Field(ge=0)] | None = None
    error: str = "the source broke"


# In this order: plain JSON would take a feed's form, too.
Argument = Annotated[Feed | JsonValue, Field(union_mode="left_to_right")]


@dataclass(frozen=True)
class Call:
    """A call of one function of the answer; what it yields, or returns, is seen with its time.

    Arguments are plain JSON values, or a `Feed`. A generator's reader waits `read_delay` seconds after each value, and
    leaves after `stop_after` values: it closes the generator, as `contextlib.aclosing` does.
    """

    args: Sequence[Argument] = ()
    _: KW_ONLY
    named: dict[str, Argument] = field(default_factory=dict)
    stop_after: Annotated[int, Field(ge=0)] | None = None
    read_delay: Seconds = 0.0


def _as_ask(value: Any) -> Any:
    return Ask(value) if isinstance(value, str) else value


class Scene(BaseModel):
    """What an answer is put through.

    With `asks`, `uses` names a class: the server is made as `cls(model, store, **options)`. With `call` it names a
    function, and with neither a plain value. "" is the first name that the exercise asks for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    uses: str = ""
    replies: tuple[Reply, ...] = ()
    """What the model says, one reply for each time that it is called."""
    then_repeat: bool = False
    """Start over when the replies are used up."""
    held: tuple[tuple[str, str], ...] = ()
    """Questions and their answers that the first thread holds already, oldest first: an earlier conversation."""
    asks: tuple[Annotated[Ask, BeforeValidator(_as_ask)], ...] = ()
    """What the client asks; a text stands for `Ask(text)`."""
    call: Call | None = None
    options: dict[str, JsonValue] = {}
    """Named arguments for the server's constructor, such as time limits."""
    latency: Seconds = 0.02
    """Each call of the store takes so long."""
    http: bool = False
    """Over real HTTP: uvicorn, httpx2 and every byte between them; in virtual time too."""
    limit: Seconds = 600.0
    """When the scene is broken off, whatever still goes on."""

    @model_validator(mode="after")
    def _is_one_thing(self) -> Scene:
        if self.call and (self.asks or self.http):
            raise ValueError("a scene has `asks` or a `call`, not both; `http` goes with `asks`.")
        if self.asks and self.asks[0].text is None and not self.held:
            raise ValueError(
                "Ask(None) needs a question before it: it answers a call of the model."
            )
        return self
