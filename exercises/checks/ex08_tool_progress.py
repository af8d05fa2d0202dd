"""Exercise ex08: a function tool tells the user what it is doing, and what went wrong."""

from __future__ import annotations

from itertools import accumulate
from random import Random
from typing import Any

from lesson_kit.grader import Exercise, Miss
from lesson_kit.scene import Ask, Reply, Scene, Seen, ToolCall, question, words

EXERCISE = Exercise(
    "ex08_tool_progress",
    title="A tool that says what it is doing",
    defines=["LibraryServer"],
    hints=(
        "A tool has two voices. What it returns goes to the model. What it sends with `await ctx.context.stream(...)` goes "
        "to the user, at once. `ctx.context` is what the run was given: look at the line with `run_streamed`.",
        "In `respond`: `Runner.run_streamed(self.agent, history, context=ctx)`. In the tool: a loop over `shelves`; in it "
        "first the line, then the search, so that the line stands while the shelf is searched. Put the search into a "
        "`try`; in `except ShelfClosed as error` send a line with `str(error)`, and return: no other line may follow, or "
        "nobody can read this one. For a shelf with cards use `asyncio.to_thread`.",
        "The loop: `for shelf in shelves:`, in it `await ctx.context.stream(ProgressUpdateEvent(icon=\"search\", "
        "text=f\"Searching {shelf.name}...\"))`, then `found += await shelf.search(query)`, or, if `shelf.cards`, "
        "`found += await asyncio.to_thread(shelf.read_cards, query)`. In the `except`: "
        "`await ctx.context.stream(ProgressUpdateEvent(text=str(error)))`, then `return str(error)`. After the loop: "
        "`return f\"{found} books\"`.",
    ),
)  # fmt: skip

SOON = 0.2
"""Seconds in which a line must come after its search has begun. A search takes 0.5 s or more."""
READ = 0.5
"""Seconds that a line must stand to be read."""
CARDS = 0.03
"""Seconds to read cards: real ones, because a thread works in real time."""
NAMES = ("novels", "maps", "poems", "letters", "diaries", "plays", "atlases", "hymns", "fables", "essays")  # fmt: skip
SUBJECTS = ("tea", "ships", "bees", "clocks", "rivers", "bread", "stars", "gardens")


def shelves_of(chance: Random, many: int) -> list[dict[str, Any]]:
    """Some shelves with different names; their books add up to a number that nobody can guess."""
    return [
        {"name": name, "seconds": chance.randint(5, 14) / 10, "books": chance.randint(11, 90)}
        for name in chance.sample(NAMES, many)
    ]


def calls(subject: str, thinking: float = 0.5) -> Reply:
    """The model calls the tool."""
    return Reply(calls=[ToolCall("search_library", {"query": subject})], thinking=thinking)


@EXERCISE.scene
def three_shelves(chance: Random) -> Scene:
    """One user, three shelves."""
    return Scene(
        replies=(calls(chance.choice(SUBJECTS)), Reply(words(chance, 8))),
        asks=(question(chance),),
        options={"shelves": shelves_of(chance, 3)},
    )


@EXERCISE.scene
def two_users(chance: Random) -> Scene:
    """Two users search at the same time, each on a thread of their own."""
    first, second = chance.sample(SUBJECTS, 2)
    replies = (calls(first), calls(second), Reply(words(chance, 8)), Reply(words(chance, 8)))
    shelves = shelves_of(chance, 3)
    # The second user's first line then comes while the first user waits for the next one: whoever shares one
    # AgentContext gets it in the wrong place.
    shelves[0]["seconds"] = chance.randint(9, 14) / 10
    asks = (question(chance), Ask(question(chance), after=0.6, thread=1))
    return Scene(replies=replies, asks=asks, options={"shelves": shelves})


@EXERCISE.scene
def closed_shelf(chance: Random) -> Scene:
    """The second of three or four shelves is closed."""
    shelves = shelves_of(chance, chance.randint(3, 4))
    shelves[1]["closed"] = True
    return Scene(
        replies=(calls(chance.choice(SUBJECTS)), Reply(words(chance, 8))),
        asks=(question(chance),),
        options={"shelves": shelves},
    )


@EXERCISE.scene
def card_catalogue(chance: Random) -> Scene:
    """A shelf with cards stands among others."""
    shelves = shelves_of(chance, 3)
    shelves[chance.randint(0, 2)] |= {"cards": True, "seconds": CARDS}
    return Scene(
        replies=(calls(chance.choice(SUBJECTS)), Reply(words(chance, 8))),
        asks=(question(chance),),
        options={"shelves": shelves},
    )


def shelves_in(seen: Seen) -> list[Any]:
    """The shelves of the scene."""
    shelves = seen.scene.options["shelves"]
    return shelves if isinstance(shelves, list) else []


def total(seen: Seen) -> int:
    return sum(shelf["books"] for shelf in shelves_in(seen))


