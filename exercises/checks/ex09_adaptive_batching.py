"""Exercise ex09: deltas are merged while the reader is behind, and sent at once when it is not."""

from __future__ import annotations

from random import Random

from lesson_kit.grader import Exercise, Miss, Right, Wrong
from lesson_kit.scene import Call, Feed, Scene, Seen, words

EXERCISE = Exercise(
    "ex09_adaptive_batching",
    title="Adaptive batching",
    defines=["batches"],
    hints=(
        "While your generator rests at its `yield`, it cannot read the source. Who else could? And when the reader asks for "
        "more: how many deltas have come by then?",
        "A task reads: `async for delta in deltas: queue.put_nowait(delta)`, then puts `None` for the end. Your loop waits "
        "for one delta, `held = [await queue.get()]`, and takes what else is there without waiting: "
        "`while not queue.empty(): held.append(queue.get_nowait())`. Then one `yield`. Mind that `None` may stand behind "
        "some deltas.",
        "The whole shape: `task = asyncio.create_task(collect())`, then `try:` the loop, `finally: task.cancel()`. In "
        "`collect`: `async with aclosing(deltas):` round the `async for`, and `finally: queue.put_nowait(None)`, so that the "
        "end is told after an error too. When the loop is over, `await task` raises the source's error.",
    ),
)

AT_ONCE = 0.03
"""Seconds that a delta may wait while the reader keeps up: half of the time to the next one."""
SOON = 0.1
"""Seconds that a delta may wait at all. The slow reader is busy for 0.06 to 0.08 s."""
DENSE, SPARSE = 0.01, 0.25
"""Seconds between deltas while the model is quick, and when it slows down."""
ODD = (17, 19, 23, 29, 31, 37)
"""Numbers of deltas that no fixed size divides: a batch that is not full must not be forgotten."""
FEW = 3
"""So many times fewer events, at least, while the reader is behind: it could have been six to eight times."""


@EXERCISE.scene
def quick_reader(chance: Random) -> Scene:
    """A reader who is ready for every delta."""
    many = chance.choice(ODD)
    return Scene(call=Call([Feed(words(chance, many), thinking=1.0, gap=2 * AT_ONCE)]))


@EXERCISE.scene
def slow_reader(chance: Random) -> Scene:
    """A reader who is busy for a while after each event, and a model that is quick first and slow then."""
    sparse = chance.randint(6, 9)
    dense = chance.choice((107, 109, 113)) - sparse
    gaps = [DENSE] * (dense - 1) + [SPARSE] * sparse
    feed = Feed(words(chance, dense + sparse), thinking=0.5, gap=gaps)
    return Scene(call=Call([feed], read_delay=chance.randint(6, 8) / 100))


@EXERCISE.scene
def broken_source(chance: Random) -> Scene:
    """A source that breaks while the reader is busy."""
    feed = Feed(words(chance, 60), thinking=0.5, gap=DENSE, error_at=chance.choice(ODD))
    return Scene(call=Call([feed], read_delay=0.08))


@EXERCISE.scene
def reader_leaves(chance: Random) -> Scene:
    """A reader who leaves after some events."""
    feed = Feed(words(chance, 90), thinking=0.5, gap=0.05)
    return Scene(call=Call([feed], stop_after=chance.randint(4, 8)))


def text_of(seen: Seen) -> str:
    """All that was yielded, joined."""
    return "".join(value for value in seen.values if isinstance(value, str))


def given(seen: Seen) -> list[str]:
    """The deltas that the source gives, up to its error."""
    feed = seen.feeds[0]
    return [str(value) for value in feed.values][: feed.error_at]


