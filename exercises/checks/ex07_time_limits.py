"""Exercise ex07: three time limits, errors in the user's words, and the words that were seen are kept."""

from __future__ import annotations

from random import Random

from lesson_kit.grader import Exercise, Miss, Right, Wrong
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


# --- answers that prove the checks ---

PASSES, FIRST, BETWEEN, WHOLE, AGAIN, NOT_AGAIN, KEPT = (check.name for check in EXERCISE.checks)

WAIT = """                left = end - now()
                if left <= 0:
                    raise TimeoutError
                async with asyncio.timeout(min(limit, left)):  # no yield in here
                    event = await events.get()
"""
AFTER = """                if event is None:
                    break
                if isinstance(event, Exception):
                    raise event
                if event.type == "thread.item.added":
                    message, text = event.item, ""
                elif event.type == "thread.item.done":
                    message = None
                elif is_text(event):
                    limit, text = self.between_tokens, text + event.update.delta
                yield event
"""
LOOP = "            while True:\n" + WAIT + AFTER
KEEP = """            if message and text:
                message.content = [AssistantMessageContent(text=text)]
                yield ThreadItemDoneEvent(item=message)
"""
RAISE = "            raise self.for_the_user(error) from error\n"
TIMED_OUT = (
    'return CustomStreamError("The model took too long. Please try again.", allow_retry=True)'
)
NO_LIMIT = (WAIT, "                event = await events.get()\n")
BUSY = 'isinstance(error, openai.RateLimitError) and error.code != "insufficient_quota"'

OWN_ITEM = """            if text and message:
                yield ThreadItemDoneEvent(
                    item=AssistantMessageItem(
                        id=message.id,
                        thread_id=thread.id,
                        created_at=message.created_at,
                        content=[AssistantMessageContent(text=text)],
                    )
                )
"""

YIELD_INSIDE = """            async with asyncio.timeout(limit) as timer:
                while (event := await events.get()) is not None:
                    if isinstance(event, Exception):
                        raise event
                    if event.type == "thread.item.added":
                        message = event.item
                    elif event.type == "thread.item.done":
                        message = None
                    elif is_text(event):
                        text += event.update.delta
                        timer.reschedule(min(end, now() + self.between_tokens))
                    yield event
"""
HEARTBEAT = """            helper = aiter(stream_agent_response(ctx, result))
            while True:
                try:
                    event = await asyncio.wait_for(anext(helper), limit)
                except StopAsyncIteration:
                    break
                except TimeoutError:
                    yield ProgressUpdateEvent(icon="clock", text="Still thinking...")
                    continue
                if is_text(event):
                    limit = self.between_tokens
                yield event
"""
QUEUE = "        events = self.read(ctx, result)\n"
LOOKS_BACK = """                last = now()
                event = await events.get()
                if now() - last > limit or now() > end:
                    raise TimeoutError
"""