def told_model(seen: Seen, call: int = 1) -> str:
    """What the model was told by the tool: the last text of its input."""
    asked = seen.asked_texts(call)
    return asked[-1][1] if asked else ""


def broken(seen: Seen) -> Miss | None:
    """The tool did not run to its end by a mistake of its own, which nobody but the model is told of."""
    told = [text for call in range(len(seen.asked)) for _, text in seen.asked_texts(call)]
    if any("async_generator object" in text for text in told):
        return Miss(
            expected="The tool runs, and returns a text for the model.",
            seen="The model was told '<async_generator object ...>': none of the tool's code has run.",
            next_step="Take every yield out of the tool. Send a line with `await ctx.context.stream(...)`.",
            pitfall="tool_yields",
        )
    trouble = seen.trouble("tool")
    if trouble is None or trouble.type == "ShelfClosed":
        return None
    no_context = trouble.message.endswith("has no attribute 'stream'")
    return Miss(
        expected="The tool runs without an error of its own.",
        seen="The tool broke off.",
        next_step="Give the AgentContext to the run: Runner.run_streamed(self.agent, history, context=ctx)."
        if no_context
        else "Mend that line. The user hears nothing of an error in a tool, and the model only that there was one.",
    )


def not_run(seen: Seen, call: int = 1) -> Miss | None:
    """The model must have called the tool, and must have been asked again."""
    if miss := broken(seen):
        return miss
    if not seen.asked:
        return Miss(
            expected="The model is asked.",
            seen="The model was never asked.",
            next_step="Start the run in respond: Runner.run_streamed(self.agent, history, ...).",
        )
    if "search_library" not in seen.asked[0].tools:
        return Miss(
            expected="The model may call search_library.",
            seen=f"The agent has the tools {seen.asked[0].tools}.",
            next_step="Keep the agent with tools=[self.make_tool()].",
        )
    if len(seen.asked) > call:
        return None
    return Miss(
        expected="After the tool the model is asked again.",
        seen=f"The model was asked {len(seen.asked)} time(s): the turn ended with the tool.",
        next_step="Return a text from the tool, and read stream_agent_response to its end.",
    )


def wrong_count(seen: Seen, call: int = 1) -> Miss | None:
    """What was found must reach the model."""
    if missing := not_run(seen, call):
        return missing
    told = told_model(seen, call)
    if str(total(seen)) in told:
        return None
    return Miss(
        expected=f"The model is told that {total(seen)} books were found.",
        seen=f"The model was told {told[:90]!r}.",
        next_step="Add up the books of all shelves, and return the number.",
    )


@EXERCISE.check("the model gets what the tool found", points=2, scene=three_shelves)
def result(seen: Seen) -> Miss | None:
    if miss := wrong_count(seen):
        return miss
    if seen.text() == seen.said(1) and seen.saved_answers() == [seen.said(1)]:
        return None
    return Miss(
        expected="Then the model's answer on the screen, and in the store.",
        seen=f"The screen shows {len(seen.text().split())} of {len(seen.said(1).split())} words.",
        next_step="Yield every event of stream_agent_response.",
    )


def lines_missed(seen: Seen, k: int = 0) -> Miss | None:
    """Each shelf must have its line while it is searched, and each user their own lines."""
    shelves, lines, many = shelves_in(seen), seen.progress(k), len(seen.scene.asks)
    if k >= len(seen.asked) or len(seen.asked) <= many + k:
        return not_run(seen, many + k)
    for shelf in shelves:
        due = dues(seen, k, seen.sent_at(k))[shelf["name"]]
        named = [line for line in lines if shelf["name"] in line.text]
        if not named:
            return no_line(seen, shelf["name"], len(lines), k)
        if not any(abs(line.start - due) <= SOON for line in named):
            return Miss(
                expected=f"The line with {shelf['name']!r} comes when the search of that shelf begins, at {due:.1f} s.",
                seen=f"It came at {named[0].start:.1f} s; the search was over at {due + shelf['seconds']:.1f} s.",
                next_step="Inside the loop: first the line, then the search.",
            )
        if not any(line.end - line.start >= min(READ, shelf["seconds"] / 2) for line in named):
            return Miss(
                expected=f"The line with {shelf['name']!r} stands while that shelf is searched: {shelf['seconds']:.1f} s.",
                seen=f"It stood for {max(line.end - line.start for line in named):.2f} s.",
                next_step="Let no other line follow before the search of this shelf is over.",
            )
    return None


def no_line(seen: Seen, name: str, many: int, k: int) -> Miss:
    whose = f" for user {k + 1}" if len(seen.scene.asks) > 1 else ""
    forgotten = any("never awaited" in warned.message for warned in seen.warned)
    return Miss(
        expected=f"A progress line for each shelf, also for {name!r}.",
        seen=f"{count(many)} came{whose}, and none names {name!r}."
        + (" Python warns: a coroutine was never awaited." if forgotten else ""),
        next_step="ctx.context.stream(...) is async: write `await` before it."
        if forgotten
        else "Send a ProgressUpdateEvent with the shelf's name: `await ctx.context.stream(...)`.",
    )


