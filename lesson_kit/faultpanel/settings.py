"""The settings of the fault panel: a few numbers that make a script, a link, a line of code."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..script import Script
from ..script.faults import ERRORS

__all__ = ["PRESETS", "RANGES", "Settings"]

RANGES: dict[str, tuple[float, float]] = {
    "thinking": (0.0, 20.0),
    "gap": (0.0, 1.0),
    "jitter": (0.0, 1.0),
    "burst": (1, 30),
    "stall_for": (0.1, 40.0),
    "disconnect_at": (0.1, 20.0),
    "seed": (0, 50),
}
"""The least and the most that the panel takes; seconds, but jitter is a share of the gap and burst counts deltas."""

_COUNTS = ("burst", "stall_at", "error_at", "seed")


@dataclass(frozen=True)
class Settings:
    """What the sliders say. Raises `ValueError` or `TypeError`, in a line for the reader, for what cannot be.

    Counts are of deltas, times are seconds. `jitter` is the share of the gap by which each gap may be shorter or
    longer; the `seed` decides by how much. `stall_for=None` is for ever.
    """

    thinking: float = 1.0
    gap: float = 0.05
    jitter: float = 0.0
    seed: int = 1
    burst: int = 1
    stall_at: int | None = None
    stall_for: float | None = None
    error: str | None = None
    error_at: int = 0
    disconnect_at: float | None = None

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name == "error" or value is None:
                continue
            kinds = (int,) if field.name in _COUNTS else (int, float)
            if isinstance(value, bool) or not isinstance(value, kinds):
                wanted = "a whole number" if field.name in _COUNTS else "a number"
                raise TypeError(f"{field.name} must be {wanted}, but {value!r} came.")
            low, high = RANGES.get(field.name, (0, 10**9))
            if not low <= value <= high:
                raise ValueError(f"{field.name} goes from {low:g} to {high:g}, but {value!r} came.")
        if self.error is not None and self.error not in ERRORS:
            raise ValueError(f"error is one of {', '.join(ERRORS)}, but {self.error!r} came.")

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Settings:
        """Make settings from what the page sends; raises as the class does, also for a name that is none."""
        names = [field.name for field in dataclasses.fields(cls)]
        if unknown := sorted(set(told) - set(names)):
            raise TypeError(f"there is no setting {unknown[0]!r}. There is: {', '.join(names)}.")
        return cls(**told)

    def told(self) -> dict[str, Any]:
        """Give the settings as plain JSON."""
        return dataclasses.asdict(self)

    def script(self, text: str) -> Script:
        """Make the script that says `text` with these faults; raises `ValueError` for a place the text has not."""
        deltas = Script.say(text).replies[0].deltas
        options: dict[str, Any] = {"thinking": self.thinking, "gap": self._gaps(len(deltas))}
        if self.burst > 1:
            options["burst"] = self.burst
        if self.stall_at is not None:
            self._check_place("stall_at", self.stall_at, len(deltas))
            options |= {"stall_at": self.stall_at, "stall_for": self.stall_for}
        if self.error is not None:
            self._check_place("error_at", self.error_at, len(deltas))
            options |= {"error": self.error, "error_at": self.error_at}
        return Script.say(text, **options)

    def link(self) -> dict[str, Any]:
        """Give the options of the connection, as `talk` and `Link` take them."""
        return {} if self.disconnect_at is None else {"cut_at": float(self.disconnect_at)}

    def code(self, text: str, question: str) -> str:
        """Write the one line that makes the same recording: `from lesson_kit import *` is all it needs."""
        options = "".join(f", {name}={value!r}" for name, value in self.link().items())
        server = f"LessonServer(model={self.script(text)!r}.model())"
        return f"[recording] = run(talk({server}, {question!r}{options}))"

    def remarks(self) -> list[str]:
        """Tell which settings have no effect beside the others."""
        found = []
        for_ever = self.stall_at is not None and self.stall_for is None
        if self.stall_at is None and self.stall_for is not None:
            found.append("The length of the stall has no effect: no stall is set.")
        if self.error is None and self.error_at:
            found.append("The place of the error has no effect: no error is chosen.")
        if self.error is not None and self.stall_at is not None:
            if for_ever and self.error_at >= self.stall_at > 0:
                found.append("The error is never reached: the stall before it lasts for ever.")
            if self.stall_at > self.error_at:
                found.append("The stall is never reached: the error comes before it.")
        if self.disconnect_at is not None and self.disconnect_at <= self.thinking:
            found.append("The client leaves before the first word: it sees none of what follows.")
        return found

    def _gaps(self, deltas: int) -> float | list[float]:
        if not self.jitter:
            return self.gap
        # A generator of its own with a seed: the same sliders give the same stream, on any machine.
        chance = random.Random(f"faults {self.seed}")
        spread = [self.gap * (1 + self.jitter * chance.uniform(-1, 1)) for _ in range(deltas - 1)]
        return [round(max(0.0, gap), 3) for gap in spread]

    def _check_place(self, name: str, place: int, most: int) -> None:
        if place > most:
            raise ValueError(
                f"{name} is {place}, but the answer has only {most} deltas. Choose 0 to {most}."
            )


PRESETS: dict[str, Settings] = {
    "a healthy stream": Settings(),
    "a slow start": Settings(thinking=8.0),
    "an uneven pace": Settings(gap=0.15, jitter=0.9),
    "bursts, as behind a buffer": Settings(burst=8),
    "a stall of 4 s": Settings(stall_at=8, stall_for=4.0),
    "a stall for ever": Settings(stall_at=8),
    "an error at once": Settings(error="rate_limit"),
    "an error in mid answer": Settings(error="server", error_at=10),
    "the client leaves": Settings(disconnect_at=1.5),
}
"""Settings to start from, by name."""
