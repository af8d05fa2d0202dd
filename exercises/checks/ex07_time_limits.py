"""Exercise ex07: three time limits, errors in the user's words, and the words that were seen are kept."""

from __future__ import annotations

from lesson_kit.grader import Exercise, Miss
from lesson_kit.scene import Seen

from .ex07.models import (
    broken_off,
    endless_model,
    good_answers,
    lasting_trouble,
    passing_trouble,
)
from .ex07.times import AT_ONCE, at_the_limit, began
from .ex07.words import all_told, failure

EXERCISE = Exercise(
    "ex07_time_limits",
    title="Time limits and errors",
    defines=["TimedServer"],
    hints=(
        "All waiting is done in one line: `await events.get()`. So the limit belongs round that line only, and the `yield` "
        "stands after it. Which of the three limits holds there: before the first text, and after it? And how much of the "
        "total is left?",
        "`async with asyncio.timeout(min(limit, end - now())): event = await events.get()`. Begin with "
        "`limit = self.first_token`; set it to `self.between_tokens` when `is_text(event)`. Put a `try` round the whole "
        "loop: `except Exception as error: raise self.for_the_user(error) from error`, and `finally: result.cancel()`.",
        'To keep the words, remember them as they pass: `message, text = event.item, ""` at `thread.item.added`, '
        "`text += event.update.delta` at each text, `message = None` at `thread.item.done`. In the `except`, before the "
        "`raise`: `if message and text: message.content = [AssistantMessageContent(text=text)]`, then "
        "`yield ThreadItemDoneEvent(item=message)`. In `for_the_user`, ask for `error.code` before you call a "
        "`RateLimitError` busy.",
    ),
)

for make in (
    good_answers,
    endless_model,
    passing_trouble,
    lasting_trouble,
    broken_off,
):
    EXERCISE.scene(make)

STALLED, FAILED, SILENT, GOOD = range(4)
"""The questions of `broken_off`, by what the model does."""


@EXERCISE.check("a good answer passes, for a slow reader too", points=2, scene=good_answers)
def passes(seen: Seen) -> Miss | None:
    readers = ((0, "a quick reader"), (1, "a reader on a slow connection"))
    for k, who in readers:
        expected = f"The whole answer for {who}, and no error."
        if error := failure(seen, k):
            return Miss(
                expected=expected,
                seen=f"After {seen.recording(k).deltas} pieces an error came: {error.message or error.code!r}.",
                next_step="Before the first text only first_token counts, and no limit counts while the reader reads.",
            )
        if seen.said(k) and seen.text(k) == seen.said(k) and seen.said(k) in seen.saved_answers(k):
            continue
        got, made = seen.recording(k).deltas, len(seen.scene.replies[k].deltas)
        if k == 1 and got < made:
            return Miss(
                expected=expected,
                seen=f"After {got} of {made} pieces the stream was over, without an error.",
                next_step="Keep the `yield` out of `asyncio.timeout`: at a `yield` the limit cancels the reader.",
                pitfall="timeout_round_yield",
            )
        kept = "saved" if seen.said(k) in seen.saved_answers(k) else "not saved"
        return Miss(
            expected=expected,
            seen=f"{got} of {made} pieces came, and the answer is {kept}.",
            next_step="Yield each event from the queue until None comes.",
        )
    if (slowest := max(seen.delays(0), default=0)) > AT_ONCE:
        return Miss(
            expected=f"Each piece of text on the screen within {AT_ONCE:.1f} s.",
            seen=f"The slowest piece came {slowest:.2f} s after it was made.",
            next_step="Yield each event inside the loop, as it comes.",
        )
    return None


@EXERCISE.check("the first token has a limit", points=1, scene=broken_off)
def first(seen: Seen) -> Miss | None:
    return at_the_limit(seen, SILENT, began(seen, SILENT), "first_token", "the question")


@EXERCISE.check("the wait between tokens has a limit", points=2, scene=broken_off)
def between(seen: Seen) -> Miss | None:
    place, made = seen.scene.replies[STALLED].stall_at or 0, seen.made_in(STALLED)
    if len(made) < place:
        return Miss(
            expected=f"The first {place} pieces of text.",
            seen=f"{seen.recording(STALLED).deltas} pieces came.",
            next_step="Let the model begin: no limit has passed yet.",
        )
    last = made[place - 1].t - seen.sent_at(STALLED)
    return at_the_limit(seen, STALLED, last, "between_tokens", "the last piece of text")


@EXERCISE.check("the whole answer has a limit, and the model stops", points=1, scene=endless_model)
def whole(seen: Seen) -> Miss | None:
    if missed := at_the_limit(seen, 0, began(seen), "total", "the question"):
        return missed
    error = failure(seen)
    wasted = seen.made_after(seen.sent_at() + error.t + AT_ONCE) if error else []
    if not wasted:
        return None
    return Miss(
        expected="After the limit the model stops.",
        seen=f"It made {len(wasted)} more pieces: nobody read them, and they are on the bill.",
        next_step="Call result.cancel() in a `finally` round your loop.",
        pitfall="model_not_stopped",
    )


@EXERCISE.check("where a second try may help, it is offered", points=1, scene=passing_trouble)
def again(seen: Seen) -> Miss | None:
    return all_told(seen, allow_retry=True)


@EXERCISE.check("where it cannot help, it is not", points=1, scene=lasting_trouble)
def not_again(seen: Seen) -> Miss | None:
    return all_told(seen, allow_retry=False)


@EXERCISE.check("the words that were seen are kept", points=2, scene=broken_off)
def kept(seen: Seen) -> Miss | None:
    for k, what in ((STALLED, "a stall"), (FAILED, "an error of the model")):
        reply, pieces = seen.scene.replies[k], seen.recording(k).deltas
        place = reply.stall_at or reply.error_at
        shown = "".join(reply.deltas[:place])
        if pieces != place or not seen.errors(k):
            return Miss(
                expected=f"{place} pieces of text. Then {what}, and the user reads of it.",
                seen=f"{pieces} pieces came, and {len(seen.errors(k))} error(s).",
                next_step="Make the limits and the errors right first.",
            )
        saved = [text for text in seen.saved_answers(k) if text != seen.said(GOOD)]
        if saved == [shown]:
            continue
        sizes = ", ".join(str(len(text)) for text in saved)
        return Miss(
            expected=f"After {what} the {pieces} pieces that the user saw are saved, once: {len(shown)} characters.",
            seen=f"The store holds {len(saved)} message(s) of this answer, with {sizes} characters."
            if saved
            else "The store holds none of them: after a reload they are gone.",
            next_step="Before you raise the error, yield a ThreadItemDoneEvent with the message and its text so far.",
        )
    if seen.saved_answers(SILENT):
        return Miss(
            expected="No word was seen, so no answer is saved.",
            seen=f"The store holds a message with {len(seen.saved_answers(SILENT)[0])} characters.",
            next_step="Save only a message that has text.",
        )
    if seen.text(GOOD) == seen.said(GOOD) and len(seen.asked) == 4:
        return None
    return Miss(
        expected="The next question is answered as usual.",
        seen=f"{seen.recording(GOOD).deltas} pieces of the next answer came.",
        next_step="Keep nothing of one answer in `self`.",
    )