EXERCISE.wrong = [
    Wrong("no limit at all", FIRST, "No error came", edits=[NO_LIMIT]),
    Wrong(
        "the numbers that are often written, for all models",
        FIRST,
        "The error came 15.0 s after the question",
        edits=[("= first_token, between_tokens, total", "= 15.0, 30.0, 300.0")],
    ),
    Wrong(
        "a timeout round the yield",
        PASSES,
        "the limit cancels the reader",
        edits=[(LOOP, YIELD_INSIDE)],
    ),
    Wrong("wait_for round anext, then goes on", FIRST, "No error came", edits=[(QUEUE, ""), (LOOP, HEARTBEAT)]),
    Wrong(
        "one limit for all waits",
        BETWEEN,
        "s after the last piece of text",
        edits=[("limit, text = self.between_tokens, text", "text = text")],
    ),
    Wrong(
        "the limit between tokens from the start",
        PASSES,
        "Before the first text only first_token counts",
        edits=[("limit = now() + self.total, self.first_token", "limit = now() + self.total, self.between_tokens")],
    ),
    Wrong("looks at the clock when it is too late", FIRST, "The error came 60.0 s", edits=[(WAIT, LOOKS_BACK)]),
    Wrong(
        "measures the reader's time too",
        PASSES,
        "no limit counts while the reader reads",
        edits=[
            ("        message, text = None, \"\"\n        try", "        message, text, last = None, \"\", now()\n        try"),
            (WAIT, WAIT + "                if now() - last > limit:\n                    raise TimeoutError\n                last = now()\n"),
        ],
    ),
    Wrong(
        "no limit for the whole",
        WHOLE,
        "No error came",
        edits=[("min(limit, left)", "limit"), ("                if left <= 0:\n                    raise TimeoutError\n", "")],
    ),
    Wrong("the model goes on", WHOLE, "on the bill", edits=[("            result.cancel()\n", "            pass\n")]),
    Wrong(
        "the polite cancel",
        WHOLE,
        "on the bill",
        edits=[("result.cancel()", 'result.cancel(mode="after_turn")')],
    ),
    Wrong("the errors as they are", FIRST, "An error event without words", edits=[(RAISE, "            raise\n")]),
    Wrong(
        "catches everything and returns what there is",
        FIRST,
        "but in silence",
        edits=[(RAISE, "            return\n")],
    ),
    Wrong(
        "the errors end the loop",
        AGAIN,
        "half an answer looks like a whole one",
        edits=[("                if event is None:\n", "                if event is None or isinstance(event, Exception):\n")],
    ),
    Wrong(
        "the error's own text for the user",
        FIRST,
        "TimeoutError too, have no text",
        edits=[(RAISE, "            raise CustomStreamError(str(error), allow_retry=True)\n")],
    ),
    Wrong(
        "the error's own text, but for the time limits",
        AGAIN,
        "The user reads",
        edits=[('CustomStreamError("The model is busy. Please try again soon."', "CustomStreamError(str(error)"), ('CustomStreamError("The model failed. Please try again."', "CustomStreamError(str(error)")],
    ),
    Wrong("a time limit without a second try", FIRST, "A second try is offered here", edits=[(TIMED_OUT, TIMED_OUT.replace(", allow_retry=True", ""))]),
    Wrong("every error with a second try", NOT_AGAIN, "allow_retry=False", edits=[(RAISE, '            raise CustomStreamError("Please try again.", allow_retry=True)\n')]),
    Wrong("no error with a second try", FIRST, "allow_retry=True", edits=[(RAISE, '            raise CustomStreamError("That went wrong.")\n')]),
    Wrong("a budget that is used up is called busy", NOT_AGAIN, "The paid budget is used up", edits=[(BUSY, "isinstance(error, openai.RateLimitError)")]),
    Wrong("all errors of the API are alike", NOT_AGAIN, "and the second try was offered", edits=[("(openai.APIConnectionError, openai.InternalServerError)", "openai.APIError")]),
    Wrong("the words are lost", KEPT, "after a reload they are gone", edits=[(KEEP, "")]),
    Wrong("saves an empty message too", KEPT, "The store holds a message with 0 characters", edits=[(KEEP, OWN_ITEM.replace("if text and message", "if True").replace("message.id", 'ctx.generate_id("message")').replace("message.created_at", "datetime.now()")), ("import asyncio\n", "import asyncio\nfrom datetime import datetime\n"), ("import AssistantMessageContent,", "import AssistantMessageContent, AssistantMessageItem,")]),
    Wrong("finishes the message without its text", KEPT, "with 0 characters", edits=[("                message.content = [AssistantMessageContent(text=text)]\n", "")]),
    Wrong("the words of all answers in self", KEPT, "The store holds 1 message(s) of this answer", edits=[("text + event.update.delta", "self.add(event.update.delta)"), ("    def for_the_user", "    words = ''\n\n    def add(self, piece):\n        self.words += piece\n        return self.words\n\n    def for_the_user")]),
]  # fmt: skip

