"""Exercise ex10: a whole server, the summary of the course."""

from __future__ import annotations

from random import Random

from lesson_kit.grader import Exercise, Miss
from lesson_kit.scene import Ask, Reply, Scene, Seen, ToolCall, question, words

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

AT_ONCE = 0.1
"""Seconds until the thinking line, and until each piece of text. The store takes 0.02 s a call."""
SOON = 0.2
"""Seconds in which the model must have stopped. It makes a piece of text each 0.05 s."""
STARTED = 0.5
"""Seconds in which a second message must have reached the model."""
LATE = 0.4
"""Seconds by which a time limit may be missed."""
NOTES = ("hidden_context_item", "sdk_hidden_context")


@EXERCISE.scene
def conversation(chance: Random) -> Scene:
    """Two questions on one thread, to a model that thinks."""
    first = Reply(words(chance, 20), thinking=chance.randint(20, 30) / 10)
    return Scene(
        replies=(first, Reply(words(chance, 8))), asks=(question(chance), question(chance))
    )


@EXERCISE.scene
def tool_turn(chance: Random) -> Scene:
    """The model calls the tool, which takes two seconds, and answers with what it found."""
    topic = words(chance, 1)[0].strip()
    call = Reply(calls=[ToolCall("search_library", {"query": topic})], thinking=0.5)
    return Scene(
        replies=(call, Reply(words(chance, 10))), asks=(f"Is there a book about {topic}?",)
    )


@EXERCISE.scene
def reader_leaves(chance: Random) -> Scene:
    """A reader closes the page after some words, comes back, and asks something else."""
    replies = (Reply(words(chance, chance.randint(36, 50))), Reply(words(chance, 8)))
    asks = (Ask(question(chance), leave_after=chance.randint(8, 14)), question(chance))
    return Scene(replies=replies, asks=asks)


@EXERCISE.scene
def second_message(chance: Random) -> Scene:
    """Two threads; on the first of them comes a second message."""
    replies = (
        Reply(words(chance, 50)),
        Reply(words(chance, chance.randint(40, 50))),
        Reply(words(chance, 8), thinking=0.5),
    )
    other = Ask(question(chance), after=0.4, thread=1)
    later = Ask(question(chance), after=chance.randint(12, 16) / 10)
    return Scene(replies=replies, asks=(question(chance), other, later))


@EXERCISE.scene
def time_limits(chance: Random) -> Scene:
    """A slow reader; then a model that falls silent, one that says nothing, and one that goes on and on."""
    first, between = chance.randint(20, 30) / 10, chance.randint(12, 16) / 10
    replies = (
        Reply(words(chance, 20), thinking=1.0),
        Reply(words(chance, 20), stall_at=chance.randint(7, 12), stall_for=20.0),
        Reply(words(chance, 5), thinking=20.0),
        Reply(words(chance, 130), gap=1.0),
    )
    asks = (Ask(question(chance), read_delay=2.0), *(question(chance) for _ in range(3)))
    options = {"first_token": first, "between_tokens": between, "total": 90.0}
    return Scene(replies=replies, asks=asks, options=options)


@EXERCISE.scene
def model_fails(chance: Random) -> Scene:
    """The model fails in the middle, then it refuses the server's request; then all is well again."""
    passing = chance.choice(["rate_limit", "server", "connection"])
    lasting = chance.choice(["authentication", "bad_request"])
    replies = (
        Reply(words(chance, 30), error=passing, error_at=chance.randint(8, 14)),
        Reply(words(chance, 5), error=lasting),
        Reply(words(chance, 8), thinking=0.5),
    )
    return Scene(replies=replies, asks=tuple(question(chance) for _ in range(3)))


@EXERCISE.scene
def over_http(chance: Random) -> Scene:
    """A reader leaves, and asks again: over real HTTP."""
    replies = (
        Reply(words(chance, 80), thinking=0.03, gap=0.01),
        Reply(words(chance, 5), thinking=0.01, gap=0.01),
    )
    asks = (Ask(question(chance), leave_after=8), Ask(question(chance), pause=0.05))
    return Scene(replies=replies, asks=asks, http=True)


# --- what several checks need ---


def miss(learned: str, expected: str, seen: str, next_step: str, pitfall: str = "") -> Miss:
    """A miss that names the exercise in which it was learned."""
    return Miss(f"{expected} You learned this in exercise {learned}.", seen, next_step, pitfall)


def asked(seen: Seen, k: int) -> str:
    """The text of question k."""
    return seen.scene.asks[k].text or ""


def heard(seen: Seen, call: int) -> list[str]:
    """The texts that the model got in one call."""
    return [text for _, text in seen.asked_texts(call)]


