"""What becomes of a turn when the next message comes."""

from __future__ import annotations

from lesson_kit.grader import Miss
from lesson_kit.scene import Seen

SOON = 0.2
"""Seconds in which the old model must have stopped. It makes a piece of text each 0.05 s."""
STARTED = 0.5
"""Seconds in which the second question must have reached the model. The store takes 0.02 s a call."""


def asked(seen: Seen, k: int) -> str:
    """The text of question k."""
    return seen.scene.asks[k].text or ""


def no_start(seen: Seen, k: int = 1) -> Miss | None:
    """The first answer must have begun when request `k` interrupts it; without that nothing can be seen."""
    before = [made for made in seen.made_in(0) if made.t < seen.sent_at(k)]
    if before and seen.recording().deltas:
        return None
    return Miss(
        expected=f"{seen.sent_at(k):.1f} s after the first question its answer is on its way.",
        seen=f"The model had made {len(before)} pieces of text, and {seen.recording().deltas} came to the user.",
        next_step="Start the run with Runner.run_streamed, and yield each event of stream_agent_response.",
    )


def went_on(seen: Seen, call: int, k: int) -> Miss | None:
    """Call `call` of the model must have stopped when request `k` was sent."""
    late = [m for m in seen.made_after(seen.sent_at(k) + SOON) if m.call == call]
    if not late:
        return None
    nth = ("first", "second")[call]
    return Miss(
        expected=f"The {nth} answer stops within {SOON:.1f} s after the {('second', 'third')[call]} message.",
        seen=f"Its model made {len(late)} more pieces, until {late[-1].t - seen.sent_at(k):.1f} s after the message.",
        next_step="Find the old turn of this thread in self.turns, and stop it: old.stop() cancels its run.",
        pitfall="no_interruption",
    )


def not_answered(seen: Seen, k: int, call: int) -> Miss | None:
    """Request `k`, for which the model is called as number `call`, must get its whole answer soon."""
    if seen.text(k) != seen.said(call) or len(seen.asked) <= call:
        got, whole = seen.recording(k).deltas, len(seen.scene.replies[call].deltas)
        return Miss(
            expected=f"Message {k + 1} is answered to the end.",
            seen=f"{got} of {whole} pieces came.",
            next_step="After the old turn has ended, load the history, start the run, and yield its events.",
        )
    if seen.asked[call].t - seen.sent_at(k) <= STARTED:
        return None
    return Miss(
        expected=f"The model gets message {k + 1} within {STARTED:.1f} s.",
        seen=f"It got it after {seen.asked[call].t - seen.sent_at(k):.1f} s.",
        next_step="Stop the old turn first; then its end comes at once, and you need not wait long.",
    )


def cut_short(seen: Seen) -> Miss | None:
    """An answer that came to its end has no partial."""
    if len(seen.made_in(0)) < len(seen.scene.replies[0].deltas):
        return None
    return Miss(
        expected="The first answer is broken off in the middle.",
        seen=f"It was not: all its {len(seen.made_in(0))} pieces were made.",
        next_step="Mend the first check above. This one builds on it.",
    )
