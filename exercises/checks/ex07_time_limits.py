"""Exercise ex07: three time limits, errors in the user's words, and the words that were seen are kept."""

from __future__ import annotations

from random import Random

from lesson_kit.grader import Exercise, Miss
from lesson_kit.recording import Failure
from lesson_kit.scene import Ask, Reply, Scene, Seen, question, words

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

SOON = 0.4
"""Seconds that an error may come late. Limits differ by 0.8 s and more; the store takes 0.02 s a call."""
AT_ONCE = 0.2
"""Seconds in which each piece of text must pass to a quick reader."""


def limits(chance: Random, total: float) -> dict[str, float]:
    """Time limits for the server's constructor: the first token may take longest, as with real models."""
    first, between = chance.randint(24, 30) / 10, chance.randint(10, 14) / 10
    return {"first_token": first, "between_tokens": between, "total": total}


def limit(seen: Seen, name: str) -> float:
    """One of the limits that the server was made with."""
    value = seen.scene.options[name]
    assert isinstance(value, float)
    return value


@EXERCISE.scene
def good_answers(chance: Random) -> Scene:
    """A model that nearly uses up its limits, twice: for a quick reader, and for one on a slow connection."""
    options = limits(chance, 500.0)
    gaps = [0.05] * 11
    gaps[chance.randint(3, 8)] = options["between_tokens"] - 0.2
    thinking = options["first_token"] - 0.4
    slow = Ask(question(chance), thread=1, read_delay=options["first_token"] + 0.5)
    replies = (Reply(words(chance, 12), thinking=thinking, gap=gaps), Reply(words(chance, 12)))
    return Scene(replies=replies, asks=(question(chance), slow), options=options)


@EXERCISE.scene
def silent_model(chance: Random) -> Scene:
    """A model that says its first word after a minute."""
    replies = (Reply(words(chance, 10), thinking=60.0),)
    return Scene(replies=replies, asks=(question(chance),), options=limits(chance, 30.0))


@EXERCISE.scene
def stalled_model(chance: Random) -> Scene:
    """A model that falls silent for a minute in the middle."""
    stalled = Reply(words(chance, 20), stall_at=chance.randint(6, 10), stall_for=60.0)
    return Scene(replies=(stalled,), asks=(question(chance),), options=limits(chance, 30.0))


@EXERCISE.scene
def endless_model(chance: Random) -> Scene:
    """A model that never falls silent, and does not come to an end."""
    replies = (Reply(words(chance, 200), gap=0.5),)
    options = limits(chance, chance.randint(60, 80) / 10)
    return Scene(replies=replies, asks=(question(chance),), options=options)


@EXERCISE.scene
def passing_trouble(chance: Random) -> Scene:
    """Errors that a second try may mend."""
    some = chance.randint(3, 7)
    replies = [
        Reply(words(chance, 10), error="rate_limit"),
        Reply(words(chance, 10), error="server", error_at=some),
        Reply(words(chance, 10), error="connection", error_at=some),
        Reply(words(chance, 10), end_at=some),
    ]
    return troubles(chance, replies)


@EXERCISE.scene
def lasting_trouble(chance: Random) -> Scene:
    """Errors that come again with each try."""
    replies = [
        Reply(words(chance, 10), error="quota"),
        Reply(words(chance, 10), error="authentication"),
        Reply(words(chance, 10), error="context_length"),
        Reply(words(chance, 6), refusal=True),
    ]
    return troubles(chance, replies)


def troubles(chance: Random, replies: list[Reply]) -> Scene:
    """A thread for each reply, in any order."""
    chance.shuffle(replies)
    asks = tuple(Ask(question(chance), thread=k) for k in range(len(replies)))
    return Scene(replies=tuple(replies), asks=asks, options=limits(chance, 30.0))


@EXERCISE.scene
def broken_off(chance: Random) -> Scene:
    """Three answers that break off: by a stall, by an error, and before the first word. Then one that goes well."""
    replies = (
        Reply(words(chance, 20), stall_at=chance.randint(6, 10), stall_for=60.0),
        Reply(words(chance, 20), error="server", error_at=chance.randint(6, 10)),
        Reply(words(chance, 10), thinking=60.0),
        Reply(words(chance, 10)),
    )
    asks = tuple(Ask(question(chance), thread=thread) for thread in (0, 1, 2, 0))
    return Scene(replies=replies, asks=asks, options=limits(chance, 30.0))


def began(seen: Seen, k: int = 0) -> float:
    """When ChatKit called respond: its first event of every answer comes just before that."""
    first = seen.first("stream_options", k)
    return first.t if first else 0.0


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


def at_the_limit(seen: Seen, since: float, name: str, what: str) -> Miss | None:
    """The error must come when the limit has passed since a moment of the recording."""
    seconds, error = limit(seen, name), failure(seen)
    expected = f"An error {seconds:.1f} s after {what} ({name}={seconds:g})."
    if error is None:
        pieces, over = seen.recording().deltas, seen.recording().duration - since
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


@EXERCISE.check("the first token has a limit", points=1, scene=silent_model)
def first(seen: Seen) -> Miss | None:
    return at_the_limit(seen, began(seen), "first_token", "the question")


@EXERCISE.check("the wait between tokens has a limit", points=2, scene=stalled_model)
def between(seen: Seen) -> Miss | None:
    place = seen.scene.replies[0].stall_at or 0
    if len(seen.made) < place:
        return Miss(
            expected=f"The first {place} pieces of text.",
            seen=f"{seen.recording().deltas} pieces came.",
            next_step="Let the model begin: no limit has passed yet.",
        )
    last = seen.made[place - 1].t - seen.sent_at()
    return at_the_limit(seen, last, "between_tokens", "the last piece of text")


@EXERCISE.check("the whole answer has a limit, and the model stops", points=1, scene=endless_model)
def whole(seen: Seen) -> Miss | None:
    if missed := at_the_limit(seen, began(seen), "total", "the question"):
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


@EXERCISE.check("where a second try may help, it is offered", points=1, scene=passing_trouble)
def again(seen: Seen) -> Miss | None:
    return all_told(seen, allow_retry=True)


@EXERCISE.check("where it cannot help, it is not", points=1, scene=lasting_trouble)
def not_again(seen: Seen) -> Miss | None:
    return all_told(seen, allow_retry=False)


@EXERCISE.check("the words that were seen are kept", points=2, scene=broken_off)
def kept(seen: Seen) -> Miss | None:
    for k, what in ((0, "a stall"), (1, "an error of the model")):
        reply, pieces = seen.scene.replies[k], seen.recording(k).deltas
        place = reply.stall_at or reply.error_at
        shown = "".join(reply.deltas[:place])
        if pieces != place or not seen.errors(k):
            return Miss(
                expected=f"{place} pieces of text. Then {what}, and the user reads of it.",
                seen=f"{pieces} pieces came, and {len(seen.errors(k))} error(s).",
                next_step="Make the limits and the errors right first.",
            )
        saved = [text for text in seen.saved_answers(k) if text != seen.said(3)]
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
    if seen.saved_answers(2):
        return Miss(
            expected="No word was seen, so no answer is saved.",
            seen=f"The store holds a message with {len(seen.saved_answers(2)[0])} characters.",
            next_step="Save only a message that has text.",
        )
    if seen.text(3) == seen.said(3) and len(seen.asked) == 4:
        return None
    return Miss(
        expected="The next question is answered as usual.",
        seen=f"{seen.recording(3).deltas} pieces of the next answer came.",
        next_step="Keep nothing of one answer in `self`.",
    )