def partials(texts: list[str], whole: str) -> list[str]:
    """The texts that are a beginning of an answer."""
    return [text for text in texts if text and whole.startswith(text)]


def no_text(seen: Seen, k: int = 0) -> Miss:
    """The same words for all checks that need an answer."""
    return miss(
        "ex02",
        f"The answer to question {k + 1} on the screen.",
        f"The model was asked {len(seen.asked)} time(s). {seen.recording(k).deltas} pieces of text came.",
        "Start the run, and yield each event of it as it comes.",
    )


def not_whole(seen: Seen, k: int, call: int) -> Miss | None:
    """Question `k`, for which the model is called as number `call`, must get its whole answer."""
    if seen.text(k) == seen.said(call) and seen.said(call) in seen.saved_answers(
        seen.scene.asks[k].thread
    ):
        return None
    came, made = seen.recording(k).deltas, len(seen.scene.replies[call].deltas)
    kept = "" if came < made else " The store does not hold it."
    return miss(
        "ex02",
        f"Question {k + 1} is answered to the end, and the answer is saved.",
        f"{came} of {made} pieces came.{kept}",
        "Yield all events of the run, the last one too: it finishes and saves the message.",
    )


def left(seen: Seen) -> Miss | None:
    """The first reader must have left in the middle of the answer; without that nothing can be seen."""
    if not seen.recording().deltas or seen.clients[0].left is None:
        return no_text(seen)
    if len([made for made in seen.made_in(0) if made.t <= seen.left_at(0)]) < len(
        seen.scene.replies[0].deltas
    ):
        return None
    return miss(
        "ex02",
        "The reader leaves in the middle of the answer.",
        "All pieces were made before the reader saw the first ones.",
        "Yield each event inside the loop, as it comes.",
    )


# --- the checks ---


@EXERCISE.check("it streams, and knows what was said", points=3, scene=conversation)
def streams(seen: Seen) -> Miss | None:
    if not seen.text():
        return no_text(seen)
    slowest = max([*seen.delays(0), *seen.delays(1)], default=0.0)
    if slowest > AT_ONCE:
        return miss(
            "ex02",
            f"Each piece of text on the screen within {AT_ONCE:.1f} s.",
            f"The slowest piece came {slowest:.2f} s after it was made.",
            "Yield each event inside the loop, as it comes.",
        )
    if missing := not_whole(seen, 0, 0):
        return missing
    wanted, got = [asked(seen, 0), seen.said(0), asked(seen, 1)], heard(seen, 1)
    these = [text for text in got if text in wanted]
    if these == wanted and asked(seen, 0) in heard(seen, 0):
        return not_whole(seen, 1, 1)
    how = "in another order" if sorted(these) == sorted(wanted) else "and not these three"
    return miss(
        "ex02",
        "For question 2, the model reads question 1, its answer, and question 2.",
        f"It read {len(got)} message(s), {how}.",
        "Load the thread's items, oldest first, and convert them with simple_to_agent_input.",
        "no_history" if len(got) == 1 else "",
    )


@EXERCISE.check("a thinking line until the first text", points=2, scene=conversation)
def thinks(seen: Seen) -> Miss | None:
    first = seen.recording().first_token
    if first is None:
        return no_text(seen)
    for k in (0, 1):
        if not seen.progress(k):
            return miss(
                "ex03",
                "A thinking line for each question.",
                f"No thinking line came for question {k + 1}.",
                "Yield a ProgressUpdateEvent with a text, before anything waits.",
            )
    began = seen.first("stream_options")
    late = seen.progress()[0].start - (began.t if began else 0.0)
    if late > AT_ONCE:
        return miss(
            "ex03",
            f"A thinking line within {AT_ONCE:.1f} s.",
            f"It came after {late:.2f} s. Nothing was on the screen before.",
            "Make the ProgressUpdateEvent the first thing that respond yields.",
        )
    gone = max((line.end for line in seen.progress() if line.start <= first), default=0.0)
    if first - gone <= AT_ONCE:
        return None
    return miss(
        "ex03",
        "The thinking line stands until the first text.",
        f"It was gone after {gone:.2f} s. Then {first - gone:.2f} s of empty screen.",
        "Send no event with an empty text: the first text takes the line's place by itself.",
        "clear_too_soon",
    )


