"""Whether a question was answered, and what to say where it was not."""

from __future__ import annotations

from lesson_kit.grader import Miss
from lesson_kit.scene import Seen

SOON = 0.2
"""Seconds in which the model must have stopped. It makes a piece of text each 0.05 s."""


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
