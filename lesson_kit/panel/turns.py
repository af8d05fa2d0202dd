"""The panel's conversation: turns that run in the background while the kernel stays free.

Everything here runs on one loop. The panel hands over to it with `call_soon_threadsafe` (see widget.py).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from ..client import ChatClient, ChatError, Stream
from ..recording import Recording
from .ending import NOT_SAVED, SAVED, Ending, ending
from .run import Message, Run, Tell
from .transcript import Entry

__all__ = ["Turns"]

# Seconds between two looks whether the server has saved what a stopped turn had. LessonServer needs milliseconds.
LOOKS = (0.02, 0.05, 0.1, 0.3, 1.0)


class Turns:
    """Asks, stops and remembers. `tell` sends a message to the pages, `sync` is called when a turn has ended.

    `recording` is the newest turn's.
    """

    def __init__(self, client: ChatClient, tell: Tell, sync: Callable[[], None]) -> None:
        self.entries: list[Entry] = []
        self.recording: Recording | None = None
        self._client = client
        self._tell = tell
        self._sync = sync
        self._thread_id: str | None = None
        self._runs: dict[str, Run] = {}  # under way
        self._questions: dict[str, str] = {}  # entry -> the user message that it answers
        # The loop holds tasks weakly: one that nobody else holds may vanish in the middle of its work.
        self._tasks: set[asyncio.Task[None]] = set()
        self._count = 0

    def ask(self, question: str, run_id: str | None = None) -> None:
        """Start a turn. An older one goes on until the server stops it: that is the server's to decide."""
        entry = Entry(run_id or self._fresh_id(), question)
        self._start(entry, lambda: self._client.send(question, self._thread_id))

    def retry(self, old_id: str, run_id: str | None = None) -> None:
        """Answer the last question anew, in place of the answer that failed."""
        if not self.entries or self.entries[-1].id != old_id or self.entries[-1].running:
            return  # pressed twice, or in a page that is behind
        old = self.entries.pop()
        entry = Entry(run_id or self._fresh_id(), old.question)
        thread_id, item_id = self._thread_id, self._questions.get(old.id)
        if thread_id and item_id:
            self._questions[entry.id] = item_id
            self._start(entry, lambda: self._client.retry(thread_id, item_id), replaces=old.id)
        else:  # the question never reached the server
            self._start(entry, lambda: self._client.send(old.question, thread_id), replaces=old.id)

    def stop(self) -> None:
        """Stop every turn under way."""
        for run in self._runs.values():
            if run.entry.state != "stopping":
                run.entry.state = "stopping"
                self._tell({"kind": "stopping", "run_id": run.entry.id})
                if run.stream:
                    self._keep(run.stream.stop())

    async def idle(self) -> None:
        """Wait until no turn is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def snapshot(self, view: str) -> None:
        """Tell one view all that there is."""
        turns = [
            self._runs[entry.id].snapshot() if entry.id in self._runs else entry.shown()
            for entry in self.entries
        ]
        seqs = {run_id: run.seq for run_id, run in self._runs.items()}
        self._tell({"kind": "snapshot", "view": view, "turns": turns, "seqs": seqs})

    def close(self) -> None:
        """Stop what is under way, then hang up."""
        self.stop()
        self._last = asyncio.create_task(self._hang_up())

    async def _hang_up(self) -> None:
        await self.idle()
        await self._client.__aexit__(None, None, None)

    def _start(self, entry: Entry, request: Callable[[], Stream], replaces: str = "") -> None:
        older = next(
            (run for run in reversed(self._runs.values()) if not run.opened.is_set()), None
        )
        run = self._runs[entry.id] = Run(entry, self._tell)
        self.entries.append(entry)
        begin: Message = {"kind": "begin", "run_id": entry.id, "question": entry.question}
        self._tell(begin | ({"replaces": replaces} if replaces else {}))
        self._keep(self._run(run, request, older))

    async def _run(self, run: Run, request: Callable[[], Stream], older: Run | None) -> None:
        try:
            if older and not self._thread_id:
                # A question that follows at once must not open a second thread.
                await older.opened.wait()
            result = await self._read(run, request())
        except ChatError as error:
            result = Ending("error", error.reason, retry=True)
        except (
            Exception
        ) as error:  # a student's server may raise anything; here is where it can be read
            result = Ending("error", f"{type(error).__name__}: {error}")
        finally:
            run.opened.set()
            self._runs.pop(run.entry.id)
        self._end(run, result)

    async def _read(self, run: Run, stream: Stream) -> Ending:
        run.stream, self.recording = stream, stream.recording
        if run.entry.state == "stopping":
            await stream.stop()  # before it is opened: then it ends at once
        async with stream:
            async for _ in stream:
                run.read()
                if self._thread_id is None:
                    self._thread_id = stream.thread_id
                if self._thread_id:
                    run.opened.set()
        run.close()
        result = ending(stream.recording, overtaken=self.entries[-1] is not run.entry)
        if result.state == "stopped" and not result.note:
            saved = await self._saved(run)
            run.entry.answer = saved or run.entry.answer
            result = result._replace(note=SAVED if saved else NOT_SAVED)
        return result

    def _end(self, run: Run, result: Ending) -> None:
        entry = run.entry
        run.close()
        if run.question_id:
            self._questions[entry.id] = run.question_id
        entry.state, entry.note, entry.retry = result
        self._tell({"kind": "end", "run_id": entry.id, **entry.shown()})
        self._sync()

    async def _saved(self, run: Run) -> str:
        """The answer as the server has stored it; "" if it stores none."""
        assert self._thread_id is not None, "text has arrived, so there is a thread"
        question_id = run.question_id or self._questions.get(run.entry.id)
        for pause in LOOKS:
            await asyncio.sleep(pause)
            with contextlib.suppress(ChatError):
                items = await self._client.items(self._thread_id, order="desc")
                texts: list[str] = []
                for item in items.data:
                    if item.id == question_id:
                        break
                    if item.type == "assistant_message":
                        texts[:0] = [part.text for part in item.content if part.text]
                    elif item.type == "user_message":
                        texts.clear()  # a later question's answer
                if texts:
                    return "\n\n".join(texts)
        return ""

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _fresh_id(self) -> str:
        self._count += 1
        return f"turn-{self._count}"
