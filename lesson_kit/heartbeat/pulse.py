"""A pulse: how late each beat of a loop was."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

__all__ = ["Late", "Pulse"]


class Late(NamedTuple):
    """A beat that came late: when it was due and when it came, in seconds of the loop's clock."""

    due: float
    came: float

    @property
    def seconds(self) -> float:
        """For how long the loop stood still."""
        return self.came - self.due


class Pulse:
    """Counts beats that are due every `period` seconds; one that is more than `limit` seconds late is noted.

    It knows no loop: tell it the time. The newest `keep` late beats are kept.
    Raises `ValueError` for a period or a limit that is none.
    """

    def __init__(self, period: float = 0.1, limit: float = 0.1, keep: int = 20) -> None:
        # Ten messages a second are nothing; above 1000 a second jupyter_server drops some.
        if not 0.02 <= period <= 10:
            raise ValueError(f"expected a period of 0.02 to 10 seconds, but got {period!r}.")
        if not 0.001 <= limit <= 3600:
            raise ValueError(f"expected a limit of 0.001 to 3600 seconds, but got {limit!r}.")
        self.period, self.limit = period, limit
        self.beats = 0
        self.late: deque[Late] = deque(maxlen=keep)
        self._due: float | None = None

    def beat(self, now: float) -> Late | None:
        """Note a beat at `now`; returns it as a `Late` when it is one."""
        self.beats += 1
        late = self.end(now)
        self._due = now + self.period
        return late

    def end(self, now: float) -> Late | None:
        """Note the end of the beating at `now`, which is no beat; a beat that was missed by then is late."""
        due, self._due = self._due, None
        if due is None or now - due < self.limit:
            return None
        late = Late(due, now)
        self.late.append(late)
        return late

    @property
    def longest(self) -> float:
        """Seconds of the longest stop among those kept; 0.0 without one."""
        return max((late.seconds for late in self.late), default=0.0)