def incomplete(seen: Seen) -> Miss | None:
    """Nothing can be said of times and numbers where text is missing."""
    whole = "".join(given(seen))
    if "generator" not in seen.called.gave and "iterator" not in seen.called.gave:
        return Miss(
            expected="An async generator.",
            seen=f"batches(deltas) gave: {seen.called.gave}.",
            next_step="Write it with `async def` and at least one `yield`.",
        )
    if any(not isinstance(value, str) for value in seen.values):
        other = next(value for value in seen.values if not isinstance(value, str))
        return Miss(
            expected="Each value is one text.",
            seen=f"A value of another kind came: {str(other)[:60]}.",
            next_step='Join what waits: "".join(...).',
        )
    if (text := text_of(seen)) != whole:
        broken = seen.feeds[0].error_at is not None
        return Miss(
            expected=f"All {len(given(seen))} deltas{' that came before the source broke' if broken else ''}, in their order.",
            seen=f"{len(text)} of {len(whole)} characters came{'' if whole.startswith(text) else ', not in this order'}.",
            next_step="Yield what still waits first. Let the error out after it."
            if broken
            else "Look at what still waits at the end, and at what you clear before it is yielded.",
        )
    if seen.broken_off:
        return Miss(
            expected="After the last delta your generator ends.",
            seen="All text came, and then it waited on, for ever.",
            next_step="The task that reads must also say when it has come to the end.",
        )
    return None


@EXERCISE.check("nothing is lost", points=1, scene=slow_reader)
def whole(seen: Seen) -> Miss | None:
    return incomplete(seen)


@EXERCISE.check("the first delta is never delayed", points=1, scene=quick_reader)
def first(seen: Seen) -> Miss | None:
    if missed := incomplete(seen):
        return missed
    lag = seen.lags()[0]
    if lag <= AT_ONCE:
        return None
    return Miss(
        expected="The first delta goes out as soon as it is there.",
        seen=f"It waited {lag:.2f} s.",
        next_step="Wait for one delta only. Never wait for a number of deltas, or for some time to pass.",
    )


@EXERCISE.check("a reader who keeps up gets each delta at once", points=1, scene=quick_reader)
def at_once(seen: Seen) -> Miss | None:
    if missed := incomplete(seen):
        return missed
    late = [lag for lag in seen.lags() if lag > AT_ONCE]
    if not late:
        return None
    return Miss(
        expected="No delta waits while the reader is ready.",
        seen=f"{len(late)} of {len(given(seen))} deltas waited, up to {max(late):.2f} s, and the reader was ready all the time.",
        next_step="Yield as soon as anything is there. Only the reader's own time may collect deltas.",
    )


@EXERCISE.check("fewer events while the reader is behind", points=3, scene=slow_reader)
def fewer(seen: Seen) -> Miss | None:
    if missed := incomplete(seen):
        return missed
    dense = dense_deltas(seen)
    most = len(dense) // FEW
    # Up to the event that brings the last of the dense deltas.
    length, events = len("".join(dense)), 0
    for value in seen.values:
        if length <= 0:
            break
        length, events = length - len(value), events + 1
    if events <= most:
        return None
    busy = seen.scene.call.read_delay if seen.scene.call else 0.0
    return Miss(
        expected=f"For {len(dense)} deltas in {len(dense) * DENSE:.1f} s, and a reader who is busy {busy:.2f} s after each event, {most} events or fewer.",
        seen=f"{events} events came.",
        next_step="Let a task collect deltas while the reader is busy. Then yield all that wait, joined, in one go.",
    )


def dense_deltas(seen: Seen) -> list[str]:
    """The deltas of the model's quick part."""
    gaps = seen.feeds[0].gap
    assert not isinstance(gaps, int | float)
    return given(seen)[: 1 + sum(gap == DENSE for gap in gaps)]


