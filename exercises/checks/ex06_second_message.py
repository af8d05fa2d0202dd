"""Exercise ex06: a second message on the same thread interrupts the first answer."""

from __future__ import annotations

from dataclasses import replace

from lesson_kit.grader import Exercise, Miss
from lesson_kit.scene import Seen

from .ex06.messages import impatient, second_message, two_threads
from .ex06.turns import SOON, asked, cut_short, no_start, not_answered, went_on

EXERCISE = Exercise(
    "ex06_second_message",
    title="A second message interrupts",
    defines=["OneTurnServer"],
    hints=(
        "Two calls of `respond` run at the same time, one for each message. The second one must find the first one, stop it, "
        "and wait for it. What do both know? The id of the thread, and `self.turns`.",
        "When `respond` begins: take the old turn out of `self.turns`, and put a new one there. `old.stop()` stops its "
        "model. Then wait until the old `respond` has come to its end (`old.ended`), and only then load the history. When "
        "a run is stopped, `stream_agent_response` ends without a done event: send one yourself, with the text so far. "
        "For that you must collect the text while it streams.",
        'Collect in the loop: at `"thread.item.added"` keep `message, text = event.item, ""`; at `"thread.item.done"` '
        '`message = None`; at an update of the type `"assistant_message.content_part.text_delta"` '
        "`text += event.update.delta`. After the loop, if `message and text`: "
        "`message.content = [AssistantMessageContent(text=text)]`, `yield ThreadItemDoneEvent(item=message)`; and if "
        "`turn.stopped`: `yield ThreadItemDoneEvent(item=self.note(thread, context))`. All that in a `try`; its `finally` "
        "calls `turn.ended.set()`, and takes the turn out of `self.turns` only if it is still this one.",
    ),
)

for make in (second_message, impatient, two_threads):
    EXERCISE.scene(make)

NOTES = ("hidden_context_item", "sdk_hidden_context")


@EXERCISE.check("the first answer stops", points=2, scene=second_message)
def stops(seen: Seen) -> Miss | None:
    return no_start(seen) or went_on(seen, 0, 1) or not_answered(seen, 1, 1)


@EXERCISE.check("what the user saw of it is saved, in its place", points=2, scene=second_message)
def kept(seen: Seen) -> Miss | None:
    if missing := no_start(seen) or cut_short(seen):
        return missing
    shown = seen.text(0)
    partials = [t for t in seen.saved_answers() if t and seen.said().startswith(t)]
    if not partials:
        return Miss(
            expected=f"The {seen.recording().deltas} pieces that the user saw, in the store.",
            seen="Nothing of them is saved. A run that was stopped ends without a done event.",
            next_step="After the loop, yield a ThreadItemDoneEvent with the message and the text so far.",
            pitfall="never_done",
        )
    if len(partials) > 1 or not partials[0].startswith(shown):
        return Miss(
            expected=f"What the user saw, saved once: {len(shown)} characters.",
            seen=f"The store holds {len(partials)} answer(s), of {', '.join(str(len(t)) for t in partials)} characters.",
            next_step="Collect each text delta, and yield one done event for the message, under its own id.",
        )
    texts = [item.text for item in seen.saved if item.text in (partials[0], asked(seen, 1))]
    if texts == [partials[0], asked(seen, 1)]:
        return None
    return Miss(
        expected="In the store: the first question, the partial answer, the second question.",
        seen="The partial answer stands after the second question.",
        next_step="Save the message that was begun, with its own created_at. A new one gets the time of now.",
    )


@EXERCISE.check("the model knows what was said", points=2, scene=second_message)
def knows(seen: Seen) -> Miss | None:
    if missing := no_start(seen) or cut_short(seen) or not_answered(seen, 1, 1):
        return missing
    texts = [text for _, text in seen.asked_texts(1)]
    partials = [text for text in texts if text and seen.said().startswith(text)]
    wanted = [asked(seen, 0), *partials[:1], asked(seen, 1)]
    if (
        partials
        and partials[0].startswith(seen.text(0))
        and [t for t in texts if t in wanted] == wanted
    ):
        return None
    if partials and all(text in texts for text in wanted):
        return Miss(
            expected="The model reads: first question, partial answer, second question.",
            seen=f"It read {len(texts)} messages, these three in another order or twice.",
            next_step="Load the thread's items in the order of the store, and change nothing.",
        )
    if any(asked(seen, k) not in texts for k in (0, 1)):
        return Miss(
            expected="The model reads: first question, partial answer, second question.",
            seen=f"It read {len(texts)} message(s); a question is missing.",
            next_step="Load the whole history: load_thread_items with the order 'asc', oldest first.",
        )
    saved = any(text and seen.said().startswith(text) for text in seen.saved_answers())
    return Miss(
        expected="The model reads: first question, partial answer, second question.",
        seen=f"It read {len(texts)} messages; {'a part' if partials else 'all'} of the partial answer is missing.",
        next_step="Wait for the old turn's end (old.ended), and only then load the history."
        if saved
        else "Save the partial answer first: see the check above.",
    )