@EXERCISE.check("the tool says what it is doing", points=2, scene=tool_turn)
def tool(seen: Seen) -> Miss | None:
    if len(seen.asked) < 2 or not seen.text():
        return no_text(seen)
    topic = asked(seen, 0).removesuffix("?").split()[-1]
    lines = [line for line in seen.progress() if topic in line.text]
    found = next((text for kind, text in seen.asked_texts(1) if "output" in kind), "")
    if topic not in found:
        return miss(
            "ex08",
            f"The tool finds books about {topic!r}, and the model reads that.",
            f"The model got from the tool: {found[:60]!r}",
            "Let the tool return its text, with no yield in it: the line goes through ctx.context.stream."
            if (yields := "async_generator" in found)
            else "Give the run context=ctx: that is the tool's ctx.context.",
            "tool_yields" if yields else "",
        )
    searched = seen.asked[1].t - seen.sent_at()
    if lines and lines[0].start < searched - 0.3:  # the tool takes two seconds
        return not_whole(seen, 0, 1)
    return miss(
        "ex08",
        f"While the tool works, a progress line with the topic: {topic!r}.",
        "It came when the search was over." if lines else "No progress line had the topic in it.",
        "In the tool, before it searches: await ctx.context.stream(ProgressUpdateEvent(...)).",
    )


@EXERCISE.check("a reader who leaves stops the model", points=2, scene=reader_leaves)
def stops(seen: Seen) -> Miss | None:
    if missing := left(seen):
        return missing
    wasted = [made for made in seen.made_after(seen.left_at(0) + SOON) if made.call == 0]
    if not wasted:
        return None
    return miss(
        "ex05",
        f"The model stops within {SOON:.1f} s after the reader has left.",
        f"It made {len(wasted)} more pieces in {wasted[-1].t - seen.left_at(0):.1f} s: nobody read them, and they are "
        "on the bill.",
        "In a `finally` of respond, call cancel() of the run.",
        "model_not_stopped",
    )


@EXERCISE.check("what the reader saw is kept, and the model is told", points=2, scene=reader_leaves)
def kept(seen: Seen) -> Miss | None:
    if missing := left(seen):
        return missing
    if any("can't be used in 'await'" in trouble.message for trouble in seen.troubles):
        return miss(
            "ex05",
            "ChatKit awaits handle_stream_cancelled when the reader has left.",
            "There is a `yield` in it, so it cannot be awaited.",
            "Take the `yield` out of it. It may be the one that was below the TODO.",
        )
    shown, pieces = seen.text(0), seen.recording().deltas
    saved = [text for text in seen.saved_answers() if text != seen.said(1)]
    if not saved:
        return miss(
            "ex05",
            f"The {pieces} pieces that the reader saw, in the store.",
            "Nothing of them is saved. A closed connection cancels every await that follows, the store's too.",
            "In handle_stream_cancelled, save inside `with anyio.CancelScope(shield=True):`.",
            "partial_lost",
        )
    if len(saved) > 1 or not partials(saved, seen.said()) or not saved[0].startswith(shown):
        return miss(
            "ex05",
            f"What the reader saw, saved once: {len(shown)} characters.",
            f"The store holds {len(saved)} partial answer(s), of {', '.join(str(len(text)) for text in saved)} characters.",
            "Save it in one place only: super().handle_stream_cancelled saves it.",
        )
    if missing := not_whole(seen, 1, 1):
        return missing
    known = {asked(seen, 0), asked(seen, 1), *seen.saved_answers()}
    told = [text for text in heard(seen, 1) if text not in known]
    if told or seen.asked[1].instructions != seen.asked[0].instructions:
        return None
    return miss(
        "ex05",
        "On the next turn, the model learns that its answer was broken off.",
        f"It read {len(heard(seen, 1))} message(s), and none of them says so.",
        "Save a hidden note after the partial answer. ChatKit's own handler does both.",
    )


@EXERCISE.check("nothing is left behind", points=1, scene=reader_leaves)
def tidy(seen: Seen) -> Miss | None:
    if missing := left(seen):
        return missing
    if not (mess := seen.untidy()):
        return None
    return miss(
        "ex05",
        "A minute later no task waits any more, and the log is clean.",
        mess if mess.endswith(".") else f"{mess}.",
        "Let a task of your own read stream_agent_response to its end, and pass the events on through a queue.",
    )


