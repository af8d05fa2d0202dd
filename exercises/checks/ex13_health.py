"""Exercise ex13: how the streams of a server do, in figures that mean what they say."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

from lesson_kit.grader import Exercise, Miss
from lesson_kit.scene import Seen

from .ex13.logs import failures, nothing_to_measure, tools_at_work, uneven_text, waiting_users
from .ex13.reports import NAMES, figure, near, reports, shown
from .ex13.truth import PAUSE, Truth, log_of, p95, rate

EXERCISE = Exercise(
    "ex13_health",
    title="Stream health",
    defines=["StreamHealth", "replay"],
    hints=(
        "Ask of each figure: of what, and divided by what? Failed *streams* of started *streams*. Deltas of the time in which "
        "text *flows*. And several streams run at the same time: what must you remember for each of them?",
        "A dict is enough: for each open stream the time at which it started, and the time of its newest delta (None at "
        "first). In `delta`, the newest delta's time is None: that was the wait for the first token. Else it is a gap. Keep "
        "two lists: first tokens, gaps. Test with `is None`: a time may be 0.0.",
        "`report`: `flowing = [gap for gap in self.gaps if gap <= PAUSE]`. The speed is `len(flowing) / sum(flowing)`, if the "
        "sum is above 0. The first token is `statistics.median(self.first_tokens)`, if there are any. For p95: "
        "`ordered = sorted(self.gaps)`, then `ordered[math.ceil(0.95 * len(ordered)) - 1]`, if there are any.",
    ),
)

for make in (failures, waiting_users, tools_at_work, uneven_text, nothing_to_measure):
    EXERCISE.scene(make)


@EXERCISE.check("streams are counted", points=1, scene=failures)
def counted(seen: Seen) -> Miss | None:
    truth = Truth(log_of(seen))
    began, ended = len(truth.began), len(truth.ended)
    wanted = (
        ("started", began, "the number of streams that began", "Count streams, not deltas."),
        ("active", began - ended, "the number of those that have not ended", "A stream that has ended, well or not, is not active."),
        ("failed", truth.failed, "the number of those that failed", "Count only those whose end came with failed=True. Who leaves early has not failed."),
    )  # fmt: skip
    checks = (figure(seen, name, number, what, [], advice) for name, number, what, advice in wanted)
    return next(filter(None, checks), None)


@EXERCISE.check("of all that started, so many failed", points=2, scene=failures)
def share(seen: Seen) -> Miss | None:
    truth = Truth(log_of(seen))
    slips = [
        (truth.failed / truth.deltas, "That is failures per delta: one failed stream of a hundred deltas would be 1 %. Divide by the streams that started."),
        (truth.failed / len(truth.ended), "Divide by all streams that started, not only by those that have ended."),
        (truth.failed / len(truth.times), "Streams that fail before their first delta count, too. Divide by all that started."),
        (100 * truth.failed / len(truth.began), "A share is between 0 and 1: leave the 100 out."),
    ]  # fmt: skip
    what = f"failed streams of started streams, {truth.failed} of {len(truth.began)}"
    return figure(
        seen,
        "failed_share",
        truth.failed / len(truth.began),
        what,
        slips,
        "Divide failed by started.",
    )


@EXERCISE.check("the first token stands apart", points=2, scene=waiting_users)
def first_token(seen: Seen) -> Miss | None:
    truth = Truth(log_of(seen))
    slips = [
        (statistics.fmean(truth.waits), "That is the average, and one very slow model moves it a lot. Take the median."),
        (truth.waits[-1], "That is one stream's. Keep all of them, and take the median."),
        (max(truth.waits), "That is the longest one. Take the median."),
        (min(truth.waits), "That is the shortest one. Take the median."),
    ]  # fmt: skip
    what = f"the median of {len(truth.waits)} waits for the first delta"
    otherwise = "Measure for each stream from its start to its first delta. A stream without a delta has no such wait."
    return figure(seen, "first_token_s", statistics.median(truth.waits), what, slips, otherwise)


@EXERCISE.check("the speed of text, while it flows", points=2, scene=tools_at_work)
def speed(seen: Seen) -> Miss | None:
    truth = Truth(log_of(seen))
    flowing, all_gaps = sum(truth.flowing), sum(truth.gaps)
    waiting = "The wait before the first delta is in it: no text flows there. Add up the gaps between deltas only."
    pauses = f"The pauses are in it: leave out each gap of more than {PAUSE:g} s."
    slips = [
        (truth.deltas / truth.elapsed, "That is all deltas by all the time that passed, waiting too. Add up the gaps between deltas only."),
        (truth.deltas / (all_gaps + sum(truth.waits)), waiting),
        (truth.deltas / (flowing + sum(truth.waits)), waiting),
        (len(truth.flowing) / (flowing + sum(truth.waits)), waiting),
        (len(truth.gaps) / all_gaps, pauses),
        (truth.deltas / all_gaps, pauses),
        (truth.deltas / flowing, "There are more deltas than gaps. Divide the number of short gaps by their sum."),
        (flowing / len(truth.flowing), "That is seconds per delta. Turn it round."),
        (len(truth.flowing) / sum(truth.mixed), "Streams run at the same time: measure each gap within its own stream."),
        (len(truth.mixed) / sum(truth.mixed), "Streams run at the same time: measure each gap within its own stream."),
        (rate(truth.mixed), "Streams run at the same time: measure each gap within its own stream."),
        (rate(truth.since_any), "Streams run at the same time: measure each gap within its own stream."),
        (rate(truth.gaps + truth.waits), waiting),
    ]  # fmt: skip
    what = f"the {len(truth.flowing)} gaps of up to {PAUSE:g} s by their {flowing:.2f} s"
    otherwise = "Divide the number of short gaps by their sum. A gap is the time from one delta of a stream to its next."
    return figure(seen, "deltas_per_second", len(truth.flowing) / flowing, what, slips, otherwise)


@EXERCISE.check("the gap that 95 of 100 do not exceed", points=2, scene=uneven_text)
def tail(seen: Seen) -> Miss | None:
    truth = Truth(log_of(seen))
    slips = [
        (statistics.fmean(truth.gaps), "That is the average. It hides the few long gaps that users notice."),
        (statistics.median(truth.gaps), "That is the median. It hides the long gaps that users notice."),
        (max(truth.gaps), "That is the longest one: a single bad moment decides it. 5 of 100 may be longer."),
        (p95(truth.flowing), "The long gaps count here, too: users sit through them."),
        (p95(truth.mixed), "Streams run at the same time: measure each gap within its own stream."),
        (p95(truth.gaps + truth.waits), "The wait for the first token is no gap."),
    ]  # fmt: skip
    what = f"the 95th percentile of {len(truth.gaps)} gaps"
    otherwise = "Sort all gaps. The one at place ceil(0.95 * n), counted from 1, is it."
    return figure(seen, "gap_p95_s", p95(truth.gaps), what, slips, otherwise)


@EXERCISE.check("what cannot be known is None", points=1, scene=nothing_to_measure)
def unknown(seen: Seen) -> Miss | None:
    found = reports(seen)
    if isinstance(found, Miss):
        return found
    no_time = ("deltas_per_second",)
    wanted: list[tuple[str, tuple[str, ...], Callable[[dict[str, Any]], bool]]] = [
        ("Before the first stream", NAMES[3:], lambda report: report["started"] == 0),
        ("While the first stream waits", NAMES[4:], lambda report: near(report["failed_share"], 0)),
        (
            "When all deltas came in one instant",
            no_time,
            lambda report: near(report["first_token_s"], 0),
        ),
        ("After the end of that stream", no_time, lambda report: near(report["gap_p95_s"], 0)),
    ]
    for (when, names, known), report in zip(wanted, found, strict=True):
        if odd := [name for name in names if report[name] is not None]:
            return Miss(
                expected=f"{when} {odd[0]} is None.",
                seen=f"It is {shown(report[odd[0]])}: that looks like a measured figure, and nothing was measured.",
                next_step="Ask first whether there is anything to divide by, or to sort.",
            )
        if not known(report):
            return Miss(
                expected=f"{when} the other figures are there: the clock may well say 0.0, and a wait may be 0 s.",
                seen=f"started {shown(report['started'])}, failed_share {shown(report['failed_share'])}, "
                f"first_token_s {shown(report['first_token_s'])}, gap_p95_s {shown(report['gap_p95_s'])}.",
                next_step="Test times with `is None`: 0.0 is a time like any other, but `if time:` takes it for nothing.",
            )
    return None
