"""Exercise ex05: the reader closes the page in the middle of an answer."""

from __future__ import annotations

from random import Random

from lesson_kit.grader import Exercise, Miss
from lesson_kit.scene import Ask, Reply, Scene, Seen, question, words

EXERCISE = Exercise(
    "ex05_handle_interruption",
    title="Handle an interruption",
    defines=["CarefulServer"],
    hints=(
        "Three things go on when the reader leaves: your `respond` is cancelled, the model's run goes on as a task of its "
        "own, and ChatKit calls `handle_stream_cancelled`. Which of them stops the model? Which `await` of the save is "
        "cancelled too?",
        "Start with a plain loop over `stream_agent_response(ctx, result)` in a `try`, and call `result.cancel()` in its "
        "`finally`. In the handler, ChatKit's own `await super().handle_stream_cancelled(...)` saves the partial answer and "
        "a hidden note: put it into `with anyio.CancelScope(shield=True), anyio.move_on_after(5):`. Then only the tasks "
        "that the helper leaves behind are still to be mended.",
        "Let a task of yours read the helper, so that nobody cancels the helper in the middle. `events = asyncio.Queue()`; "
        "in `async def read_helper()`: `async for event in stream_agent_response(ctx, result): events.put_nowait(event)`, "
        "then `events.put_nowait(None)` for the end. Start it with `asyncio.create_task(read_helper())`, keep the task in "
        "`self.tasks`, and in `respond`: `while (event := await events.get()) is not None: yield event`, with "
        "`result.cancel()` in the `finally`.",
    ),
)

SOON = 0.2
"""Seconds in which the model must have stopped, and in which each piece of text must pass. A piece comes each 0.05 s."""
NOTES = ("hidden_context_item", "sdk_hidden_context")


@EXERCISE.scene
def client_leaves(chance: Random) -> Scene:
    """A reader closes the page after some words, comes back, and asks something else."""
    replies = (Reply(words(chance, chance.randint(36, 50))), Reply(words(chance, 8), thinking=0.5))
    asks = (Ask(question(chance), leave_after=chance.randint(8, 14)), question(chance))
    return Scene(replies=replies, asks=asks)


@EXERCISE.scene
def leaves_early(chance: Random) -> Scene:
    """A reader closes the page while the model still thinks, and asks again later."""
    replies = (Reply(words(chance, 30), thinking=2.0), Reply(words(chance, 6), thinking=0.5))
    return Scene(replies=replies, asks=(Ask(question(chance), leave_at=1.0), question(chance)))


@EXERCISE.scene
def two_readers(chance: Random) -> Scene:
    """Two readers with a thread each; the first one leaves while both answers come."""
    replies = (Reply(words(chance, 40)), Reply(words(chance, chance.randint(16, 20)), gap=0.1))
    first = Ask(question(chance), leave_after=chance.randint(10, 14))
    return Scene(replies=replies, asks=(first, Ask(question(chance), after=0.4, thread=1)))


def asked(seen: Seen, k: int) -> str:
    """The text of question k."""
    return seen.scene.asks[k].text or ""


def left(seen: Seen) -> Miss | None:
    """The first reader must have left in the middle of the answer; without that nothing can be seen."""
    if seen.recording().deltas and seen.clients[0].left is not None:
        made = [made for made in seen.made_in(0) if made.t <= seen.left_at(0)]
        return all_at_once(len(made)) if len(made) == len(seen.scene.replies[0].deltas) else None
    return Miss(
        expected=f"The first {seen.scene.asks[0].leave_after} pieces of text, then the reader leaves.",
        seen=f"{seen.recording().deltas} pieces of text came to the first reader.",
        next_step="Start the run with Runner.run_streamed, and yield each event of stream_agent_response.",
    )


def all_at_once(made: int) -> Miss:
    return Miss(
        expected="The reader leaves in the middle of the answer.",
        seen=f"All {made} pieces were made before the reader saw the first ones.",
        next_step="Yield each event inside the loop, as it comes.",
    )


def went_on(seen: Seen) -> Miss | None:
    """The model of the first answer must not go on after its reader has left."""
    wasted = [made for made in seen.made_after(seen.left_at(0) + SOON) if made.call == 0]
    if not wasted:
        return None
    seconds = wasted[-1].t - seen.left_at(0)
    return Miss(
        expected=f"The model stops within {SOON:.1f} s after the reader has left.",
        seen=f"It made {len(wasted)} more pieces in {seconds:.1f} s: nobody read them, and they are on the bill.",
        next_step="Call result.cancel(), without a mode, in a `finally` round your loop in respond.",
        pitfall="model_not_stopped",
    )


@EXERCISE.check("a reader who stays gets the whole answer", points=2, scene=client_leaves)
def stays(seen: Seen) -> Miss | None:
    if missing := left(seen):
        return missing
    if (slowest := max(seen.delays(0), default=0)) > SOON:
        return Miss(
            expected=f"Each piece of text on the screen within {SOON:.1f} s.",
            seen=f"The slowest piece came {slowest:.2f} s after it was made.",
            next_step="Yield each event as it comes, also when a queue stands between.",
        )
    if seen.broken_off:
        return Miss(
            expected="After its last piece an answer ends.",
            seen=f"The stream was still open after {seen.scene.limit:.0f} s.",
            next_step="When the helper has ended, your loop must end too: put a last value into the queue that says so.",
        )
    if seen.text(1) == seen.said(1) and seen.said(1) in seen.saved_answers():
        return None
    got, whole = seen.recording(1).deltas, len(seen.scene.replies[1].deltas)
    return Miss(
        expected="The next question is answered to its end, and the answer is saved.",
        seen=f"{got} of {whole} pieces came, and the store holds "
        f"{'this answer' if seen.said(1) in seen.saved_answers() else 'no finished answer to it'}.",
        next_step="Yield all events, the last one too: it finishes and saves the message.",
        pitfall="" if seen.text(1) != seen.said(1) else "never_done",
    )