@EXERCISE.check("no text waits longer than 0.1 s", points=2, scene=slow_reader)
def soon(seen: Seen) -> Miss | None:
    if missed := incomplete(seen):
        return missed
    lags, dense = seen.lags(), len(dense_deltas(seen))
    if max(lags) <= SOON and max(lags[dense:]) <= AT_ONCE:
        return None
    if max(lags[:dense]) > SOON:
        late = sum(lag > SOON for lag in lags)
        return Miss(
            expected=f"Each delta is with the reader within {SOON:.1f} s, although the reader is slow.",
            seen=f"{late} of {len(lags)} deltas waited longer, the slowest one {max(lags):.2f} s.",
            next_step="When the reader asks, give it everything that waits, however much it is, and wait for nothing more.",
        )
    return Miss(
        expected="When the model slows down, the reader is ready again, and each delta goes out at once.",
        seen=f"A delta of the slow part waited {max(lags[dense:]):.2f} s.",
        next_step="Decide anew for each event: is anything there? Then yield it.",
    )


NO_GROUP = "A `yield` must not stand inside a task group, which makes a group of each error. Use asyncio.create_task."


@EXERCISE.check("an error of the source comes out, after the text", points=1, scene=broken_source)
def error(seen: Seen) -> Miss | None:
    expected = "After the last text the source's RuntimeError comes out of your generator."
    came = seen.called.raised
    if came.endswith("Group"):
        return Miss(expected=expected, seen=f"{came} came out.", next_step=NO_GROUP)
    if missed := incomplete(seen):
        return missed
    if came == "RuntimeError":
        return None
    return Miss(
        expected=expected,
        seen=f"{came} came out."
        if came
        else "It just ended: half an answer looks like a whole one.",
        next_step="When all text is yielded, `await task`: that raises what the task raised.",
        pitfall="swallowed_error",
    )


@EXERCISE.check("the source is closed when the reader leaves", points=1, scene=reader_leaves)
def closes(seen: Seen) -> Miss | None:
    if seen.called.raised:
        return Miss(
            expected="The reader leaves, and your generator ends in peace.",
            seen=f"{seen.called.raised} came out of it.",
            next_step=NO_GROUP,
        )
    call = seen.scene.call
    wanted = call.stop_after if call else 0
    if len(seen.values) != wanted or not "".join(given(seen)).startswith(text_of(seen)):
        return Miss(
            expected=f"{wanted} events, then the reader leaves.",
            seen=f"{len(seen.values)} events came.",
            next_step="Pass the text on first. Then look after the closing.",
        )
    if len(seen.sources[0].taken) == len(given(seen)):
        return Miss(
            expected="The reader leaves in the middle.",
            seen=f"All {len(given(seen))} deltas had been read for these events.",
            next_step="Yield as soon as anything is there.",
        )
    if seen.sources[0].closed and not seen.tasks_left:
        return None
    left = f", and {len(seen.tasks_left)} task(s) waited a minute later" if seen.tasks_left else ""
    return Miss(
        expected="The reader leaves, and the source is closed: a model must not go on for nobody.",
        seen=f"After {len(seen.sources[0].taken)} deltas the source was still open{left}.",
        next_step="Cancel the task in a `finally` round your loop, and read inside `async with aclosing(deltas):`.",
        pitfall="model_not_stopped",
    )


# --- answers that prove the checks ---

WHOLE, FIRST, AT_ONCE_CHECK, FEWER, SOON_CHECK, ERROR, CLOSES = (check.name for check in EXERCISE.checks)  # fmt: skip

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

EXERCISE.wrong = [
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

EXERCISE.right = [
    Right("a list and an event, and it waits for the task", source=EVENT),
    Right("waits for the task in the end", edits=[("        task.cancel()\n", "        task.cancel()\n        await asyncio.wait({task})\n")]),
    Right("the next delta under way, no queue", source=UNDER_WAY),
    Right("a condition and a text", source=CONDITION.replace("    async with asyncio.TaskGroup() as group:\n        filling = group.create_task(fill())\n", "    filling = asyncio.create_task(fill())\n    try:\n").replace("            yield text\n", "            yield text\n        await filling\n    finally:\n        filling.cancel()\n")),
    Right("errors as values in the queue", source=ERRORS_AS_VALUES),
    Right("anyio's stream", source=ANYIO),
]  # fmt: skip
