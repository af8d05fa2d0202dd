"""A chat panel in a notebook: the real stack in this kernel, streaming into the page."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import anywidget
import traitlets
from agents import Model
from chatkit.server import ChatKitServer
from chatkit.store import Store

from ..client import ChatClient
from ..conversation import warm_up
from ..recording import Recording
from ..server import LessonServer
from ..tutor import QUESTIONS
from ..web import create_app
from .joined import PAGE, one_module, style
from .onloop import on_loop, running_loop
from .run import Message
from .turns import Turns

__all__ = ["Panel"]

SUGGESTED = QUESTIONS[:4]
STATIC = "<p><em>Here is a live chat panel. To use it, open this notebook in JupyterLab and run its cells.</em></p>"


class Panel(anywidget.AnyWidget):
    """A chat panel. Make it in a notebook cell, and let it be the cell's last line.

    It talks to `server`, any ChatKit server, through the real web app and client; without one it makes a
    `LessonServer` with this `model` and `store`. `LESSON_KIT_MODEL` decides where no model is given.

    A turn runs in the background: cells stay free meanwhile. `ask` and `stop` do what Send and Stop do;
    `await panel.wait()` waits for the end. A reader without a kernel sees no panel, so put a cell with
    `panel.recording` after it: its HTML is saved with the notebook.

    Raises `RuntimeError` outside a running event loop, `TypeError` for a server together with a model or store.
    """

    _esm = one_module()
    _css = style(PAGE / "panel.css")

    title = traitlets.Unicode().tag(sync=True)
    model_name = traitlets.Unicode().tag(sync=True)
    suggestions = traitlets.List(traitlets.Unicode()).tag(sync=True)
    transcript: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    """Every turn so far, as the page shows it. Synced when a turn ends, so that a reload finds it."""

    def __init__(
        self,
        server: ChatKitServer[Any] | None = None,
        *,
        model: Model | None = None,
        store: Store[Any] | None = None,
        suggestions: Sequence[str] | None = None,
        title: str | None = None,
    ) -> None:
        if server and (model or store):
            raise TypeError(
                "Panel() takes a server, or a model and a store to make one, but both came. "
                "Give the model to your server: Panel(LessonServer(store, model=model))."
            )
        warm_up()
        self._loop = _running_loop()
        self.server = server or LessonServer(store, model=model)
        self._client = ChatClient.over(create_app(self.server))
        self._turns = Turns(self._client, self.send, self._sync)
        super().__init__(
            title=title or "Ask the tutor",
            model_name=str(getattr(self.server, "model_name", type(self.server).__name__)),
            suggestions=list(SUGGESTED if suggestions is None else suggestions),
        )
        self.on_msg(self._from_page)

    def ask(self, question: str) -> None:
        """Send a question, as if it were typed; return at once."""
        if not isinstance(question, str) or not question.strip():
            raise ValueError(
                f"ask() expected a question, such as 'What is a delta?', got {question!r}."
            )
        on_loop(self._loop, lambda: self._turns.ask(question.strip()))

    def stop(self) -> None:
        """Stop the answer; what arrived stays. Does nothing when none is under way."""
        on_loop(self._loop, self._turns.stop)

    async def wait(self) -> Recording:
        """Wait until no turn is under way; return the last turn's recording.

        Interrupting the wait does not stop the turn. Raises `RuntimeError` when nothing was asked.
        """
        await self._turns.idle()
        if self.recording is None:
            raise RuntimeError(
                "wait() found no turn to wait for. Ask first: panel.ask('What is a delta?')."
            )
        return self.recording

    @property
    def recording(self) -> Recording | None:
        """The newest turn, as it was received; None before the first."""
        return self._turns.recording

    def close(self) -> None:
        """Take the panel off the page, and stop what is under way."""
        # ipywidgets also calls this from __del__: after an __init__ that failed, or at the very end of Python.
        turns = getattr(self, "_turns", None)
        if turns and not self._loop.is_closed():
            on_loop(self._loop, turns.close)
        super().close()

    def _sync(self) -> None:
        self.transcript = [entry.shown() for entry in self._turns.entries]

    def _from_page(self, _widget: object, content: Message, _buffers: object) -> None:
        # ipykernel 7 may call this on a subshell's thread, whose loop is not ours. Touching a task from there is
        # heard seconds later or never, so nothing is done here but to hand over.
        self._loop.call_soon_threadsafe(self._obey, content)

    def _obey(self, content: Message) -> None:
        try:
            match content:
                case {"kind": "ask", "question": str(question), "run_id": str(run_id)}:
                    self._turns.ask(question, run_id)
                case {"kind": "retry", "replaces": str(old_id), "run_id": str(run_id)}:
                    self._turns.retry(old_id, run_id)
                case {"kind": "stop"}:
                    self._turns.stop()
                case {"kind": "snapshot", "view": str(view)}:
                    self._turns.snapshot(view)
                case _:
                    raise ValueError(f"the page sent {content!r}, which means nothing here")
        except (
            Exception
        ) as error:  # a traceback would vanish: no cell is running that could show it
            self.send({"kind": "problem", "text": f"{type(error).__name__}: {error}"})

    def __repr__(self) -> str:
        # The same for every panel and every state: nbval compares it.
        return "<chat panel>"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle: tuple[dict[str, Any], dict[str, Any]] | None = super()._repr_mimebundle_(**options)
        if bundle:
            bundle[0]["text/html"] = (
                STATIC  # for readers without a kernel, such as a repository's web page
            )
        return bundle


def _running_loop() -> asyncio.AbstractEventLoop:
    loop = running_loop()
    if loop is None:
        raise RuntimeError(
            "Panel() needs a running event loop, which a notebook cell has. "
            "Outside a notebook, serve the plain page: lesson-kit serve."
        )
    return loop
