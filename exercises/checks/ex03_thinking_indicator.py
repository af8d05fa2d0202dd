"""Exercise ex03: a thinking line that stands from the question to the first text."""

from __future__ import annotations

from random import Random

from lesson_kit.grader import Exercise, Miss
from lesson_kit.scene import Reply, Scene, Seen, question, words

EXERCISE = Exercise(
    "ex03_thinking_indicator",
    title="Show that the model thinks",
    defines=["ThinkingServer"],
    hints=(
        "A progress line is one event: `ProgressUpdateEvent`. Which line of `respond` runs first, before anything waits?",
        "`Runner.run_streamed` starts the model and returns at once. So the next line of code runs long before the first "
        "text. Nothing has to be cleared: the first text takes the place of the progress line by itself.",
        'Three steps, in this order: `yield ProgressUpdateEvent(icon="clock", text="Thinking...")`, then '
        "`result = Runner.run_streamed(self.agent, history, context=ctx)`, then "
        "`async for event in stream_agent_response(ctx, result): yield event`.",
    ),
)

AT_ONCE = 0.1
"""Seconds in which the line must come, and in which each piece of text must pass. The store takes 0.02 s a call."""


@EXERCISE.scene
def slow_model(chance: Random) -> Scene:
    """A model that thinks for two seconds or more."""
    thinking = chance.randint(20, 30) / 10
    return Scene(replies=(Reply(words(chance, 12), thinking=thinking),), asks=(question(chance),))


@EXERCISE.scene
def two_questions(chance: Random) -> Scene:
    """The same model is asked twice on one thread; the second time it knows the answer at once."""
    replies = (Reply(words(chance, 6), thinking=1.5), Reply(words(chance, 6), thinking=0.0))
    return Scene(replies=replies, asks=(question(chance), question(chance)))


def began(seen: Seen, k: int = 0) -> float:
    """When ChatKit called respond: its first event of every answer comes just before that."""
    first = seen.first("stream_options", k)
    return first.t if first else 0.0


def no_line(seen: Seen, k: int = 0) -> Miss | None:
    """The same words for all checks that need a line."""
    if seen.progress(k):
        return None
    return Miss(
        expected="A thinking line as soon as the question is there.",
        seen=f"No thinking line came for question {k + 1}.",
        next_step="Yield a ProgressUpdateEvent with a text, before you start the run.",
    )


@EXERCISE.check("the thinking line comes at once", points=2, scene=slow_model)
def at_once(seen: Seen) -> Miss | None:
    if missing := no_line(seen):
        return missing
    late = seen.progress()[0].start - began(seen)
    return came_late(late) if late > AT_ONCE else None


def came_late(late: float) -> Miss:
    return Miss(
        expected=f"A thinking line within {AT_ONCE:.1f} s.",
        seen=f"The thinking line came after {late:.2f} s. Nothing was on the screen before.",
        next_step="Make the ProgressUpdateEvent the first thing that respond yields.",
    )


@EXERCISE.check("it stays until the first text", points=3, scene=slow_model)
def stays(seen: Seen) -> Miss | None:
    first = seen.recording().first_token
    if missing := no_line(seen):
        return missing
    if first is None:
        return no_text()
    # One line may follow another; then the last of them has to stand.
    gone = max((line.end for line in seen.progress() if line.start <= first), default=None)
    if gone is None:
        return came_late(seen.progress()[0].start - began(seen))
    if first - gone <= AT_ONCE:
        return None
    return Miss(
        expected="The thinking line stands until the first text.",
        seen=f"It was gone after {gone - began(seen):.2f} s. Then {first - gone:.2f} s of empty screen.",
        next_step="Send no event with an empty text: the first text takes the line's place by itself.",
        pitfall="clear_too_soon",
    )


@EXERCISE.check("the answer streams", points=2, scene=slow_model)
def streams(seen: Seen) -> Miss | None:
    if not seen.made or not seen.text():
        return no_text()
    if (late := seen.asked[0].t - seen.sent_at() - began(seen)) > AT_ONCE:
        return Miss(
            expected="The model starts at once.",
            seen=f"The model was asked after {late:.2f} s.",
            next_step="Wait for nothing between the thinking line and the run.",
        )
    if seen.said() in seen.text() and max(seen.delays(), default=0) <= AT_ONCE:
        return None
    shown = seen.recording().deltas
    return Miss(
        expected=f"Each of the {len(seen.made)} pieces of text on the screen within {AT_ONCE:.1f} s.",
        seen=f"The client got {shown} pieces, the slowest {max(seen.delays(), default=0):.2f} s after it was made.",
        next_step="Yield each event of stream_agent_response inside the loop, as it comes.",
    )


def no_text() -> Miss:
    return Miss(
        expected="The model's answer on the screen.",
        seen="No text of the model came.",
        next_step="Start the run with Runner.run_streamed, and yield each event of stream_agent_response.",
    )


@EXERCISE.check("no thinking line after the first text", points=1, scene=slow_model)
def quiet(seen: Seen) -> Miss | None:
    if missing := no_line(seen):
        return missing
    first = seen.recording().first_token
    if first is None:
        return no_text()
    late = [line for line in seen.progress() if line.start > first]
    if not late:
        return None
    return Miss(
        expected="After the first text, the text alone tells how far the answer is.",
        seen=f"{len(late)} thinking line(s) came after the first text.",
        next_step="Send the thinking line before the loop, and only there.",
    )


@EXERCISE.check("nothing of it is saved", points=1, scene=slow_model)
def transient(seen: Seen) -> Miss | None:
    answer = seen.said()
    if not seen.text():
        return no_text()
    if missing := no_line(seen):
        return missing
    extra = [item for item in seen.saved if item.kind != "user_message" and item.text != answer]
    if not extra and seen.saved_answers() == [answer]:
        return None
    if not extra:
        return Miss(
            expected="The finished answer in the store, once.",
            seen=f"The store holds {len(seen.saved_answers())} finished answers.",
            next_step="Yield every event of stream_agent_response: the last one finishes and saves the message.",
        )
    return Miss(
        expected="The store holds the question and the answer, nothing else.",
        seen=f"The store also holds a message with the text {extra[0].text[:40]!r}.",
        next_step="Show the line with ProgressUpdateEvent: it is shown, and never saved.",
    )


@EXERCISE.check("every question gets its line", points=1, scene=two_questions)
def every_question(seen: Seen) -> Miss | None:
    for k in (0, 1):
        if missing := no_line(seen, k):
            return missing
        late, first = seen.progress(k)[0].start - began(seen, k), seen.recording(k).first_token
        if first is None or late > AT_ONCE:
            return Miss(
                expected="For each question a thinking line, then the answer.",
                seen=f"Question {k + 1}: the line came after {late:.2f} s, and "
                f"{'no text followed' if first is None else 'then the text'}.",
                next_step="Keep nothing in the server that is true for the first question only.",
            )
    return None
