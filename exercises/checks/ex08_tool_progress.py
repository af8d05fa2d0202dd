"""Exercise ex08: a function tool tells the user what it is doing, and what went wrong."""

from __future__ import annotations

from lesson_kit.grader import Exercise, Miss
from lesson_kit.scene import Seen

from .ex08.library import card_catalogue, closed_shelf, three_shelves, two_users
from .ex08.lines import READ, astray, count, lines_missed
from .ex08.tool import broken, not_run, told_model, wrong_count
from .ex08.truth import closed_name, failed_at

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

for make in (three_shelves, two_users, closed_shelf, card_catalogue):
    EXERCISE.scene(make)


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