@EXERCISE.check("each shelf has its line while it is searched", points=3, scene=three_shelves)
def lines(seen: Seen) -> Miss | None:
    if miss := not_run(seen):
        return miss
    if miss := lines_missed(seen):
        return miss
    extra = [
        item for item in seen.saved_kinds() if item not in ("user_message", "assistant_message")
    ]
    if not extra and len(seen.saved_answers()) == 1:
        return None
    return Miss(
        expected="The store holds the question and the answer, and no line.",
        seen=f"The store holds: {', '.join(seen.saved_kinds())}.",
        next_step="Show the line with a ProgressUpdateEvent: it is shown, and never saved.",
    )


@EXERCISE.check("two users see their own lines", points=1, scene=two_users)
def own_lines(seen: Seen) -> Miss | None:
    if miss := broken(seen):
        return miss
    missed = next(filter(None, (lines_missed(seen, k) for k in (0, 1))), None)
    if missed and astray(seen):
        here, there = len(seen.progress(0)), len(seen.progress(1))
        return Miss(
            expected="Each user sees the lines of their own search, and no others.",
            seen=f"User 1 got {count(here)}, and user 2 got {count(there)}. Some came to the wrong one.",
            next_step="Make a new AgentContext for each turn, in respond: keep none in the server.",
        )
    return missed or wrong_count(seen, 2) or wrong_count(seen, 3)


def astray(seen: Seen) -> bool:
    """Tell whether a line came to one user when it was due for the other."""
    for k in (0, 1):
        if len(seen.asked) <= 1:
            return False
        due = dues(seen, 1 - k, seen.sent_at(k))
        for name, at in due.items():
            own = dues(seen, k, seen.sent_at(k))[name]
            starts = [line.start for line in seen.progress(k) if name in line.text]
            if any(abs(t - at) < SOON / 2 < abs(t - own) for t in starts):
                return True
    return False


def dues(seen: Seen, k: int, since: float) -> dict[str, float]:
    """When the search of each shelf begins for user k, in seconds since `since`."""
    shelves = shelves_in(seen)
    began = seen.asked[k].t + seen.scene.replies[k].thinking - since
    begins = accumulate((shelf["seconds"] for shelf in shelves), initial=began)
    return {shelf["name"]: at for shelf, at in zip(shelves, begins, strict=False)}


def count(lines: int) -> str:
    return "1 line" if lines == 1 else f"{lines} lines"


def closed_name(seen: Seen) -> str:
    return str(next(shelf["name"] for shelf in shelves_in(seen) if shelf.get("closed")))


def failed_at(seen: Seen) -> float:
    """When the search of the closed shelf ended, on the recording's clock."""
    seconds = sum(shelf["seconds"] for shelf in shelves_in(seen)[:2])
    return float(seen.asked[0].t + seen.scene.replies[0].thinking + seconds - seen.sent_at())


@EXERCISE.check("the user reads which shelf is closed", points=2, scene=closed_shelf)
def user_told(seen: Seen) -> Miss | None:
    if broken(seen) or not seen.asked:
        return not_run(seen)
    name, at = closed_name(seen), failed_at(seen) - 0.01
    after = [line for line in seen.progress() if line.start >= at and name in line.text]
    if any(name in error.message for error in seen.errors() if error.message):
        return None
    if any(line.end - line.start >= READ for line in after):
        return None
    expected = f"From {at:.1f} s on the user can read that {name!r} is closed."
    if after:
        return Miss(
            expected=expected,
            seen=f"The line came, and stood for {after[0].end - after[0].start:.2f} s: another one took its place.",
            next_step="Send no other line after it: end the search there, and return.",
        )
    errors = f", {len(seen.errors())} error events" if seen.errors() else ""
    return Miss(
        expected=expected,
        seen=f"After that moment came {count(len([line for line in seen.progress() if line.start >= at]))}{errors}, "
        f"and none says it. The model was told {told_model(seen)[:60]!r}.",
        next_step="A tool's error goes to the model alone. Catch ShelfClosed in the tool, and send its text as a line.",
    )


@EXERCISE.check("the model is told it too", points=1, scene=closed_shelf)
def model_told(seen: Seen) -> Miss | None:
    if miss := not_run(seen):
        return miss
    name, told = closed_name(seen), told_model(seen)
    if name not in told:
        return Miss(
            expected=f"The model is told that {name!r} is closed.",
            seen=f"The model was told {told[:90]!r}.",
            next_step="Return a text from the tool that says what went wrong: str(error) will do.",
        )
    if seen.text() == seen.said(1):
        return None
    return Miss(
        expected="The model answers all the same.",
        seen=f"The screen shows {len(seen.text().split())} of {len(seen.said(1).split())} words.",
        next_step="Return a text from the tool, and let the run go on.",
    )


@EXERCISE.check("a card catalogue holds nobody up", points=1, scene=card_catalogue)
def cards(seen: Seen) -> Miss | None:
    return wrong_count(seen)
