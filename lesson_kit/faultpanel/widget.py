"""The fault panel of the notebooks: sliders make a script, the player shows what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ..clock import run
from ..conversation import talk
from ..panel.joined import join, style
from ..panel.onloop import running_loop
from ..player.data import player_data
from ..player.page import HERE as PLAYER
from ..player.page import MODULES
from ..recording import Recording, timeline
from ..script import Script
from ..script.faults import ERRORS
from ..server import LessonServer
from .settings import PRESETS, Settings

__all__ = ["FaultPanel", "perform"]

TEXT = (
    "Streaming shows each word as soon as the model has made it, so a reader can begin at once, "
    "and can stop an answer that goes the wrong way."
)
HERE = Path(__file__).parent


def perform(settings: Settings, text: str, question: str) -> Recording:
    """Run the settings' script through the real stack in virtual time: the same settings, the same recording."""
    server = LessonServer(model=settings.script(text).model())
    (recording,) = run(talk(server, question, **settings.link()))
    return recording.normalised()


class FaultPanel(anywidget.AnyWidget):
    """Breaks a stream on purpose, with sliders. Let it be a notebook cell's last line.

    Each change runs the script anew through the real stack, in virtual time, and shows it in the timeline player
    beside a stream without faults. The line of code under the sliders makes the same recording.

    From a cell: `panel.set(stall_at=8, stall_for=4.0)` (see `Settings`), `panel.script`, `panel.recording`.
    """

    _esm = join([*MODULES, HERE / "widget.js"])
    _css = style(PLAYER / "player.css", HERE / "faultpanel.css")

    data: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    shown: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    """What stands round the player: settings, code, remarks, problem, and the number of the request it answers."""
    menu: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)

    def __init__(self, text: str = TEXT, *, question: str = "Why stream?", **settings: Any) -> None:
        self.text, self.question = text, question
        self.settings = Settings.read(settings)
        self.script: Script = self.settings.script(text)
        self.recording: Recording = perform(self.settings, text, question)
        self._plain = perform(Settings(), text, question)
        self._loop = running_loop()
        self._newest = 0
        self._tasks: set[asyncio.Task[None]] = set()
        presets = {name: preset.told() for name, preset in PRESETS.items()}
        deltas = len(Script.say(text).replies[0].deltas)
        super().__init__(menu={"presets": presets, "errors": list(ERRORS), "deltas": deltas})
        self._adopt(self.settings, self.recording, 0)
        self.on_msg(self._from_page)

    def set(self, **settings: Any) -> Recording:
        """Set sliders by name; those not named stand as they did. Returns the new recording.

        Raises `TypeError` or `ValueError`, as `Settings` does, and changes nothing then.
        """
        new = Settings.read({**self.settings.told(), **settings})
        self._adopt(new, perform(new, self.text, self.question), self._newest)
        return self.recording

    def _adopt(self, settings: Settings, recording: Recording, number: int) -> None:
        self.settings, self.recording = settings, recording
        self.script = settings.script(self.text)
        told = {"settings": settings.told(), "code": settings.code(self.text, self.question)}
        with self.hold_sync():  # one message: the page never sees one half
            self.data = player_data(self._lanes())
            self.shown = {**told, "remarks": settings.remarks(), "problem": "", "number": number}

    def _lanes(self) -> dict[str, Recording]:
        return {"without faults": self._plain, "as set": self.recording}

    def _from_page(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        # ipykernel 7 may call this on a subshell's thread, whose loop is not ours: only hand over.
        if self._loop is None:
            asyncio.run(self._obey(content))
        else:
            self._loop.call_soon_threadsafe(self._begin, content)

    def _begin(self, content: dict[str, Any]) -> None:
        task = asyncio.ensure_future(self._obey(content))
        self._tasks.add(task)  # the loop itself holds tasks only weakly
        task.add_done_callback(self._tasks.discard)

    async def _obey(self, content: dict[str, Any]) -> None:
        number = content.get("number")
        number = self._newest = number if isinstance(number, int) else self._newest
        try:
            told = content.get("settings")
            settings = Settings.read(told if isinstance(told, Mapping) else {})
            # In a thread: the notebook's loop is not to stand still, however short.
            recording = await asyncio.to_thread(perform, settings, self.text, self.question)
            if number == self._newest:  # a slider under way asks faster than it is answered
                self._adopt(settings, recording, number)
        except (
            Exception
        ) as error:  # a traceback would vanish: no cell is running that could show it
            self.shown = {**self.shown, "problem": str(error), "number": number}

    def __repr__(self) -> str:
        # The same for every panel and every state: nbval compares it.
        return "<fault panel>"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle: tuple[dict[str, Any], dict[str, Any]] | None = super()._repr_mimebundle_(**options)
        if bundle:  # for readers without a kernel
            code = f"<pre><code>{escape(str(self.shown['code']))}</code></pre>"
            bundle[0]["text/html"] = timeline(self._lanes())._repr_html_() + code
        return bundle
