"""Answers that prove the checks of ex09: typical wrong ones, and right ones in other words."""

from __future__ import annotations

from lesson_kit.grader import Right, Wrong

WHOLE = "nothing is lost"
FIRST = "the first delta is never delayed"
AT_ONCE_CHECK = "a reader who keeps up gets each delta at once"
FEWER = "fewer events while the reader is behind"
SOON_CHECK = "no text waits longer than 0.1 s"
ERROR = "an error of the source comes out, after the text"
CLOSES = "the source is closed when the reader leaves"

HEAD = """import asyncio
import time
from contextlib import aclosing


async def batches(deltas):
"""


def pulling(body: str) -> str:
    """An answer without a task: `body` stands where `delta` is known and `held` is a list."""
    return HEAD + "    held, size, last = [], 1, 0.0\n    async with aclosing(deltas):\n        async for delta in deltas:\n" + body  # fmt: skip


REST = "    if held:\n        yield ''.join(held)\n"
FIVE = "            held.append(delta)\n            if len(held) == 5:\n                yield ''.join(held)\n                held = []\n"
WINDOW = """            held.append(delta)
            if time.monotonic() - last > 0.1:
                yield ''.join(held)
                held, last = [], time.monotonic()
"""
DOUBLING = """            held.append(delta)
            if len(held) >= size:
                began = time.monotonic()
                yield ''.join(held)
                held = []
                size = size * 2 if time.monotonic() - began > 0.05 else 1
"""
# A list and a flag in place of the queue.
EVENT = (
    HEAD
    + """    waiting, news = [], asyncio.Event()

    async def collect():
        async with aclosing(deltas):
            async for delta in deltas:
                waiting.append(delta)
                news.set()

    task = asyncio.create_task(collect())
    task.add_done_callback(lambda _: news.set())
    try:
        while not task.done() or waiting:
            await news.wait()
            news.clear()
            text = "".join(waiting)
            waiting.clear()
            if text:
                yield text
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
"""
)

TELL = "        finally:\n            queue.put_nowait(None)  # the end, also after an error\n"
DRAIN = "            while not queue.empty():  # and take what else is there\n"
AWAIT = "        await task  # raises the source's error, if there was one\n"
COLLECT = (
    """        try:
            async with aclosing(deltas):
                async for delta in deltas:
                    queue.put_nowait(delta)
"""
    + TELL
)
TOLD_AFTER = """        async with aclosing(deltas):
            async for delta in deltas:
                queue.put_nowait(delta)
        queue.put_nowait(None)
"""

# A task group makes of the GeneratorExit an error of its own.
GROUP = (
    HEAD
    + """    queue = asyncio.Queue()

    async def collect():
        async with aclosing(deltas):
            async for delta in deltas:
                queue.put_nowait(delta)
        queue.put_nowait(None)

    async with asyncio.TaskGroup() as group:
        group.create_task(collect())
        over = False
        while not over:
            held = [await queue.get()]
            while not queue.empty():
                held.append(queue.get_nowait())
            if held[-1] is None:
                over = True
                held.pop()
            if held:
                yield "".join(held)
"""
)

WRONG = [
    Wrong("one by one", FEWER, "events came", source=pulling("            yield delta\n")),
    Wrong("one by one, not closed", FEWER, "events came", source=HEAD + "    async for delta in deltas:\n        yield delta\n"),
    Wrong("always five", FIRST, "It waited 0.24 s", source=pulling(FIVE) + REST),
    Wrong("always five, without the rest", WHOLE, "Look at what still waits at the end", source=pulling(FIVE)),
    Wrong("at most every 100 ms", AT_ONCE_CHECK, "the reader was ready all the time", source=pulling(WINDOW) + REST),
    Wrong("all at the end", FIRST, "It waited", source=pulling("            held.append(delta)\n") + REST),
    Wrong("more for each event that took long", SOON_CHECK, "wait for nothing more", source=pulling(DOUBLING) + REST),
    Wrong("a task and a queue, one by one", FEWER, "events came", edits=[(DRAIN, "            while False:\n")]),
    Wrong("never more than four in an event", SOON_CHECK, "deltas waited longer", edits=[(DRAIN, "            while not queue.empty() and len(held) < 4:\n")]),
    Wrong("looks every 50 ms", FIRST, "It waited 0.05 s", edits=[(DRAIN, "            await asyncio.sleep(0.05)\n" + DRAIN)]),
    Wrong("the end is never told", WHOLE, "for ever", edits=[(TELL, "        finally:\n            pass\n")]),
    Wrong("the end gets lost behind a delta", WHOLE, "Mend line", edits=[("            if held[-1] is None:\n", "            if held == [None]:\n")]),
    Wrong("only the newest delta", WHOLE, "characters came", edits=[('"".join(held)', "held[-1]")]),
    Wrong("clears before it yields", WHOLE, "characters came", source=EVENT.replace("            text = ", "            waiting.clear()\n            text = ")),
    Wrong("yields lists", WHOLE, "Join what waits", edits=[('yield "".join(held)', "yield held")]),
    Wrong("returns a list", WHOLE, "batches(deltas) gave: coroutine", source=HEAD + "    return [delta async for delta in deltas]\n"),
    Wrong("the task's error is lost", ERROR, "It just ended", edits=[(AWAIT, "")]),
    Wrong("swallows the source's error", ERROR, "It just ended", edits=[(TELL, "        except Exception:\n            pass\n" + TELL)]),
    Wrong("the end is told only when all goes well", ERROR, "for ever", edits=[(COLLECT, TOLD_AFTER)]),
    Wrong("the error overtakes the text", ERROR, "characters came", edits=[("            if held[-1] is None:\n", "            if task.done():\n                await task\n            if held[-1] is None:\n")]),
    Wrong("the task is not cancelled", CLOSES, "still open", edits=[("        task.cancel()\n", "        pass\n")]),
    Wrong("a task group round the yield", ERROR, "ExceptionGroup came out", source=GROUP),
    Wrong("cancels only when all goes well", CLOSES, "still open", edits=[("    finally:\n        task.cancel()\n", "    except Exception:\n        raise\n    task.cancel()\n")]),
]  # fmt: skip

