"""One turn on its way to the page: what it has been told, and what is new."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from ..client.stream import Stream
from ..recording import Recording
from .coalesce import Coalescer
from .transcript import Entry

__all__ = ["Message", "Run", "Tell"]

Message = dict[str, Any]
Tell = Callable[[Message], None]


class Run:
    """Tells the page of a growing recording, in numbered messages: `{run_id, seq, delta, t, times}`.

    `t` and `times` are seconds since the request. Make it on the loop.
    """

    def __init__(self, entry: Entry, tell: Tell) -> None:
        self.entry = entry
        self.stream: Stream | None = None
        self.opened = asyncio.Event()  # the thread has an id, or this turn will never give it one
        self.question_id: str | None = None
        self.seq = 0
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._progress = ""
        self._outbox = Coalescer(self._tell_news)

    @property
    def recording(self) -> Recording:
        return self.stream.recording if self.stream else Recording()

    def read(self) -> None:
        """Take note of the recording's last event."""
        event = self.recording[-1].event
        item = event.get("item", {})
        if event.get("type") == "progress_update":
            self._progress = str(event.get("text", ""))
        elif item.get("type") == "user_message":
            self.question_id = item.get("id")
        if self.entry.state == "thinking" and self.recording.deltas:
            self._outbox.flush()  # the first token waits for nobody
        else:
            self._outbox.news()

    def snapshot(self) -> Message:
        """The entry as told so far; `seq` is the number of the last message that it holds."""
        return {**self.entry.shown(), "elapsed": self._loop.time() - self._began}

    def close(self) -> None:
        """Tell what still waits: the entry then holds all that came. Later calls do nothing."""
        if self.entry.total is None:
            self._outbox.flush()
            self.entry.total = self.recording.duration

    def _tell_news(self) -> bool:
        """Send what the recording holds and the page does not, if anything."""
        entry, recording = self.entry, self.recording
        text, known = recording.text, entry.answer
        times = [round(t, 4) for t in recording.figures.deltas[len(entry.times) :]]
        news: Message = {"times": times}
        if not text.startswith(known):  # taken back, as a guardrail does
            news |= {"kind": "text", "text": text}
        elif len(text) > len(known) or times:
            news |= {"kind": "delta", "delta": text[len(known) :]}
        elif self._progress:
            news |= {"kind": "delta", "delta": "", "progress": self._progress}
        else:
            return False
        self._progress = ""
        entry.answer = text
        entry.times += times
        if text and entry.state == "thinking":
            entry.state = "answering"
        self.seq += 1
        t = round(recording.duration, 4)
        self._tell({**news, "run_id": entry.id, "seq": self.seq, "t": t})
        return True
