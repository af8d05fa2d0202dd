"""A model that is too slow, or fails."""

from __future__ import annotations

from lesson_kit.grader import Miss
from lesson_kit.scene import Seen

from .answered import SOON, heard, miss, no_text, not_whole, partials

LATE = 0.4
"""Seconds by which a time limit may be missed."""


def limits(seen: Seen) -> Miss | None:
    if not seen.recording().deltas and seen.errors(0):
        return no_text(seen)
    if seen.text(0) != seen.said(0) or seen.errors(0):
        return miss(
            "ex07",
            "A slow reader gets the whole answer: the limits are for the model.",
            f"{seen.recording().deltas} of {len(seen.scene.replies[0].deltas)} pieces came, then the stream was "
            f"{'broken off with an error' if seen.errors(0) else 'cut off'}.",
            "Put the limit round `await events.get()` alone, with no yield inside.",
            "timeout_round_yield" if seen.text(0) else "",
        )
    first, between, total = (
        float(str(seen.scene.options[name])) for name in ("first_token", "between_tokens", "total")
    )
    spoken = seen.scene.replies[1].stall_at or 0
    ends = [
        (1, "between_tokens", between, 1.0 + 0.05 * (spoken - 1) + between),
        (2, "first_token", first, first),
        (3, "total", total, total),
    ]
    for k, name, limit, due in ends:
        if missing := in_time(seen, k, name, limit, due) or kept_with_error(seen, k, True):
            return missing
    return None


WAITS = {
    "first_token": "Wait for the first text inside `async with asyncio.timeout(self.first_token):`.",
    "between_tokens": "After the first text, wait for each event inside `async with "
    "asyncio.timeout(self.between_tokens):`.",
    "total": "Wait for an event never longer than what is left of self.total.",
}


def in_time(seen: Seen, k: int, name: str, limit: float, due: float) -> Miss | None:
    """The model of request `k` must be given up after `due` seconds, not sooner and not much later."""
    began, failed = seen.first("stream_options", k), seen.errors(k)
    over = failed[0].t if failed else seen.recording(k).duration
    after = over - (began.t if began else 0.0)
    # The clock may start with respond, or with the run: the store stands between.
    timely = due - 0.1 <= after <= due + LATE
    if not (failed and timely):
        said = "The error came" if failed else "No error came: the stream was over"
        return miss(
            "ex07",
            f"The limit {name} is {limit:.1f} s. It has passed {due:.1f} s after question {k + 1}, and the user reads an "
            "error.",
            f"{said} after {after:.1f} s.",
            "Your limit works, but its error got lost: raise self.for_the_user(error) at the end."
            if timely
            else WAITS[name],
            "swallowed_error" if timely else "",
        )
    late = [made for made in seen.made_after(seen.sent_at(k) + over + SOON) if made.call == k]
    if not late:
        return None
    return miss(
        "ex07",
        "When a limit has passed, the model stops.",
        f"It made {len(late)} more pieces after the error.",
        "In a `finally` of respond, call cancel() of the run.",
        "model_not_stopped",
    )


def kept_with_error(seen: Seen, k: int, retry: bool) -> Miss | None:
    """The error of request `k` has words, offers a second try or not, and costs no text that was seen."""
    [error, *_] = seen.errors(k)
    if not (error.message or "").strip():
        return miss(
            "ex07",
            "The user reads in plain words what happened.",
            "An error came without words.",
            "Raise a CustomStreamError with your own words: ChatKit sends no others.",
        )
    if error.allow_retry != retry:
        return miss(
            "ex07",
            "A second try is offered only where it can help.",
            f"The error was {error.message[:60]!r}, {'with' if error.allow_retry else 'without'} a second try.",
            f"Give this CustomStreamError allow_retry={retry}.",
        )
    shown = seen.text(k)
    if shown and not partials(seen.saved_answers(), seen.said(k)):
        return miss(
            "ex07",
            f"The {seen.recording(k).deltas} pieces that the user saw, in the store.",
            "Nothing of them is saved. ChatKit saves no partial answer after an error.",
            "First yield a ThreadItemDoneEvent with the message and the text so far, then raise.",
            "partial_lost",
        )
    if shown and not any(text.startswith(shown) for text in seen.saved_answers()):
        return miss(
            "ex07",
            f"What the user saw, in the store: {len(shown)} characters.",
            f"It holds {len(partials(seen.saved_answers(), seen.said(k))[0])} characters.",
            "Add each text delta to the text that you save.",
        )
    return None


def errors(seen: Seen) -> Miss | None:
    if not seen.recording().deltas:
        return no_text(seen)
    for k, retry in ((0, True), (1, False)):
        if not seen.errors(k):
            return miss(
                "ex07",
                "When the model fails, the user reads an error.",
                f"Question {k + 1}: the model failed, and the stream ended without an error.",
                "Let no `except` swallow it: keep the error, save, and raise.",
                "swallowed_error",
            )
        if missing := kept_with_error(seen, k, retry):
            return missing
    if missing := not_whole(seen, 2, 2):
        return missing
    blank = [text for text in seen.saved_answers() if not text.strip()]
    if not blank and partials(heard(seen, 2), seen.said(0)):
        return None
    return miss(
        "ex07",
        "Only messages with text are saved, and the model reads them on the next turn.",
        f"The store holds {len(blank)} message(s) without text."
        if blank
        else "The model did not get its partial answer.",
        "Save the message that was begun, and only if it has text.",
    )
