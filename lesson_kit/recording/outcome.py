"""The outcome: how a recorded stream ended for the user.

The rules, in order; the first that fits decides. "Said" is what `Recording.end(t, outcome)` was told by the one who
held the connection, who alone knows whether the user stopped or the far side broke off.

| said                 | and the events show                                    | outcome      |
|----------------------|--------------------------------------------------------|--------------|
| (not ended yet)      | anything                                               | open         |
| anything but cut     | anything                                               | as said      |
| nothing, or cut      | an error after which no answer was finished            | error        |
| nothing, or cut      | no finished answer, and a silence before the end       | stalled      |
| cut                  | anything else                                          | cut          |
| nothing              | no finished answer, no silence: it ended too early     | cut          |
| nothing              | a finished answer, nothing left open                   | done         |

A *finished answer* is a Done event for an item that answers the user (a message, a widget, a client tool call, an
image, a question, an end-of-turn mark), with no assistant message left open. A *silence* is `STALL_LIMIT` seconds
without an event about an item: progress lines do not count, or a server that says "still thinking" for ever would
never be called stalled.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

from .figures import STALL_LIMIT, Figures
from .moment import exact

__all__ = ["OUTCOMES", "End", "Outcome", "judge"]

Outcome = Literal["done", "stopped", "error", "stalled", "cut", "open"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


class End(NamedTuple):
    """The end of a stream: its time in seconds, and the outcome that the one who held the connection named."""

    t: float
    said: Outcome | None


def judge(figures: Figures, end: End | None) -> Outcome:
    """Decide the outcome by the rules above."""
    if end is None:
        return "open"
    if end.said not in (None, "cut"):
        return end.said
    finished = bool(figures.answers) and not figures.open
    silence = exact(end.t - figures.last_news)
    if figures.failed:
        return "error"
    if not finished and silence >= STALL_LIMIT:
        return "stalled"
    if end.said == "cut" or not finished:
        return "cut"
    return "done"
