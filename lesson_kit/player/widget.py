"""The timeline player: recordings replayed in the page, without the kernel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anywidget
import traitlets

from ..panel.joined import join, style
from ..recording import Recording, timeline
from .data import named, player_data
from .page import HERE, MODULES, document

__all__ = ["Player"]


class Player(anywidget.AnyWidget):
    """Replays recordings side by side on one time axis. Let it be a notebook cell's last line.

    Play, pause, scrub, 0.25 to 8 times the speed; every event is a mark that can be opened. All of it happens in the
    page, so it goes on working when the kernel is gone. A reader who has only the saved notebook sees the drawing
    and the tables of `lesson_kit.timeline`; in JupyterLab, the tables alone until the cell has run.

    `to_html()` gives the same player as a page of its own. `show(...)` puts other recordings in.

    Raises `TypeError` for what is no recording, `ValueError` when there is none.
    """

    _esm = join([*MODULES, HERE / "widget.js"])
    _css = style(HERE / "player.css")

    data: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    """What the page plays, as `player_data` gives it."""

    def __init__(self, recordings: Recording | Mapping[str, Recording]) -> None:
        self.recordings = named(recordings)
        super().__init__(data=player_data(self.recordings))

    def show(self, recordings: Recording | Mapping[str, Recording]) -> None:
        """Play other recordings from now on."""
        self.recordings = named(recordings)
        self.data = player_data(self.recordings)

    def to_html(self) -> str:
        """Give the player as one HTML document that loads nothing."""
        return document(self.data, self._still())

    def _still(self) -> str:
        return timeline(self.recordings)._repr_html_()

    def __repr__(self) -> str:
        # The same for every player and every state: nbval compares it.
        return "<timeline player>"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle: tuple[dict[str, Any], dict[str, Any]] | None = super()._repr_mimebundle_(**options)
        if bundle:
            bundle[0]["text/html"] = self._still()  # for readers without a kernel
        return bundle