@EXERCISE.check("a second message interrupts", points=3, scene=second_message)
def interrupts(seen: Seen) -> Miss | None:
    if seen.asked and not seen.errors() and seen.recording().duration < seen.sent_at(2):
        return miss(
            "ex06",
            "Answers on other threads go on.",
            f"The first answer ended after {seen.recording().duration:.1f} s, when a message came on another thread.",
            "Keep one turn for each thread: self.turns[thread.id].",
        )
    if not seen.recording().deltas:
        return no_text(seen)
    late = [made for made in seen.made_after(seen.sent_at(2) + SOON) if made.call == 0]
    if late:
        return miss(
            "ex06",
            f"The first answer stops within {SOON:.1f} s after the second message.",
            f"Its model made {len(late)} more pieces, until {late[-1].t - seen.sent_at(2):.1f} s after the message.",
            "Find the old turn of this thread in self.turns, and stop it: old.stop() cancels its run.",
            "no_interruption",
        )
    if not_whole(seen, 1, 1):
        return miss(
            "ex06",
            "Answers on other threads go on.",
            f"The answer on the other thread came to {seen.recording(1).deltas} of {len(seen.scene.replies[1].deltas)} "
            "pieces.",
            "Keep one turn for each thread: self.turns[thread.id].",
        )
    return broken_off_well(seen) or not_whole(seen, 2, 2)


def broken_off_well(seen: Seen) -> Miss | None:
    """The interrupted answer ends as a finished message, and the model reads it, with a note."""
    part = partials(seen.saved_answers(), seen.said())
    if len(part) != 1 or not part[0].startswith(seen.text(0)):
        return miss(
            "ex06",
            f"The {seen.recording().deltas} pieces that the user saw, saved once.",
            f"The store holds {len(part)} partial answer(s). A run that was stopped ends without a done event.",
            "After the loop, yield a ThreadItemDoneEvent with the message and the text so far.",
            "never_done" if not part else "",
        )
    if seen.errors(0) or seen.recording(0).outcome != "done":
        return miss(
            "ex06",
            "The first answer ends as a finished message, and no error is shown.",
            f"Its stream ended with the outcome {seen.recording(0).outcome!r}.",
            "Stop the old run only, never the old task. Then its respond ends by itself.",
        )
    wanted, got = [asked(seen, 0), part[0], asked(seen, 2)], heard(seen, 2)
    if [text for text in got if text in wanted] != wanted:
        return miss(
            "ex06",
            "The model reads: first question, partial answer, second question.",
            f"It read {len(got)} message(s), and not these three in this order.",
            "Wait for the old turn's end (old.ended), and only then load the history."
            if asked(seen, 0) in got and part[0] not in got
            else "Load the whole history, oldest first. Mend the first check above.",
        )
    if (waited := seen.asked[2].t - seen.sent_at(2)) > STARTED:
        return miss(
            "ex06",
            f"The model gets the second message within {STARTED:.1f} s.",
            f"It got it after {waited:.1f} s.",
            "When a turn ends, say so in its `finally`: turn.ended.set().",
        )
    if len(got) > len(wanted) or seen.asked[2].instructions != seen.asked[0].instructions:
        return None
    return miss(
        "ex06",
        "The model learns that its first answer was broken off.",
        f"It read {len(got)} message(s), and none of them says so.",
        "After the partial answer, yield a ThreadItemDoneEvent with self.note(thread, context).",
    )


@EXERCISE.check("time limits for the model, not for the reader", points=2, scene=time_limits)
def limits(seen: Seen) -> Miss | None:
    if not seen.recording().deltas and seen.errors(0):
        return no_text(seen)
    if seen.text(0) != seen.said(0) or seen.errors(0):
        return miss(
            "ex07",
            "A slow reader gets the whole answer: the limits are for the model.",
            f"{seen.recording().deltas} of {len(seen.scene.replies[0].deltas)} pieces came, then the stream was "
            f"{'broken off with an error' if seen.errors(0) else 'cut off'}.",
            "Put the limit round `await events.get()` alone, with no yield inside.",
            "timeout_round_yield" if seen.text(0) else "",
        )
    first, between = (
        float(str(seen.scene.options[name])) for name in ("first_token", "between_tokens")
    )
    spoken = seen.scene.replies[1].stall_at or 0
    ends = [
        (1, "between_tokens", between, 1.0 + 0.05 * (spoken - 1) + between),
        (2, "first_token", first, first),
        (3, "total", 90.0, 90.0),
    ]
    for k, name, limit, due in ends:
        if missing := in_time(seen, k, name, limit, due) or kept_with_error(seen, k, True):
            return missing
    return None


WAITS = {
    "first_token": "Wait for the first text inside `async with asyncio.timeout(self.first_token):`.",
    "between_tokens": "After the first text, wait for each event inside `async with "
    "asyncio.timeout(self.between_tokens):`.",
    "total": "Wait for an event never longer than what is left of self.total.",
}