# Pull-based, with the next delta under way: what comes within 5 ms joins the event.
UNDER_WAY = (
    HEAD
    + """    source, end = aiter(deltas), object()
    coming = asyncio.ensure_future(anext(source, end))
    held = []
    try:
        while True:
            await asyncio.wait({coming}, timeout=0.005 if held else None)
            if coming.done() and not coming.exception() and coming.result() is not end:
                held.append(coming.result())
                coming = asyncio.ensure_future(anext(source, end))
                continue
            if held:
                text, held = "".join(held), []
                yield text
            elif coming.result() is end:
                return
    finally:
        coming.cancel()
        await asyncio.wait({coming})
        await source.aclose()
"""
)
CONDITION = (
    HEAD
    + """    buffer = {"text": "", "over": False}
    changed = asyncio.Condition()

    async def fill():
        try:
            async for delta in deltas:
                async with changed:
                    buffer["text"] += delta
                    changed.notify()
        finally:
            buffer["over"] = True
            async with changed:
                changed.notify()

    async with asyncio.TaskGroup() as group:
        filling = group.create_task(fill())
        while True:
            async with changed:
                await changed.wait_for(lambda: buffer["text"] or buffer["over"])
                text, buffer["text"] = buffer["text"], ""
            if not text:
                break
            yield text
"""
)
ERRORS_AS_VALUES = (
    HEAD
    + """    queue = asyncio.Queue()

    async def collect():
        try:
            async for delta in deltas:
                await queue.put(delta)
            await queue.put(StopAsyncIteration())
        except Exception as error:
            await queue.put(error)

    task = asyncio.create_task(collect())
    ended = None
    try:
        while ended is None:
            values = [await queue.get()]
            while queue.qsize():
                values.append(queue.get_nowait())
            if isinstance(values[-1], Exception):
                ended = values.pop()
            if values:
                yield "".join(values)
    finally:
        task.cancel()
    if not isinstance(ended, StopAsyncIteration):
        raise ended
"""
)
ANYIO = (
    HEAD.replace("import asyncio\nimport time", "import asyncio\nimport anyio")
    + """    put, get = anyio.create_memory_object_stream(10_000)

    async def collect():
        async with aclosing(deltas), put:
            async for delta in deltas:
                put.send_nowait(delta)

    task = asyncio.create_task(collect())
    try:
        async with get:
            async for text in get:
                while get.statistics().current_buffer_used:
                    text += get.receive_nowait()
                yield text
        await task
    finally:
        task.cancel()
"""
)

RIGHT = [
    Right("a list and an event, and it waits for the task", source=EVENT),
    Right("waits for the task in the end", edits=[("        task.cancel()\n", "        task.cancel()\n        await asyncio.wait({task})\n")]),
    Right("the next delta under way, no queue", source=UNDER_WAY),
    Right("a condition and a text", source=CONDITION.replace("    async with asyncio.TaskGroup() as group:\n        filling = group.create_task(fill())\n", "    filling = asyncio.create_task(fill())\n    try:\n").replace("            yield text\n", "            yield text\n        await filling\n    finally:\n        filling.cancel()\n")),
    Right("errors as values in the queue", source=ERRORS_AS_VALUES),
    Right("anyio's stream", source=ANYIO),
]  # fmt: skip
