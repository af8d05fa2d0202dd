"""Exercise ex01: from a plain generator to an async one that reads, passes on, and leaves early."""

from __future__ import annotations

from random import Random
from typing import Any

from lesson_kit.grader import Exercise, Miss
from lesson_kit.scene import Call, Feed, Scene, Seen, words

EXERCISE = Exercise(
    "ex01_async_iteration",
    title="From a plain loop to async for",
    defines=["skip_empty_plain", "answer", "whole_text", "skip_empty", "first_pieces"],
    hints=(
        "Each async function is its plain brother, plus the right to wait: `def` becomes `async def`, `for` becomes "
        "`async for`, and where you wait, you write `await`. What you loop over decides the loop: a list takes `for`, "
        "an async generator takes `async for`.",
        "`answer`: the wait stands inside the loop, before the `yield`. `skip_empty`: the `yield` stands inside the loop, "
        "so that nothing is collected. `whole_text`: it has no `yield`; it adds the pieces up, and returns the text. "
        "`first_pieces`: count after each `yield`, and `return` at the limit, all of it inside an `async with`.",
        "`answer`: `for word in words:`, in it `await asyncio.sleep(gap)`, then `yield word`. `first_pieces`: "
        "`count = 0`, then `async with aclosing(pieces):`, in it `async for piece in pieces:`, in it `yield piece`, "
        "`count += 1`, and `if count == limit: return`.",
    ),
)


def mixed(chance: Random) -> list[str]:
    """Words, with a line break and some empty pieces between them."""
    pieces = words(chance, 9)
    for extra in ("", "\n", "", ""):
        pieces.insert(chance.randrange(1, len(pieces)), extra)
    return pieces


@EXERCISE.scene
def plain_pieces(chance: Random) -> Scene:
    """A list with empty pieces in it, for the plain generator."""
    return Scene(uses="skip_empty_plain", call=Call([mixed(chance)]))


@EXERCISE.scene
def slow_words(chance: Random) -> Scene:
    """Some words, and the time that each of them takes."""
    call = Call([words(chance, chance.randint(5, 8)), chance.randint(2, 5) / 10])
    return Scene(uses="answer", call=call)


@EXERCISE.scene
def whole_answer(chance: Random) -> Scene:
    """A source that makes its pieces one by one."""
    return Scene(uses="whole_text", call=Call([Feed(words(chance, 8), thinking=0.5, gap=0.1)]))


@EXERCISE.scene
def live_pieces(chance: Random) -> Scene:
    """The same pieces as the plain ones, but each of them has to be waited for."""
    return Scene(uses="skip_empty", call=Call([Feed(mixed(chance), thinking=0.5, gap=0.2)]))


@EXERCISE.scene
def enough(chance: Random) -> Scene:
    """A long source, and a limit."""
    call = Call([Feed(words(chance, 12), thinking=0.5, gap=0.2), chance.randint(3, 6)])
    return Scene(uses="first_pieces", call=call)


@EXERCISE.scene
def reader_leaves(chance: Random) -> Scene:
    """The reader has enough long before the limit: it closes the generator."""
    source = Feed(words(chance, 12), thinking=0.5, gap=0.2)
    return Scene(uses="first_pieces", call=Call([source, 9], stop_after=chance.randint(2, 4)))


def given(seen: Seen, k: int) -> Any:
    """Argument `k` of the call."""
    call = seen.scene.call
    return call.args[k] if call else None


def no_generator(seen: Seen) -> Miss | None:
    """What to say when `async for` cannot read what the call gave."""
    said = {
        "generator": (
            "The call gave a plain generator. Nothing can be awaited in that.",
            "Write `async def`, and `await` where you wait.",
        ),
        "coroutine": (
            "The call gave a coroutine: there is no `yield` in the function.",
            "Yield each piece inside the loop, in place of a `return`.",
        ),
    }
    if seen.called.gave in ("async generator", "async iterator"):
        return None
    told = ("The call gave nothing that `async for` can read.", "Write `async def` with a `yield` in it.")  # fmt: skip
    what, advice = said.get(seen.called.gave, told)
    return Miss("An async generator: `async for` reads its pieces.", what, advice)


def other_pieces(seen: Seen, wanted: list[Any]) -> Miss | None:
    """What to say when other pieces came than were wanted."""
    got, advice = seen.values, "Yield the pieces inside the loop, one by one, as they are."
    if got == wanted:
        return None
    if not got:
        told = "No piece came."
    elif None in got:
        told = "A None came: a `yield` without a value."
        advice = "Take out the line with the `yield` alone."
    elif "" in got:
        told = f"{got.count('')} empty piece(s) came through."
        advice = 'Yield a piece only if it is not "".'
    elif "\n" in wanted and "\n" not in got:
        told = "The line break '\\n' is missing: two lines would become one."
        advice = 'Leave out only "". A space or a line break is not empty.'
    else:
        told = f"{len(got)} piece(s) came: {got!r:.60}"
    return Miss(f"{len(wanted)} pieces, in their order.", told, advice)


