"""A second message, which interrupts the answer to the first."""

from __future__ import annotations

from lesson_kit.grader import Miss
from lesson_kit.scene import Seen

from .answered import SOON, asked, heard, miss, no_text, not_whole, partials

STARTED = 0.5
"""Seconds in which a second message must have reached the model."""


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
    """The interrupted answer ends as a finished message."""
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
    return not_known(seen, part[0])


def not_known(seen: Seen, part: str) -> Miss | None:
    """The model must soon read the partial answer, in its place, and that it was broken off."""
    wanted, got = [asked(seen, 0), part, asked(seen, 2)], heard(seen, 2)
    if [text for text in got if text in wanted] != wanted:
        return miss(
            "ex06",
            "The model reads: first question, partial answer, second question.",
            f"It read {len(got)} message(s), and not these three in this order.",
            "Wait for the old turn's end (old.ended), and only then load the history."
            if asked(seen, 0) in got and part not in got
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
