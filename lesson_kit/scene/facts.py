"""The single facts of a scene: small, bounded, and checked, because a guest's process says them."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue

__all__ = ["Asked", "Client", "Made", "Saved", "Slept", "Source", "Task", "Trouble", "Warned", "Yielded"]  # fmt: skip

Time: TypeAlias = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Short: TypeAlias = Annotated[str, Field(max_length=2000)]
Text: TypeAlias = Annotated[str, Field(max_length=20_000)]
Line: TypeAlias = Annotated[int, Field(ge=1, le=10_000_000)]


class Fact(BaseModel):
    """All times are seconds since the scene began, all lines count from 1 in the answer's own source."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Trouble(Fact):
    """An error of the answer's code, with the line of the answer where it passed.

    `how`: "raised" (out of respond, or out of the function that was called), "caught" (an `except` of the answer took
    it), "tool" (out of a function tool: the SDK tells it to the model alone), "logged" (somebody else took it and wrote a log record), "import" (while the source was run), "made" (while
    the server was made).
    """

    how: Literal["raised", "caught", "tool", "logged", "import", "made"]
    type: Short
    message: Short
    line: Line | None = None
    function: Short = ""
    t: Time = 0.0
    ours: bool = False  # raised by the scene's own source or model, as the script orders it


class Client(Fact):
    """One request: when it was sent, when the client left by itself (None: it read to the end), when all was over."""

    sent: Time
    left: Time | None = None
    ended: Time | None = None
    thread: int = 0
    tape: Annotated[str, Field(max_length=8_000_000)] = ""  # the recording, as JSON lines
    refused: Short = ""  # what the client was told instead of a stream


class Asked(Fact):
    """One call of the model: its whole input."""

    t: Time
    input: JsonValue
    instructions: Text = ""
    tools: Annotated[list[Short], Field(max_length=100)] = []


class Made(Fact):
    """One text delta that the model made, read or not; `call` counts the model's calls from 0."""

    t: Time
    delta: Text
    call: int


class Saved(Fact):
    """An item that the store holds at the end."""

    thread: int
    kind: Short
    id: Short
    text: Text


class Slept(Fact):
    """A call of time.sleep on the loop's thread, which nobody but a stand-in made harmless. Seconds as asked for."""

    line: Line | None
    seconds: Time


class Task(Fact):
    """A task that still waits long after the last client has gone."""

    name: Short
    line: Line | None = None


class Warned(Fact):
    """A warning of Python or a log record: what it said, and the line of the answer that it names."""

    who: Short
    message: Short
    line: Line | None = None


class Yielded(Fact):
    """One value that a generator of the answer yielded, with its time."""

    t: Time
    value: JsonValue


class Source(Fact):
    """What became of a `Feed`: when each value was due and taken; whether it ended, and whether the answer closed it."""

    due: Annotated[list[Time], Field(max_length=20_000)]
    taken: Annotated[list[Time], Field(max_length=20_000)]
    ended: bool = False
    closed: bool = False
