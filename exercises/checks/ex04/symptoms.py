"""What a server can still suffer from when it should be mended."""

from __future__ import annotations

from lesson_kit.grader import Miss
from lesson_kit.scene import Seen

SOON = 0.2
"""Seconds in which each piece of text must pass. The model makes one each 0.05 s; the sick ServerD holds them 0.4 s."""


def nothing_came(seen: Seen, k: int = 0) -> Miss | None:
    """No text on the screen at all."""
    if seen.text(k):
        return None
    made, pieces = len(seen.made_in(seen.call_of(k))), seen.recording(k).deltas
    if seen.finished(k) and pieces:
        return Miss(
            expected="The text stays on the screen.",
            seen=f"{pieces} pieces of text came, and then the message was finished with an empty text.",
            next_step="The last event carries the whole text: keep what you send in the message, too.",
            pitfall="never_done",
        )
    logged = seen.trouble("logged")
    if made and logged:
        return Miss(
            expected="The model's answer on the screen.",
            seen=f"The model made {made} pieces of text, and the stream broke off: {logged.message[:90]}.",
            next_step="Yield single events, inside a loop: `async for event in ...: yield event`.",
        )
    return Miss(
        expected="The model's answer on the screen.",
        seen=f"The model made {made} pieces of text, and the user saw none.",
        next_step="Read the model's events with `async for`, and yield them."
        if made
        else "Keep the line with self.start: it starts the model.",
    )


def not_whole(seen: Seen, k: int = 0) -> Miss | None:
    """Text is missing, or was changed."""
    if seen.text(k) == seen.said(seen.call_of(k)):
        return None
    shown, whole = len(seen.text(k).split()), len(seen.said(seen.call_of(k)).split())
    if shown > whole:
        return Miss(
            expected=f"The answer's {whole} words, once.",
            seen=f"{shown} words stood on the screen.",
            next_step="Send each event once, and one ThreadItemDoneEvent for each message.",
        )
    return Miss(
        expected=f"All {whole} words of the model, in their order.",
        seen=f"{shown} words stood on the screen at the end.",
        next_step="Let nothing end the loop but the end of the model's events.",
    )


def not_kept(seen: Seen, k: int = 0) -> Miss | None:
    """The message is not finished, or not saved: after a reload it is gone."""
    shown, kept = seen.text(k), seen.saved_answers(seen.clients[k].thread)
    if shown in seen.finished(k) and shown in kept:
        if len(seen.finished(k)) == 1:
            return None
        return Miss(
            expected="One message for one answer.",
            seen=f"{len(seen.finished(k))} messages were finished: the user reads the answer twice.",
            next_step="Send one ThreadItemDoneEvent for each message. stream_agent_response sends its own.",
        )
    many = len(shown.split())
    if seen.finished(k):
        return Miss(
            expected=f"The {many} words that the user saw, in the store.",
            seen=f"The message was finished with {len(seen.finished(k)[0].split())} words.",
            next_step="Give the ThreadItemDoneEvent the message with its whole text.",
            pitfall="never_done",
        )
    return Miss(
        expected="The message is finished, and stays after a reload.",
        seen=f"The user saw {many} words, no thread.item.done came, and the store holds {len(kept)} answers.",
        next_step="The last event of a message must be a ThreadItemDoneEvent: only that saves it.",
        pitfall="never_done",
    )


def late(seen: Seen, k: int = 0) -> Miss | None:
    """Words that wait on the server."""
    slowest = max(seen.delays(k, seen.call_of(k)), default=0.0)
    if slowest <= SOON:
        return None
    pieces = seen.recording(k).deltas
    return Miss(
        expected=f"Each piece of text on the screen within {SOON:.1f} s, one by one.",
        seen=f"{'No single pieces' if not pieces else f'{pieces} pieces'} came, and one had waited {slowest:.2f} s on the server.",
        next_step="Yield each event in the loop as soon as you have it. Keep none back.",
    )