@EXERCISE.check("the model stops", points=2, scene=client_leaves)
def stops(seen: Seen) -> Miss | None:
    return left(seen) or went_on(seen)


@EXERCISE.check("what the reader saw is saved", points=2, scene=client_leaves)
def kept(seen: Seen) -> Miss | None:
    if missing := left(seen):
        return missing
    shown, partials = seen.text(0), [text for text in seen.saved_answers() if text != seen.said(1)]
    if len(partials) == 1 and partials[0].startswith(shown) and seen.said().startswith(partials[0]):
        return None
    if not partials:
        why = "A closed connection cancels every await that follows, the store's too."
        return Miss(
            expected=f"The {seen.recording().deltas} pieces that the reader saw, in the store.",
            seen=f"Nothing of them is saved. {'' if seen.trouble() else why}".strip(),
            next_step="In handle_stream_cancelled, save inside `with anyio.CancelScope(shield=True):`.",
            pitfall="partial_lost",
        )
    if len(partials) > 1:
        return Miss(
            expected="What the reader saw, saved once.",
            seen=f"The store holds it {len(partials)} times.",
            next_step="Save it in one place only: super().handle_stream_cancelled saves it as well.",
        )
    return Miss(
        expected=f"The store holds what the reader saw: {len(shown)} characters.",
        seen=f"It holds {len(partials[0])} characters, which end in {partials[0][-30:]!r}.",
        next_step="Save the text of the pending items as it is: all that came, and nothing else.",
    )


@EXERCISE.check("the next turn knows of it", points=1, scene=client_leaves)
def told(seen: Seen) -> Miss | None:
    if missing := left(seen):
        return missing
    if len(seen.asked) < 2:
        return Miss(
            expected="The model is asked the second question.",
            seen=f"The model was called {len(seen.asked)} time(s).",
            next_step="After an interruption the server must answer as before.",
        )
    told_anew = seen.asked[1].instructions != seen.asked[0].instructions
    questions, answers = {asked(seen, 0), asked(seen, 1)}, set(seen.saved_answers())
    known = questions | answers
    texts = [text for _, text in seen.asked_texts(1) if text not in known]
    extra = [text for text in texts if not seen.said().startswith(text)]
    if not extra and not told_anew:
        return Miss(
            expected="The model learns that its answer was broken off.",
            seen=f"It was asked {len(seen.asked_texts(1))} messages, and none of them says so.",
            next_step="Save a hidden note after the partial answer. ChatKit's own handler does both.",
        )
    notes = [item for item in seen.saved if item.kind in NOTES]
    if len(notes) <= 1:
        return None
    return Miss(
        expected="One note, for the one answer that was broken off.",
        seen=f"The store holds {len(notes)} notes.",
        next_step="Write the note only when the reader has left: in handle_stream_cancelled.",
    )


@EXERCISE.check("it also stops before the first word", points=1, scene=leaves_early)
def early(seen: Seen) -> Miss | None:
    if len(seen.asked) < 2 or seen.text(1) != seen.said(1):
        return Miss(
            expected="A reader leaves while the model thinks. The next question is answered as usual.",
            seen=f"The model was called {len(seen.asked)} time(s), and {seen.recording(1).deltas} pieces came.",
            next_step="Look at what your code needs that is not there yet, before the first word.",
        )
    if late := went_on(seen):
        return late
    extra = [text for text in seen.saved_answers() if text != seen.said(1)]
    if not extra:
        return None
    return Miss(
        expected="No word was seen, so no answer is saved.",
        seen=f"The store holds {len(extra)} message(s) more, with {len(extra[0].strip())} characters of text.",
        next_step="Save a pending message only if it has text.",
    )


@EXERCISE.check("only the reader who leaves is stopped", points=1, scene=two_readers)
def alone(seen: Seen) -> Miss | None:
    if missing := left(seen):
        return missing
    whole = len(seen.scene.replies[1].deltas)
    if seen.text(1) != seen.said(1) or seen.said(1) not in seen.saved_answers(1):
        return Miss(
            expected="Two readers, and one of them leaves. The other one gets the whole answer.",
            seen=f"The reader who stayed got {seen.recording(1).deltas} of {whole} pieces.",
            next_step="Keep the run in a variable of respond: `self` is shared by all readers.",
        )
    return went_on(seen)


@EXERCISE.check("nothing is left behind", points=1, scene=client_leaves)
def tidy(seen: Seen) -> Miss | None:
    if missing := left(seen):
        return missing
    if not (mess := seen.untidy()):
        return None
    return Miss(
        expected="A minute later no task waits any more, and the log is clean.",
        seen=mess,
        next_step="Let a task of your own read stream_agent_response to its end, and pass the events on through a queue.",
    )
