"""What the user reads of an error."""

from __future__ import annotations

from lesson_kit.grader import Miss
from lesson_kit.recording import Failure
from lesson_kit.scene import Reply, Seen


def failure(seen: Seen, k: int = 0) -> Failure | None:
    """The error that ended answer k."""
    errors = seen.errors(k)
    return errors[-1] if errors else None


def bad_words(error: Failure, allow_retry: bool) -> Miss | None:
    """What to say of an error event that the user cannot use."""
    if error.code != "custom" or not error.message.strip():
        return Miss(
            expected="An error in your own words.",
            seen=f"An error event without words came (code {error.code!r}, second try: {yes(error.allow_retry)}).",
            next_step="Catch the error round your loop, and raise self.for_the_user(error), which gives a CustomStreamError."
            if error.code != "custom"
            else "Write a sentence of your own: many errors, TimeoutError too, have no text.",
        )
    if "Error code" in error.message:
        return Miss(
            expected="An error in words for a user.",
            seen=f"The user reads: {error.message!r}.",
            next_step="Write a sentence of your own. The error's own text is for your log.",
        )
    if error.allow_retry == allow_retry:
        return None
    return Miss(
        expected=f"A second try is {'' if allow_retry else 'not '}offered here.",
        seen=f"{error.message!r} came, and the second try was {'' if error.allow_retry else 'not '}offered.",
        next_step=f"Look it up in the table: here belongs allow_retry={allow_retry}.",
    )


def yes(flag: bool) -> str:
    return "yes" if flag else "no"


NAMES = {
    "rate_limit": "The model has too many requests at the moment",
    "server": "The model's server failed",
    "connection": "The connection to the model was lost",
    "quota": "The paid budget is used up",
    "authentication": "The server's key is wrong",
    "context_length": "The conversation is too long for the model",
}


def happened(reply: Reply) -> str:
    """Say what the script ordered."""
    if isinstance(reply.error, str):
        return NAMES[reply.error]
    return "The model declines to answer" if reply.refusal else "The stream ended in the middle"


def all_told(seen: Seen, allow_retry: bool) -> Miss | None:
    for k, reply in enumerate(seen.scene.replies):
        what = happened(reply)
        if (error := failure(seen, k)) is None:
            return Miss(
                expected=f"{what}: the user reads so.",
                seen="No error came: half an answer looks like a whole one.",
                next_step="Raise what you took out of the queue, if it is an Exception.",
                pitfall="swallowed_error",
            )
        if missed := bad_words(error, allow_retry):
            return Miss(f"{what}. {missed.expected}", missed.seen, missed.next_step)
    return None