def in_time(seen: Seen, k: int, name: str, limit: float, due: float) -> Miss | None:
    """The model of request `k` must be given up after `due` seconds, not sooner and not much later."""
    began, failed = seen.first("stream_options", k), seen.errors(k)
    over = failed[0].t if failed else seen.recording(k).duration
    after = over - (began.t if began else 0.0)
    # The clock may start with respond, or with the run: the store stands between.
    timely = due - 0.1 <= after <= due + LATE
    if not (failed and timely):
        said = "The error came" if failed else "No error came: the stream was over"
        return miss(
            "ex07",
            f"The limit {name} is {limit:.1f} s. It has passed {due:.1f} s after question {k + 1}, and the user reads an "
            "error.",
            f"{said} after {after:.1f} s.",
            "Your limit works, but its error got lost: raise self.for_the_user(error) at the end."
            if timely
            else WAITS[name],
            "swallowed_error" if timely else "",
        )
    late = [made for made in seen.made_after(seen.sent_at(k) + over + SOON) if made.call == k]
    if not late:
        return None
    return miss(
        "ex07",
        "When a limit has passed, the model stops.",
        f"It made {len(late)} more pieces after the error.",
        "In a `finally` of respond, call cancel() of the run.",
        "model_not_stopped",
    )


def kept_with_error(seen: Seen, k: int, retry: bool) -> Miss | None:
    """The error of request `k` has words, offers a second try or not, and costs no text that was seen."""
    [error, *_] = seen.errors(k)
    if not (error.message or "").strip():
        return miss(
            "ex07",
            "The user reads in plain words what happened.",
            "An error came without words.",
            "Raise a CustomStreamError with your own words: ChatKit sends no others.",
        )
    if error.allow_retry != retry:
        return miss(
            "ex07",
            "A second try is offered only where it can help.",
            f"The error was {error.message[:60]!r}, {'with' if error.allow_retry else 'without'} a second try.",
            f"Give this CustomStreamError allow_retry={retry}.",
        )
    shown = seen.text(k)
    if shown and not partials(seen.saved_answers(), seen.said(k)):
        return miss(
            "ex07",
            f"The {seen.recording(k).deltas} pieces that the user saw, in the store.",
            "Nothing of them is saved. ChatKit saves no partial answer after an error.",
            "First yield a ThreadItemDoneEvent with the message and the text so far, then raise.",
            "partial_lost",
        )
    if shown and not any(text.startswith(shown) for text in seen.saved_answers()):
        return miss(
            "ex07",
            f"What the user saw, in the store: {len(shown)} characters.",
            f"It holds {len(partials(seen.saved_answers(), seen.said(k))[0])} characters.",
            "Add each text delta to the text that you save.",
        )
    return None


@EXERCISE.check("an error costs no word", points=2, scene=model_fails)
def errors(seen: Seen) -> Miss | None:
    if not seen.recording().deltas:
        return no_text(seen)
    for k, retry in ((0, True), (1, False)):
        if not seen.errors(k):
            return miss(
                "ex07",
                "When the model fails, the user reads an error.",
                f"Question {k + 1}: the model failed, and the stream ended without an error.",
                "Let no `except` swallow it: keep the error, save, and raise.",
                "swallowed_error",
            )
        if missing := kept_with_error(seen, k, retry):
            return missing
    if missing := not_whole(seen, 2, 2):
        return missing
    blank = [text for text in seen.saved_answers() if not text.strip()]
    if not blank and partials(heard(seen, 2), seen.said(0)):
        return None
    return miss(
        "ex07",
        "Only messages with text are saved, and the model reads them on the next turn.",
        f"The store holds {len(blank)} message(s) without text."
        if blank
        else "The model did not get its partial answer.",
        "Save the message that was begun, and only if it has text.",
    )


@EXERCISE.check("the same over real HTTP", points=1, scene=over_http)
def http(seen: Seen) -> Miss | None:
    if missing := left(seen):
        return missing
    wasted = [made for made in seen.made_after(seen.left_at(0) + 0.25) if made.call == 0]
    if len(wasted) > 4:  # a busy machine may notice the closed connection late
        return miss(
            "ex05",
            "Over real HTTP too, the model stops when the reader has left.",
            f"It made {len(wasted)} more pieces after that.",
            "Mend the check about a reader who leaves first. This is the same with a real connection.",
        )
    saved = partials([t for t in seen.saved_answers() if t != seen.said(1)], seen.said())
    if not any(text.startswith(seen.text(0)) for text in saved):
        return miss(
            "ex05",
            "Over real HTTP too, what the reader saw is saved.",
            f"The reader saw {seen.recording().deltas} pieces. The store holds {len(saved)} partial answer(s).",
            "Mend the check about what is kept first. This is the same with a real connection.",
        )
    return not_whole(seen, 1, 1)
