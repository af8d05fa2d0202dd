"""Exercise ex04: six sick servers, each with a symptom; the cause is to be named, and mended."""

from __future__ import annotations

from lesson_kit.grader import Exercise, Miss
from lesson_kit.scene import Seen

from .ex04.causes import answered, not_yet, right_ones
from .ex04.patients import named, patient_a, patient_b, patient_c, patient_d, patient_e, patient_f
from .ex04.symptoms import late, not_kept, not_whole, nothing_came

EXERCISE = Exercise(
    "ex04_diagnose_stall",
    title="Six sick servers",
    defines=["causes", "ServerA", "ServerB", "ServerC", "ServerD", "ServerE", "ServerF"],
    hints=(
        "Read the table of evidence row by row. First: did the model make all its words? All six models did, so the fault "
        "lies behind the model. Then: how many did the user see, when, and how many are kept? A: some seen, none kept. "
        "B: all seen, none kept. C: none seen, none kept. F: an answer is kept, and it is empty.",
        "Now read the code. A: what does the loop do after its tenth event? B: the helper of ChatKit sends a last event "
        "by itself; who sends it here? C: which line reads what `pass_on` gives? D: when does the first event in `waiting` "
        "go out? E: can anybody else run while `look_up()` runs? F: take the `try` away in SickF, and ask it again: "
        "what does the error say?",
        "A, D: `async for event in stream_agent_response(ctx, result): yield event`, and nothing else in the loop. "
        "B: after the loop `yield ThreadItemDoneEvent(item=message)`. C: `async for event in self.pass_on(ctx, result): "
        "yield event`. E: `books = await asyncio.to_thread(look_up)`. F: no `try`, and in the loop "
        '`if event.type == "raw_response_event" and event.data.type == TEXT:`. The causes are, from A to F: '
        "closed_generator, never_done, forgotten_yield, held_back, blocking_call, swallowed_error.",
    ),
)

for make in (named, patient_a, patient_b, patient_c, patient_d, patient_e, patient_f):
    EXERCISE.scene(make)

LEAST = 8
"""Pieces of text that the sick ServerA shows."""


@EXERCISE.check("three causes are named", points=1, scene=named)
def three(seen: Seen) -> Miss | None:
    given = answered(seen)
    if isinstance(given, Miss):
        return given
    return None if len(right_ones(given)) >= 3 else not_yet(given, "Three right causes or more.")


@EXERCISE.check("all six causes are named", points=2, scene=named)
def all_six(seen: Seen) -> Miss | None:
    given = answered(seen)
    if isinstance(given, Miss):
        return given
    return (
        None
        if len(right_ones(given)) == 6
        else not_yet(given, "The right cause for each of the six.")
    )


@EXERCISE.check("ServerA is mended: it does not freeze", points=1, scene=patient_a)
def mended_a(seen: Seen) -> Miss | None:
    shown, whole = seen.text(), seen.said()
    if missing := nothing_came(seen):
        return missing
    # It may still be short, if what it shows is finished and kept.
    short = whole.startswith(shown) and len(shown.split()) >= LEAST and shown in seen.finished()
    if shown != whole and not short:
        return Miss(
            expected=f"All {len(whole.split())} words; or fewer, if the message is then finished.",
            seen=f"The text stood still after {len(shown.split())} words, and no thread.item.done came.",
            next_step="Take out what ends the loop early: the end of an answer comes by itself.",
            pitfall="closed_generator",
        )
    return not_kept(seen) or late(seen)


@EXERCISE.check("ServerB is mended: its answer stays", points=1, scene=patient_b)
def mended_b(seen: Seen) -> Miss | None:
    return nothing_came(seen) or not_whole(seen) or not_kept(seen) or late(seen)


@EXERCISE.check("ServerC is mended: it speaks", points=1, scene=patient_c)
def mended_c(seen: Seen) -> Miss | None:
    return nothing_came(seen) or not_whole(seen) or not_kept(seen) or late(seen)


@EXERCISE.check("ServerD is mended: the words come one by one", points=1, scene=patient_d)
def mended_d(seen: Seen) -> Miss | None:
    return nothing_came(seen) or late(seen) or not_whole(seen) or not_kept(seen)


@EXERCISE.check("ServerE is mended: nobody else waits", points=1, scene=patient_e)
def mended_e(seen: Seen) -> Miss | None:
    for k in (0, 1):
        if (
            miss := nothing_came(seen, k)
            or not_whole(seen, k)
            or not_kept(seen, k)
            or late(seen, k)
        ):
            return miss
    told = [asked.instructions for asked in seen.asked]
    if all("3 books on tea" in one for one in told):
        return None
    return Miss(
        expected="The model is told what look_up() found, for each question.",
        seen=f"Its instructions were {told[0]!r:.60}." if told else "The model was never asked.",
        next_step="Keep the look-up, and give what it returns to self.start as instructions.",
    )


@EXERCISE.check("ServerF is mended: its answer is not empty", points=1, scene=patient_f)
def mended_f(seen: Seen) -> Miss | None:
    empty = [text for text in seen.finished() if not text]
    if empty and not seen.text():
        return Miss(
            expected=f"The model's {len(seen.said().split())} words in the answer.",
            seen=f"An empty answer came, and no error. The model had made {len(seen.made_in(0))} pieces of text.",
            next_step="Only a raw_response_event has .data: look at event.type first.",
            pitfall="swallowed_error",
        )
    return nothing_came(seen) or not_whole(seen) or not_kept(seen)


@EXERCISE.check("ServerF tells the user when the model fails", points=1, scene=patient_f)
def tells_f(seen: Seen) -> Miss | None:
    if miss := mended_f(seen):
        return miss
    if len(seen.asked) < 2:
        return Miss(
            expected="A model that fails at the second question.",
            seen=f"The model was asked {len(seen.asked)} time(s).",
            next_step="Start a run for every question.",
        )
    if seen.errors(1):
        return None
    empty = "an empty answer" if seen.finished(1) else "nothing at all"
    return Miss(
        expected="An error on the screen, with a way to try again.",
        seen=f"The model failed at the second question, and the user saw {empty} and no error.",
        next_step="Let the error out of respond: ChatKit then tells the user. Or raise a CustomStreamError.",
        pitfall="swallowed_error",
    )
