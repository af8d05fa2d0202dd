"""How a turn ended, in words for the student."""

from __future__ import annotations

from typing import NamedTuple

from ..recording import Recording
from .transcript import State

__all__ = ["Ending", "ending"]

UNKNOWN = "Something went wrong on the server. Its log says what."
NO_ANSWER = "The server ended the stream without an answer."
UNFINISHED = "The server did not finish the answer, so it did not save it."
NOTHING_YET = "Nothing had arrived yet."
SAVED = "What arrived is saved."
NOT_SAVED = "What arrived stays here, but the server did not save it: the model will not know it."


class Ending(NamedTuple):
    """`state` and `note` for the page; `retry` offers to ask again."""

    state: State
    note: str = ""
    retry: bool = False


def ending(recording: Recording, *, overtaken: bool = False) -> Ending:
    """Say how a recorded turn ended. `overtaken`: another question was asked before it did."""
    role, words = recording.transcript[-1] if recording.transcript else ("", "")
    match recording.outcome:
        case "stopped":
            return Ending("stopped", "" if recording.text else NOTHING_YET)
        case "error":
            failure = recording.errors[-1] if recording.errors else None
            return Ending(
                "error",
                (failure and failure.message) or UNKNOWN,
                bool(failure and failure.allow_retry),
            )
        case _ if role == "notice":
            return Ending("stopped", words)
        case "done":
            return Ending("interrupted" if overtaken else "done")
        case _ if recording.text:
            return Ending("cut", UNFINISHED, True)
        case _:
            return Ending("error", NO_ANSWER, True)
