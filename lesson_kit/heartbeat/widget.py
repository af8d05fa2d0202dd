"""The heartbeat: a pulse in the page that freezes while the event loop is blocked."""

from __future__ import annotations

import asyncio
from html import escape
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ..panel.joined import PAGE, join, style
from ..panel.onloop import on_loop, running_loop
from ..watch import Watch, watch
from .pulse import Late, Pulse

__all__ = ["Heartbeat"]

SETTLE = 0.05
"""Seconds after a late beat in which the watch may still write down what it saw."""
MANY = 5
"""Stops that the page shows."""
HERE = Path(__file__).parent
MODULES = (PAGE / "dom.js", PAGE / "keys.js", HERE / "widget.js")
STATIC = "<p><em>Here beats a live pulse of the event loop. To see it, open this notebook in JupyterLab and run its cells.</em></p>"


class Heartbeat(anywidget.AnyWidget):
    """Shows that the loop of this notebook is alive. Let it be a notebook cell's last line.

        with Heartbeat() as pulse:   # or pulse.start(), and pulse.stop() in a later cell
            await asyncio.sleep(2)   # it beats
            time.sleep(2)            # it stands still, and says afterwards which line held it

    The loop itself sends each beat, every `period` seconds; so while code blocks the loop no beat comes, and the page
    sees the silence. A stop of `limit` seconds or more is told when it is over, with its length and its line.

    Beats come only while the loop runs: between cells it does. `blocks` are the lines found so far (see
    `lesson_kit.watch`). Raises `RuntimeError` when started outside a running loop.
    """

    _esm = join(MODULES)
    _css = style(HERE / "heartbeat.css")

    period = traitlets.Float(0.1).tag(sync=True)
    beating = traitlets.Bool(False).tag(sync=True)
    told: traitlets.List[str] = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """The newest stops in words, the last one last."""

    def __init__(self, *, period: float = 0.1, limit: float = 0.1) -> None:
        self._pulse = Pulse(period, limit)
        self._watch: Watch | None = None
        self._known: dict[tuple[str, int], int] = {}  # how often each line was told already
        self._untold: Late | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._news: asyncio.TimerHandle | None = None
        self._loop = running_loop()
        super().__init__(period=period)
        self.on_msg(self._from_page)

    @property
    def beats(self) -> int:
        """How often it has beaten."""
        return self._pulse.beats

    @property
    def stops(self) -> list[Late]:
        """The newest stops of the loop, oldest first."""
        return list(self._pulse.late)

    @property
    def blocks(self) -> Watch | None:
        """The lines that blocked the loop; None before the first start."""
        return self._watch

    def start(self) -> Heartbeat:
        """Begin to beat on the running loop; again does nothing."""
        if self.beating:
            return self
        self._loop = running_loop()
        if self._loop is None:
            raise RuntimeError(
                "Heartbeat.start() expected a running event loop, but none runs here. "
                "Call it in a notebook cell or inside a coroutine."
            )
        self._pulse = Pulse(self._pulse.period, self._pulse.limit)
        self._watch = watch(self._pulse.limit)
        self._watch.__enter__()
        self._known, self.beating, self.told = {}, True, []
        self._beat()
        return self

    def stop(self) -> None:
        """Stop beating; from any thread, and again, does no harm."""
        on_loop(self._loop, self._stop)

    def __enter__(self) -> Heartbeat:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    def close(self) -> None:
        """Stop, and take the pulse off the page."""
        # ipywidgets also calls this from __del__, after an __init__ that failed too.
        if getattr(self, "_watch", None) is not None:
            self.stop()
        super().close()

    def _beat(self) -> None:
        assert self._loop
        late = self._pulse.beat(self._loop.time())
        self.send({"kind": "beat", "n": self._pulse.beats})
        if late:
            self._tell()  # of an earlier stop, if that is still to be told
            # The watch looks from a thread of its own: it may write its find down a moment after this beat.
            self._untold, self._news = late, self._loop.call_later(SETTLE, self._tell)
        self._timer = self._loop.call_later(self._pulse.period, self._beat)

    def _tell(self) -> None:
        late, self._untold = self._untold, None
        if late:
            text = f"The loop stood still for {late.seconds:.2f} s{self._line()}."
            self.told = [*self.told[1 - MANY :], text]

    def _line(self) -> str:
        """Say which line the watch has found since it was last asked."""
        counts = {(found.file, found.line): found.count for found in self._watch or ()}
        new = [
            found
            for found in self._watch or ()
            if found.file and found.count > self._known.get((found.file, found.line), 0)
        ]
        self._known = counts
        if not new:
            return ""
        own = next((found for found in new if found.own), new[0])
        return f" at {own.where}: {own.source}" if own.source else f" at {own.where}"

    def _stop(self) -> None:
        # `is None`: a watch that found nothing is an empty sequence, and counts as false.
        if not self.beating or self._watch is None or self._loop is None:
            return
        for timer in (self._timer, self._news):
            if timer:
                timer.cancel()
        # The body of a `with` may block up to its very end: then a beat is missing by now.
        late = self._pulse.end(self._loop.time())
        self._watch.__exit__(None, None, None)
        self._tell()
        self._untold = late
        self._tell()
        self.beating = False

    def _from_page(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        # ipykernel 7 may call this on a subshell's thread, whose loop is not ours: only hand over.
        wanted = {"start": self.start, "stop": self._stop}.get(content.get("kind", ""))
        if wanted and self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(wanted)

    def __repr__(self) -> str:
        # The same for every heartbeat and every state: nbval compares it.
        return "<heartbeat>"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle: tuple[dict[str, Any], dict[str, Any]] | None = super()._repr_mimebundle_(**options)
        if bundle:  # for readers without a kernel
            told = "".join(f"<li>{escape(line)}</li>" for line in self.told)
            bundle[0]["text/html"] = STATIC + (f"<ul>{told}</ul>" if told else "")
        return bundle
