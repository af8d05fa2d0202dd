"""Exercise ex10: a whole server, the summary of the course."""

from __future__ import annotations

from lesson_kit.grader import Exercise

from .ex10 import failing, interrupting, leaving, scenes, streaming

EXERCISE = Exercise(
    "ex10_capstone",
    title="A whole server",
    defines=["WholeServer"],
    hints=(
        "You have written every part of it already. Each check names the exercise that it comes from: open your answer to "
        "that one, and copy. Begin with a `respond` that only yields the thinking line, loads the history and streams a "
        "plain loop; then add one part after the other, and check after each.",
        "Where the parts go in `respond`: first the thinking line; then the turn of this thread (`self.turns`), and stop the "
        "old one; then the history and the run; then the loop, with the limits round `await events.get()` alone. After "
        "the loop, however it ended: finish the message that was begun, then the note, then the error. In a `finally`: "
        "`turn.stop()`, `turn.ended.set()`, and take the turn out of `self.turns` if it is still this one.",
        "An error must not skip the saving. Keep it: `failure = None` at the start; round the loop `try: ... except "
        "Exception as error: failure = error`; after the loop `if message and text:` set `message.content = "
        "[AssistantMessageContent(text=text)]` and `yield ThreadItemDoneEvent(item=message)`; `if turn.stopped:` `yield "
        "ThreadItemDoneEvent(item=self.note(thread, context))`; and last `if failure: raise self.for_the_user(failure) from "
        "failure`. A reader who leaves does not come there: for that, write `handle_stream_cancelled`, with `await "
        "super().handle_stream_cancelled(thread, pending_items, context)` inside `with anyio.CancelScope(shield=True):`.",
    ),
)

CHECKS = (
    ("it streams, and knows what was said", 3, scenes.conversation, streaming.streams),
    ("a thinking line until the first text", 2, scenes.conversation, streaming.thinks),
    ("the tool says what it is doing", 2, scenes.tool_turn, streaming.tool),
    ("a reader who leaves stops the model", 2, scenes.reader_leaves, leaving.stops),
    ("what the reader saw is kept, and the model is told", 2, scenes.reader_leaves, leaving.kept),
    ("nothing is left behind", 1, scenes.reader_leaves, leaving.tidy),
    ("a second message interrupts", 3, scenes.second_message, interrupting.interrupts),
    ("time limits for the model, not for the reader", 2, scenes.time_limits, failing.limits),
    ("an error costs no word", 2, scenes.model_fails, failing.errors),
    ("the same over real HTTP", 1, scenes.over_http, leaving.http),
)
for name, points, make, judge in CHECKS:
    EXERCISE.check(name, points=points, scene=EXERCISE.scene(make))(judge)
