"""What was seen of an answer in a scene: the facts, and small questions to ask them.

seen.recording(0).first_token        when the first text came, in seconds since the question was sent
seen.progress()[0].text              the first progress line
seen.saved_answers()                 the texts that the store holds
seen.asked_texts(1)                  what the model was asked the second time: (role, text), oldest first
seen.made_after(seen.left_at(0))     deltas that the model made after the client had left
"""

from __future__ import annotations

from functools import cached_property
from itertools import accumulate
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, PrivateAttr, model_validator

from ..recording import Failure, Progress, Recording
from ..recording.moment import Moment
from . import facts
from .reading import delays, size, texts
from .scene import Feed, Scene

__all__ = ["Called", "Seen"]


class Called(BaseModel):
    """What a function gave. `gave`: "async generator", "generator", "coroutine", "async iterator" or "value"."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gave: Annotated[str, Field(max_length=40)] = "nothing"
    yielded: Annotated[list[facts.Yielded], Field(max_length=20_000)] = []
    returned: JsonValue = None
    raised: facts.Short = ""
    """The type of the error that came out of it, the source's own too; "" where none did."""
    over: facts.Time = 0.0
    sources: Annotated[list[facts.Source], Field(max_length=20)] = []


class Seen(BaseModel):
    """The facts of one scene. They come from the answer's own process: bounded, checked, and no more than a claim.

    Times of recordings are seconds since their request was sent; all others are seconds since the scene began.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    clients: Annotated[list[facts.Client], Field(max_length=100)] = []
    asked: Annotated[list[facts.Asked], Field(max_length=1000)] = []
    made: Annotated[list[facts.Made], Field(max_length=50_000)] = []
    saved: Annotated[list[facts.Saved], Field(max_length=5000)] = []
    troubles: Annotated[list[facts.Trouble], Field(max_length=500)] = []
    warned: Annotated[list[facts.Warned], Field(max_length=500)] = []
    slept: Annotated[list[facts.Slept], Field(max_length=500)] = []
    tasks_left: Annotated[list[facts.Task], Field(max_length=50)] = []
    printed: facts.Text = ""
    called: Called = Called()
    value: JsonValue = None
    missing: bool = False
    """The answer has no such name."""
    broken_off: bool = False
    """The scene's limit came before its end."""
    waits: Annotated[list[facts.Task], Field(max_length=50)] = []
    """Where the answer's tasks waited then."""

    _scene: Scene = PrivateAttr(default_factory=Scene)

    def of(self, scene: Scene) -> Seen:
        """Add the scene that was played. The judge does it: what was ordered is no claim of the answer's process."""
        self._scene = scene
        return self

    @property
    def scene(self) -> Scene:
        """The scene that was played."""
        return self._scene

    def said(self, call: int = 0) -> str:
        """The whole text that the script has for call `call` of the model, from 0; "" where it has none."""
        replies = self._scene.replies
        if not replies or (call >= len(replies) and not self._scene.then_repeat):
            return ""
        return replies[call % len(replies)].text

    @model_validator(mode="after")
    def _tapes_are_recordings(self) -> Seen:
        assert (
            self.recordings is not None
        )  # a tape that is none raises RecordingError, a ValueError
        return self

    # --- what the clients saw ---

    @cached_property
    def recordings(self) -> list[Recording]:
        """What each request brought, in the order in which they were sent."""
        return [
            Recording.from_jsonl(client.tape) if client.tape else Recording()
            for client in self.clients
        ]

    def recording(self, k: int = 0) -> Recording:
        """What request `k` brought (from 0); an empty recording where it was never sent."""
        return self.recordings[k] if k < len(self.recordings) else Recording()

    def events(self, kind: str, k: int = 0) -> list[Moment]:
        """The events of one type, such as "progress_update" or "thread.item.done"."""
        return [moment for moment in self.recording(k) if moment.event.get("type") == kind]

    def first(self, kind: str, k: int = 0) -> Moment | None:
        """The first event of a type, or None: (t, event)."""
        return next(iter(self.events(kind, k)), None)

    def progress(self, k: int = 0) -> list[Progress]:
        """The progress lines with the span in which each stood on the screen."""
        return self.recording(k).progress

    def errors(self, k: int = 0) -> list[Failure]:
        """The error events that the client met: (t, code, message, allow_retry)."""
        return self.recording(k).errors

    def text(self, k: int = 0) -> str:
        """The assistant's text on the screen at the end."""
        return self.recording(k).text

    def finished(self, k: int = 0) -> list[str]:
        """The assistant's messages that a `thread.item.done` event finished: their texts."""
        items: list[Any] = [
            moment.event.get("item") for moment in self.events("thread.item.done", k)
        ]
        messages = [item for item in items if isinstance(item, dict)]
        return [
            "".join(text for _, text in texts([item]))
            for item in messages
            if item.get("type") == "assistant_message"
        ]

    def sent_at(self, k: int = 0) -> float:
        """When request `k` was sent."""
        return self.clients[k].sent if k < len(self.clients) else 0.0

    def left_at(self, k: int = 0) -> float:
        """When the client left; when all was over, if it read to the end."""
        if k >= len(self.clients):
            return 0.0
        client = self.clients[k]
        return client.left if client.left is not None else client.ended or 0.0

    # --- the model ---

    def asked_texts(self, call: int = 0) -> list[tuple[str, str]]:
        """What call `call` of the model (from 0) was asked: (role or type, text), oldest first; [] if it never was."""
        return texts(self.asked[call].input) if call < len(self.asked) else []

    def call_of(self, k: int) -> int:
        """The model's call for request `k`: the first whose last words of the user are its question; else `k` itself.

        Questions sent at nearly the same time may reach the model in any order, if their answers use threads.
        """
        wanted = self._scene.asks[k].text
        for call in range(len(self.asked)):
            if [text for role, text in self.asked_texts(call) if role == "user"][-1:] == [wanted]:
                return call
        return k

    def made_in(self, call: int = 0) -> list[facts.Made]:
        """The text deltas that the model made in one call."""
        return [made for made in self.made if made.call == call]

    def made_after(self, t: float) -> list[facts.Made]:
        """The text deltas that the model made later than `t`."""
        return [made for made in self.made if made.t > t]

    def delays(self, k: int = 0, call: int | None = None) -> list[float]:
        """Seconds from the making of each delta until its last character stood on the client's screen.

        For request `k` and call `call` of the model (None: the same number). A delta that never came is left out.
        """
        wanted = self.made_in(k if call is None else call)
        made = [(one.t - self.sent_at(k), len(one.delta)) for one in wanted]
        return delays(made, self.recording(k).figures.growth)

    # --- what stays ---

    def saved_answers(self, thread: int = 0) -> list[str]:
        """The texts of the assistant's messages in the store, oldest first."""
        return self.saved_texts("assistant_message", thread)

    def saved_texts(self, kind: str, thread: int = 0) -> list[str]:
        """The texts of the saved items of one type, such as "hidden_context_item"."""
        return [item.text for item in self.saved if (item.kind, item.thread) == (kind, thread)]

    def saved_kinds(self, thread: int = 0) -> list[str]:
        """The types of the saved items, oldest first."""
        return [item.kind for item in self.saved if item.thread == thread]

    def untidy(self) -> str:
        """Say in a sentence what was left lying about: tasks, warnings, logged errors; "" where all is clean."""
        parts = []
        if self.tasks_left:
            names = ", ".join(sorted({task.name for task in self.tasks_left}))
            parts.append(f"{len(self.tasks_left)} task(s) still waited a minute later: {names}")
        if self.warned:
            # The first line only: the others differ from run to run.
            said = self.warned[0].message.strip().partition("\n")[0].rstrip(" .:!")[:100]
            parts.append(f"the log has {len(self.warned)} line(s), such as {said!r}")
        told = ", and ".join(parts)
        return f"{told[:1].upper()}{told[1:]}." if told else ""

    # --- a function of the answer ---

    @property
    def values(self) -> list[Any]:
        """What a generator yielded, without times."""
        return [one.value for one in self.called.yielded]

    @property
    def times(self) -> list[float]:
        """When a generator yielded."""
        return [one.t for one in self.called.yielded]

    @property
    def returned(self) -> Any:
        """What a function returned."""
        return self.called.returned

    @property
    def sources(self) -> list[facts.Source]:
        """What became of each `Feed`: `due`, `taken`, `ended`, `closed`."""
        return self.called.sources

    @property
    def feeds(self) -> list[Feed]:
        """The sources as the scene has them, in the order of `sources`: `.values` is what they give."""
        call = self._scene.call
        given = [*call.args, *call.named.values()] if call else []
        return [one for one in given if isinstance(one, Feed)]

    def lags(self, k: int = 0) -> list[float]:
        """Seconds from the time at which each text of source `k` was due until it was yielded, alone or with others.

        What is yielded may be texts or lists of texts; counted are characters. A text that never came is left out.
        """
        if k >= len(self.sources) or k >= len(self.feeds):
            return []
        sizes = [size(value) for value in self.feeds[k].values]
        total = accumulate(size(one.value) for one in self.called.yielded)
        return delays(
            list(zip(self.sources[k].due, sizes, strict=False)),
            list(zip(self.times, total, strict=True)),
        )

    # --- trouble ---

    def trouble(self, how: str = "") -> facts.Trouble | None:
        """The first error of the answer's own code ("raised", "caught", "logged", ...), or None."""
        fits = (one for one in self.troubles if not one.ours and how in ("", one.how))
        return next(fits, None)
