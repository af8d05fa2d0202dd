"""Exercise ex09: deltas are merged while the reader is behind, and sent at once when it is not."""

from __future__ import annotations

from random import Random

from lesson_kit.grader import Exercise, Miss
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
