"""The dashboard: a server's metrics, read again every second."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ..clock.loop import VirtualLoop
from ..panel.joined import PAGE, join, style
from ..panel.onloop import on_loop, running_loop
from ..scrape import Scrape
from .drawing import draw, html
from .figures import Figures, figures
from .source import Unreadable, source_of

__all__ = ["Dashboard"]

HERE = Path(__file__).parent
MODULES = (PAGE / "dom.js", PAGE / "keys.js", HERE / "widget.js")
STYLE = style(HERE / "dashboard.css")


class Dashboard(anywidget.AnyWidget):
    """Shows how a server does. Let it be a notebook cell's last line.

        dashboard = Dashboard(server).start()
        dashboard

    `server` is a server of this process, its `Meter`, or the address of a metrics page
    ("http://127.0.0.1:8000/metrics"). It is read every `period` seconds of the loop's clock, and the figures are those
    of the newest `window` seconds. `scrape()` reads it once, also without `start()`. A server that was started with
    tokens wants one for its metrics, too: `token="..."`.

    A reader without a kernel sees the picture as it was when the cell was run. Raises `TypeError` or `ValueError` for
    what cannot be read.
    """

    _esm = join(MODULES)
    _css = STYLE

    live = traitlets.Bool(False).tag(sync=True)
    """Whether the page's button can start it: the loop of a `run(...)` is over when its cell is."""
    watching = traitlets.Bool(False).tag(sync=True)
    status = traitlets.Unicode("").tag(sync=True)
    """What went wrong, in words for the reader; empty when all is well."""
    picture: traitlets.List[Any] = traitlets.List().tag(sync=True)

    def __init__(
        self,
        server: object,
        *,
        period: float = 1.0,
        window: float = 60.0,
        token: str | None = None,
    ) -> None:
        if not 0.1 <= period <= window <= 3600:
            raise ValueError(
                "expected a period of 0.1 s or more and a window of up to 3600 s that holds it, but got "
                f"period={period!r}, window={window!r}."
            )
        self._source = source_of(server, token)
        self._period, self._window = period, window
        self._scrapes: deque[Scrape] = deque()
        self._loop = running_loop()
        self._task: asyncio.Task[None] | None = None
        super().__init__(picture=draw(Figures(), window), live=_lasts(self._loop))
        self.on_msg(self._from_page)

    @property
    def figures(self) -> Figures:
        """The figures that are shown."""
        return figures(tuple(self._scrapes))

    def start(self) -> Dashboard:
        """Begin to read on the running loop; again does nothing. Raises `RuntimeError` without one."""
        loop = running_loop()
        if loop is None:
            raise RuntimeError(
                "Dashboard.start() expected a running event loop, but none runs here. "
                "Call it in a notebook cell or inside a coroutine."
            )
        if loop is not self._loop:
            self._scrapes.clear()  # their times are those of another clock
            self._loop, self.live = loop, _lasts(loop)
        if not self.watching:
            self.watching = True
            self._task = loop.create_task(self._watch())
        return self

    def stop(self) -> None:
        """Stop reading; what is shown stays. From any thread, and again, does no harm."""
        on_loop(self._loop, self._stop)

    def __enter__(self) -> Dashboard:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    async def scrape(self) -> Figures:
        """Read the metrics now, and show them."""
        try:
            scrape = await self._source.scrape()
        except Unreadable as error:
            self.status = str(error)
            return self.figures
        return self._add(scrape)

    def _add(self, scrape: Scrape) -> Figures:
        self._scrapes.append(scrape)
        while scrape.t - self._scrapes[0].t > self._window + 1e-6:
            self._scrapes.popleft()
        with self.hold_sync():  # one message
            self.status, self.picture = "", draw(self.figures, self._window)
        return self.figures

    def close(self) -> None:
        """Stop, and take the dashboard off the page."""
        # ipywidgets also calls this from __del__, after an __init__ that failed too.
        if getattr(self, "_task", None) is not None:
            self.stop()
        super().close()

    async def _watch(self) -> None:
        assert self._loop
        due = self._loop.time()
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                await self.scrape()
                # Reading takes time, too: by the clock, a period stays one.
                due = max(due + self._period, self._loop.time())
                await asyncio.sleep(due - self._loop.time())
        await self._source.close()

    def _stop(self) -> None:
        if self._task and self._loop and not self._loop.is_closed():
            self._task.cancel()
            # What happened since the last second would be missing.
            if running_loop() is self._loop and (scrape := self._source.at_once()):
                self._add(scrape)
        self._task, self.watching = None, False

    def _from_page(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        # ipykernel 7 may call this on a subshell's thread, whose loop is not ours: only hand over.
        wanted = {"start": self.start, "stop": self._stop}.get(content.get("kind", ""))
        if wanted and self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(wanted)

    def __repr__(self) -> str:
        # The same for every dashboard and every state: nbval compares it.
        return "<dashboard>"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle: tuple[dict[str, Any], dict[str, Any]] | None = super()._repr_mimebundle_(**options)
        if bundle:  # for readers without a kernel
            shown = html(draw(self.figures, self._window))
            bundle[0]["text/html"] = (
                f'<div class="lk-look lkb-board"><style>{STYLE}</style>{shown}</div>'
            )
        return bundle


def _lasts(loop: asyncio.AbstractEventLoop | None) -> bool:
    return loop is not None and not isinstance(loop, VirtualLoop)
