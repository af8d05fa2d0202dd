"""Whether what a guest's process says agrees with what was ordered: the script's words and times, the asks, the feeds.

The answer and the stopwatch share a process. No wall stands between them, so a guest that gets past the static look can
stop the clock or write its own record. The judge has the script, and only the script's numbers are accepted: the model's
deltas are its words in its order, none is made before it is due, no question is sent and no value taken before its time.
What still passes is a record that fits in every number, made up by a guest that knew the scene. Then nothing tells a
forgery from an answer, and that is why the report speaks of walls round an answer and not of proof.
"""

from __future__ import annotations

from itertools import accumulate, pairwise

from ..scene import Feed, Seen
from ..scene.facts import Made, Source
from ..script.cues import due_times

__all__ = ["disagreement"]

# Seconds. Loop times are whole nanoseconds, sums of them are floats.
_ROUNDING = 1e-6


def disagreement(seen: Seen) -> str:
    """Say in a few words what cannot have happened; "" where all fits."""
    parts = (_order_of_calls, _deltas, _clients, _sources, _yields)
    return next((said for part in parts if (said := part(seen))), "")


def _rises(times: list[float]) -> bool:
    return all(later >= before - _ROUNDING for before, later in pairwise(times))


def _order_of_calls(seen: Seen) -> str:
    fine = _rises([asked.t for asked in seen.asked])
    return "" if fine else "the model was asked a second time before the first"


def _deltas(seen: Seen) -> str:
    calls: dict[int, list[Made]] = {}
    for made in seen.made:
        calls.setdefault(made.call, []).append(made)
    return next((said for call, made in calls.items() if (said := _call(seen, call, made))), "")


def _call(seen: Seen, call: int, made: list[Made]) -> str:
    replies, times = seen.scene.replies, [one.t for one in made]
    known = 0 <= call < len(seen.asked) and replies
    if not known or (call >= len(replies) and not seen.scene.then_repeat):
        return "the model said something that it was not asked"
    reply = replies[call % len(replies)]
    if [one.delta for one in made] != list(reply.deltas[: len(made)]):
        return "the model said what its script does not say"
    asked = seen.asked[call].t
    early = any(
        t < asked + due - _ROUNDING for t, due in zip(times, due_times(reply), strict=False)
    )
    return "the model was quicker than its script" if early or not _rises(times) else ""


def _clients(seen: Seen) -> str:
    asks, clients = seen.scene.asks, seen.clients
    if len(clients) > len(asks):
        return f"{len(clients)} questions were sent, and {len(asks)} were ordered"
    for (before, client), ask in zip(pairwise(clients), asks[1:], strict=False):
        due = (
            before.sent + ask.after if ask.after is not None else (before.ended or 0.0) + ask.pause
        )
        if client.sent < due - _ROUNDING:
            return "a question was sent before its time"
    for client, ask, recording in zip(clients, asks, seen.recordings, strict=False):
        lasted = (client.ended if client.ended is not None else 1e9) - client.sent
        if recording.duration > lasted + _ROUNDING:
            return "an answer went on after its end"
        if (
            client.left is not None
            and client.left < client.sent + (ask.leave_at or 0.0) - _ROUNDING
        ):
            return "a reader left before its time"
    return ""


def _sources(seen: Seen) -> str:
    if len(seen.sources) > len(seen.feeds):
        return "more sources were read than were given"
    pairs = zip(seen.feeds, seen.sources, strict=False)
    return next((said for feed, source in pairs if (said := _source(feed, source))), "")


def _source(feed: Feed, source: Source) -> str:
    gaps = [feed.gap] * len(feed.values) if isinstance(feed.gap, int | float) else list(feed.gap)
    steps = list(accumulate(gaps, initial=feed.thinking))[: len(feed.values)]
    if len(source.due) not in (0, len(steps)) or len(source.taken) > len(source.due):
        return "a source gave more values than it has"
    began = source.due[0] - steps[0] if source.due else 0.0
    apart = zip(source.due, steps, strict=False)
    if began < -_ROUNDING or any(abs(due - step - began) > _ROUNDING for due, step in apart):
        return "a source had other times than its script"
    early = any(t < due - _ROUNDING for t, due in zip(source.taken, source.due, strict=False))
    return "a value was taken before it was there" if early or not _rises(source.taken) else ""


def _yields(seen: Seen) -> str:
    return "" if _rises(seen.times) else "a value was yielded before the one before it"
