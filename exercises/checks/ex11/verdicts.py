"""What can be wrong with the end of an answer of ex11."""

from __future__ import annotations

from lesson_kit.grader import Miss
from lesson_kit.scene import Seen

from .requests import calls, messages, unannounced


def told_to_the_user(seen: Seen, k: int, allow_retry: bool, what: str) -> Miss | None:
    """The error that ends an answer: in words, and with a second try where one can help."""
    errors = seen.errors(k)
    if not errors:
        return Miss(
            expected=f"{what}: the user reads so.",
            seen="No error came: half an answer, or none, looks like a whole one.",
            next_step="When nothing is left to try, raise a CustomStreamError.",
            pitfall="swallowed_error",
        )
    error = errors[-1]
    if error.code != "custom" or not error.message.strip() or "Error code" in error.message:
        return Miss(
            expected=f"{what}: the user reads so, in your own words.",
            seen=f"The user reads: {error.message!r}." if error.message else "An error event without words came.",
            next_step='Raise CustomStreamError("Your words.", allow_retry=...) from error.',
        )  # fmt: skip
    if error.allow_retry == allow_retry:
        return None
    return Miss(
        expected=f"{what}: a second try by the user is {'' if allow_retry else 'not '}offered.",
        seen=f"{error.message!r} came, and the second try was {'' if error.allow_retry else 'not '}offered.",
        next_step=f"Here belongs allow_retry={allow_retry}.",
    )


def whole_answer(seen: Seen, k: int, call: int, what: str) -> Miss | None:
    """One message with the text of that call of the script, on the screen and in the store."""
    said, shown = seen.said(call), messages(seen, k)
    if errors := seen.errors(k):
        return Miss(
            expected=f"{what}: the whole answer, and no error.",
            seen=f"After {len(calls(seen, k))} request(s) to a model an error came: {errors[-1].message or errors[-1].code!r}.",
            next_step="Before the first word an error is no reason to give up: look it up in the table.",
        )
    if len(shown) > 1:
        return Miss(
            expected=f"{what}: one message on the screen.",
            seen=f"{len(shown)} messages are on it, with {', '.join(str(len(text)) for text in shown)} characters.",
            next_step="Hold the events of a try back until its first text. A try that fails earlier then leaves no trace.",
        )
    if shown == [said] and seen.saved_answers(k) == [said] and not unannounced(seen, k):
        return None
    if shown == [said] and unannounced(seen, k):
        return Miss(
            expected=f"{what}: a message begins, and then its text comes.",
            seen="Text came for a message that was never begun (thread.item.added): a browser shows none of it.",
            next_step="At the first text yield all the events that you held, in their order.",
        )
    return Miss(
        expected=f"{what}: the whole answer, {len(said)} characters, shown and saved.",
        seen=f"{len(seen.text(k))} characters are on the screen, and {sum(map(len, seen.saved_answers(k)))} in the store.",
        next_step="Yield every event of the try that succeeds: those that you held, and then each one as it comes.",
    )
