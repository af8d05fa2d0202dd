"""When a limit passes, and what the user is told then."""

from __future__ import annotations

from lesson_kit.grader import Miss
from lesson_kit.scene import Seen

from .words import bad_words, failure

SOON = 0.4
"""Seconds that an error may come late. Limits differ by 0.8 s and more; the store takes 0.02 s a call."""
AT_ONCE = 0.2
"""Seconds in which each piece of text must pass to a quick reader."""


def limit(seen: Seen, name: str) -> float:
    """One of the limits that the server was made with."""
    value = seen.scene.options[name]
    assert isinstance(value, float)
    return value


def began(seen: Seen, k: int = 0) -> float:
    """When ChatKit called respond: its first event of every answer comes just before that."""
    first = seen.first("stream_options", k)
    return first.t if first else 0.0


def at_the_limit(seen: Seen, k: int, since: float, name: str, what: str) -> Miss | None:
    """The error of answer k must come when the limit has passed since a moment of its recording."""
    seconds, error = limit(seen, name), failure(seen, k)
    expected = f"An error {seconds:.1f} s after {what} ({name}={seconds:g})."
    if error is None:
        pieces, over = seen.recording(k).deltas, seen.recording(k).duration - since
        in_time = abs(over - seconds) <= SOON
        return Miss(
            expected=expected,
            seen=f"No error came. {pieces} pieces of text came, and all was over {over:.1f} s after {what}.",
            next_step="The stream ended in time, but in silence. Raise an error: else half an answer looks like a whole one."
            if in_time
            else "Put `async with asyncio.timeout(...)` round `await events.get()`, and let its TimeoutError out.",
            pitfall="swallowed_error" if in_time else "",
        )
    came = error.t - since
    if seconds - AT_ONCE <= came <= seconds + SOON:
        return bad_words(error, allow_retry=True)
    return Miss(
        expected=expected,
        seen=f"The error came {came:.1f} s after {what}.",
        next_step="first_token holds until the first text, between_tokens for each wait after it, total for all together.",
    )