# The mechanism as a generator of its own.
GENERATOR = """
    async def limited(self, events):
        now = asyncio.get_running_loop().time
        deadline, seconds, which = now() + self.total, self.first_token, "first_token"
        while True:
            left = deadline - now()
            name = which if seconds <= left else "total"
            try:
                async with asyncio.timeout(max(0, min(seconds, left))):
                    event = await events.get()
            except TimeoutError:
                raise CustomStreamError(f"Time is up: {name}.", allow_retry=True) from None
            if event is None:
                return
            if isinstance(event, Exception):
                raise event
            if is_text(event):
                seconds, which = self.between_tokens, "between_tokens"
            yield event

    def for_the_user(self, error):
        if isinstance(error, CustomStreamError):
            return error
"""
LIMITED = """            async for event in self.limited(events):
                if event.type == "thread.item.added":
                    message, text = event.item, ""
                elif event.type == "thread.item.done":
                    message = None
                elif is_text(event):
                    text += event.update.delta
                yield event
"""
# Timers that put an error into the queue, behind all that has come.
TIMERS = """        loop = asyncio.get_running_loop()
        message, text = None, ""

        def expire():
            events.put_nowait(TimeoutError())

        timers = [loop.call_later(self.total, expire), loop.call_later(self.first_token, expire)]
        source, events = events, asyncio.Queue()

        async def move():
            while True:
                event = await source.get()
                events.put_nowait(event)
                if event is None or isinstance(event, Exception):
                    return
                if is_text(event):
                    timers[1].cancel()
                    timers[1] = loop.call_later(self.between_tokens, expire)

        moving = asyncio.create_task(move())
        try:
            while (event := await events.get()) is not None:
                if isinstance(event, Exception):
                    raise event
                if event.type == "thread.item.added":
                    message, text = event.item, ""
                elif event.type == "thread.item.done":
                    message = None
                elif is_text(event):
                    text += event.update.delta
                yield event
"""
SETUP = """        now = asyncio.get_running_loop().time
        end, limit = now() + self.total, self.first_token
        message, text = None, ""
        try:
"""
NO_QUEUE = """                async with asyncio.timeout(min(limit, left)):
                    event = await anext(helper, None)
"""
TABLE = """        again = (TimeoutError, ModelBehaviorError, openai.RateLimitError, openai.APIConnectionError, openai.InternalServerError)
        may_retry = isinstance(error, again) and getattr(error, "code", None) != "insufficient_quota"
        words = "Please try again." if may_retry else "This cannot be answered."
        return CustomStreamError(words, allow_retry=may_retry)
"""
STORED = """            if message and text:
                message.content = [AssistantMessageContent(text=text)]
                await self.store.add_thread_item(thread.id, message, context)
"""

EXERCISE.right = [
    Right(
        "anyio's limit",
        edits=[
            ("import openai\n", "import anyio\nimport openai\n"),
            ("async with asyncio.timeout(min(limit, left)):", "with anyio.fail_after(min(limit, left)):"),
        ],
    ),
    Right("a generator of its own with the three limits", edits=[(LOOP, LIMITED), ("\n    def for_the_user(self, error):\n", GENERATOR)]),
    Right("timers in place of timeouts", edits=[(SETUP + LOOP, TIMERS), ("            result.cancel()\n", "            result.cancel()\n            moving.cancel()\n            for timer in timers:\n                timer.cancel()\n")]),
    Right(
        "without the queue",
        edits=[
            (QUEUE, "        helper = stream_agent_response(ctx, result)\n"),
            (WAIT[WAIT.index("                async"):], NO_QUEUE),
        ],
    ),
    Right("wait_for round the queue", edits=[(WAIT[WAIT.index("                async"):], "                event = await asyncio.wait_for(events.get(), min(limit, left))\n")]),
    Right("the table in three lines", edits=[("        if isinstance(error, TimeoutError):\n", TABLE + "        if isinstance(error, TimeoutError):\n")]),
    Right("a message of its own making", edits=[(KEEP, OWN_ITEM), ("import AssistantMessageContent,", "import AssistantMessageContent, AssistantMessageItem,")]),
    Right("saved straight in the store", edits=[(KEEP, STORED)]),
    Right("a thinking line first", edits=[(QUEUE, QUEUE + '        yield ProgressUpdateEvent(icon="clock", text="Thinking...")\n')]),
]  # fmt: skip
