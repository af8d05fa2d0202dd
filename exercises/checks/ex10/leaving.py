"""A reader who leaves."""

from __future__ import annotations

from lesson_kit.grader import Miss
from lesson_kit.scene import Seen

from .answered import SOON, asked, heard, left, miss, not_whole, partials


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


def tidy(seen: Seen) -> Miss | None:
    if missing := left(seen):
        return missing
    if not (mess := seen.untidy()):
        return None
    return miss(
        "ex05",
        "A minute later no task waits any more, and the log is clean.",
        mess,
        "Let a task of your own read stream_agent_response to its end, and pass the events on through a queue.",
    )


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
