"""Answers that prove the checks of ex07: typical wrong ones, and right ones in other words."""

from __future__ import annotations

from lesson_kit.grader import Right, Wrong

PASSES = "a good answer passes, for a slow reader too"
FIRST = "the first token has a limit"
BETWEEN = "the wait between tokens has a limit"
WHOLE = "the whole answer has a limit, and the model stops"
AGAIN = "where a second try may help, it is offered"
NOT_AGAIN = "where it cannot help, it is not"
KEPT = "the words that were seen are kept"

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

WRONG = [
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

RIGHT = [
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