@EXERCISE.check("skip_empty_plain leaves out what is empty", points=1, scene=plain_pieces)
def plain(seen: Seen) -> Miss | None:
    if seen.called.gave == "generator":
        return other_pieces(seen, [piece for piece in given(seen, 0) if piece != ""])
    return Miss(
        expected="A generator: a function with a `yield`, which gives one piece at a time.",
        seen="The call gave no generator.",
        next_step="Use `yield piece` inside the loop, in place of a list and a `return`.",
    )


@EXERCISE.check("answer waits before each word", points=2, scene=slow_words)
def waits(seen: Seen) -> Miss | None:
    given_words, gap = given(seen, 0), given(seen, 1)
    if missed := no_generator(seen) or other_pieces(seen, given_words):
        return missed
    late = [t - gap * k for k, t in enumerate(seen.times, 1)]
    place = next((k for k, by in enumerate(late) if abs(by) > gap / 2), None)
    if place is None:
        return None
    advice = "Wait inside the loop: once for each word, before its `yield`."
    if not any(seen.times):
        advice = "Put `await` before `asyncio.sleep(gap)`: without it, nothing waits."
    return Miss(
        expected=f"A word every {gap:.1f} s; word {place + 1} after {gap * (place + 1):.1f} s.",
        seen=f"Word {place + 1} came after {seen.times[place]:.1f} s.",
        next_step=advice,
    )


@EXERCISE.check("whole_text reads with async for", points=1, scene=whole_answer)
def reads(seen: Seen) -> Miss | None:
    wanted = "".join(str(piece) for piece in seen.feeds[0].values)
    got = seen.returned
    if got == wanted:
        return None
    if "generator" in seen.called.gave:
        told, advice = (
            "The function yields; it returns nothing.",
            "Use `return text`, after the loop.",
        )
    elif isinstance(got, list):
        told, advice = f"A list of {len(got)} pieces came back.", 'Join them: `"".join(pieces)`.'
    elif isinstance(got, str):
        told = f"{len(got)} of {len(wanted)} characters came back: {got!r:.40}"
        advice = "Add up the pieces as they are, and return after the loop."
    else:
        told, advice = (
            "No text came back.",
            "Read the pieces with `async for`, and return the text.",
        )
    expected = f"`async for` reads the pieces; one text of {len(wanted)} characters comes back."
    return Miss(expected, told, advice)


def came_late(seen: Seen) -> Miss | None:
    """What to say when pieces were held back."""
    worst = max(seen.lags(), default=0.0)
    if worst <= 0.1:
        return None
    return Miss(
        expected="Each piece is passed on at the moment when it comes.",
        seen=f"One piece was held back for {worst:.1f} s.",
        next_step="Yield inside the loop. Collect nothing first.",
    )


@EXERCISE.check("skip_empty passes each piece on as it comes", points=2, scene=live_pieces)
def passes_on(seen: Seen) -> Miss | None:
    wanted = [piece for piece in seen.feeds[0].values if piece != ""]
    return no_generator(seen) or other_pieces(seen, wanted) or came_late(seen)


@EXERCISE.check("first_pieces ends with the last piece wanted", points=1, scene=enough)
def ends(seen: Seen) -> Miss | None:
    wanted = list(seen.feeds[0].values)[: given(seen, 1)]
    if missed := no_generator(seen) or other_pieces(seen, wanted) or came_late(seen):
        return missed
    taken = len(seen.sources[0].taken)
    if taken == len(wanted):
        return None
    return Miss(
        expected=f"The source is asked for {len(wanted)} pieces.",
        seen=f"It was asked for {taken}: a model would have made more than anybody reads.",
        next_step="Count after the `yield`, and leave at the limit, before the loop asks again.",
    )


def still_open(seen: Seen, wanted: list[Any], when: str) -> Miss | None:
    """What to say when the source was not closed after the first pieces."""
    if missed := no_generator(seen):
        return missed
    expected = f"The source is closed {when}."
    if seen.values[: len(wanted)] != wanted:
        return Miss(
            expected=expected,
            seen=f"{len(seen.values)} of the first {len(wanted)} pieces came.",
            next_step="Pass the pieces on first. Then look after the closing.",
        )
    source = seen.sources[0]
    if source.ended:
        return Miss(
            expected=expected,
            seen=f"It was read to its end: all {len(source.taken)} pieces.",
            next_step="Leave the loop at the limit.",
        )
    if source.closed:
        return None
    return Miss(
        expected=expected,
        seen=f"After {len(source.taken)} pieces it was still open: its clean-up did not run.",
        next_step="Read it inside `async with aclosing(pieces):`.",
    )


@EXERCISE.check("first_pieces closes its source at the limit", points=2, scene=enough)
def closes(seen: Seen) -> Miss | None:
    wanted = list(seen.feeds[0].values)[: given(seen, 1)]
    return still_open(seen, wanted, "when it has given enough")


@EXERCISE.check("first_pieces closes it when the reader leaves", points=1, scene=reader_leaves)
def closes_for_the_reader(seen: Seen) -> Miss | None:
    call = seen.scene.call
    wanted = list(seen.feeds[0].values)[: call.stop_after if call else 0]
    return still_open(seen, wanted, "when the reader leaves early, too")