@EXERCISE.check("the model is told, once", points=1, scene=second_message)
def told(seen: Seen) -> Miss | None:
    if missing := no_start(seen) or cut_short(seen):
        return missing
    if len(seen.asked) < 3:
        return Miss(
            expected="Three questions reach the model.",
            seen=f"It was called {len(seen.asked)} time(s).",
            next_step="After an interruption the server must answer as before.",
        )
    said = {asked(seen, 0), asked(seen, 1), *seen.saved_answers()}
    extra = [t for _, t in seen.asked_texts(1) if t not in said and not seen.said().startswith(t)]
    if not extra and seen.asked[1].instructions == seen.asked[0].instructions:
        return Miss(
            expected="The model learns that its first answer was broken off.",
            seen=f"It was asked {len(seen.asked_texts(1))} messages, and none of them says so.",
            next_step="After the partial answer, yield a ThreadItemDoneEvent with self.note(thread, context).",
        )
    notes = [item for item in seen.saved if item.kind in NOTES]
    if len(notes) <= 1:
        return None
    return Miss(
        expected="One note: one answer was broken off.",
        seen=f"Three messages were sent, and the store holds {len(notes)} notes.",
        next_step="Write the note only if this turn was stopped before its end.",
    )


@EXERCISE.check("the first stream ends in peace", points=1, scene=second_message)
def peace(seen: Seen) -> Miss | None:
    if missing := no_start(seen) or cut_short(seen):
        return missing
    errors, outcome = seen.errors(0), seen.recording(0).outcome
    if errors:
        return Miss(
            expected="The first answer ends as a finished message, and no error is shown.",
            seen=f"The user got an error event: {errors[0].message or errors[0].code!r}",
            next_step="Let the old respond come to its end by itself, without raising anything.",
        )
    if not seen.finished(0) or outcome != "done":
        return Miss(
            expected="The message on the screen is finished, and then the stream ends.",
            seen=f"The stream is over ({outcome}), and {len(seen.finished(0))} message(s) are finished.",
            next_step="Yield a ThreadItemDoneEvent for what was begun. And cancel only the run, never the task.",
        )
    if not (mess := seen.untidy()):
        return None
    return Miss(
        expected="A minute later no task waits any more, and the log is clean.",
        seen=mess,
        next_step="Read stream_agent_response to its end: when the run is stopped, it ends by itself.",
    )


@EXERCISE.check("a third message stops the second answer", points=1, scene=impatient)
def third(seen: Seen) -> Miss | None:
    if len(seen.asked) < 3 or not seen.made_in(1):
        return Miss(
            expected="Three messages in a row, and each one reaches the model.",
            seen=f"The model was called {len(seen.asked)} time(s).",
            next_step="The second message comes before the first word: look at what is not there yet then.",
        )
    if missing := went_on(seen, 0, 1):
        return missing
    if missing := went_on(seen, 1, 2):
        advice = "When a turn ends, take it out of self.turns only if it is still the one that stands there."
        return replace(missing, next_step=advice)
    if missing := not_answered(seen, 2, 2):
        return missing
    texts = [text for _, text in seen.asked_texts(2)]
    partials = [t for t in texts if t and seen.said(1).startswith(t)]
    wanted = [asked(seen, 0), asked(seen, 1), *partials[:1], asked(seen, 2)]
    blank = [
        item for item in seen.saved if item.kind == "assistant_message" and not item.text.strip()
    ]
    if partials and [t for t in texts if t in wanted] == wanted and not blank:
        return None
    return Miss(
        expected="The model reads both questions, the partial answer, and the third question.",
        seen=f"The store holds {len(blank)} message(s) without text."
        if blank
        else f"It read {len(texts)} messages, and not these in this order.",
        next_step="Save a message only if it has text."
        if blank
        else "The same as for the second message: save the partial answer, and load the history after that.",
    )


@EXERCISE.check("other threads go on", points=1, scene=two_threads)
def others(seen: Seen) -> Miss | None:
    whole = len(seen.scene.replies[1].deltas)
    if seen.text(1) != seen.said(1) or seen.said(1) not in seen.saved_answers(1):
        return Miss(
            expected="A message on one thread leaves the answers on all other threads alone.",
            seen=f"The answer on the other thread came to {seen.recording(1).deltas} of {whole} pieces.",
            next_step="Keep one turn for each thread: self.turns[thread.id].",
        )
    if missing := no_start(seen, 2):
        return missing
    late = [m for m in seen.made_after(seen.sent_at(2) + SOON) if m.call == 0]
    if not late:
        return not_answered(seen, 2, 2)
    return Miss(
        expected=f"The first thread's old answer stops within {SOON:.1f} s.",
        seen=f"Its model made {len(late)} more pieces.",
        next_step="Look the old turn up under thread.id, also when other threads are busy.",
        pitfall="no_interruption",
    )
