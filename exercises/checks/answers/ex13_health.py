"""Answers that prove the checks of ex13: typical wrong ones, and right ones in other words."""

from __future__ import annotations

from lesson_kit.grader import Right, Wrong

COUNTED = "streams are counted"
SHARE = "of all that started, so many failed"
FIRST = "the first token stands apart"
SPEED = "the speed of text, while it flows"
TAIL = "the gap that 95 of 100 do not exceed"
UNKNOWN = "what cannot be known is None"

NOW = "        now = self.now()\n        began"
NEWEST = "        began, newest = self.open[stream]\n"
FLOWING = "        flowing = [gap for gap in self.gaps if gap <= PAUSE]\n"
IF_FLOWING = (
    "        if sum(flowing) > 0:\n            deltas_per_second = len(flowing) / sum(flowing)\n"
)
P95 = "            gap_p95 = sorted(self.gaps)[math.ceil(0.95 * len(self.gaps)) - 1]\n"
MEDIAN = "            first_token = statistics.median(self.first_tokens)\n"
REPLAY = """

def replay(log):
    seconds, reports = 0.0, []
    health = StreamHealth(lambda: seconds)
    for seconds, what, stream in log:
        if what == "report":
            reports.append(health.report())
        elif what in ("ended", "failed"):
            health.ended(stream, failed=what == "failed")
        elif what == "started":
            health.started(stream)
        else:
            health.delta(stream)
    return reports
"""
# The document's own, with the names of this exercise; its clock is the wall's.
DOCUMENT = """import time


class StreamHealth:
    def __init__(self, now):
        self.start_time = CLOCK
        self.token_count = self.errors = self.streams = self.done = 0

    def started(self, stream):
        self.streams += 1

    def delta(self, stream):
        self.token_count += 1

    def ended(self, stream, failed):
        self.done += 1
        self.errors += failed

    def report(self):
        elapsed = CLOCK - self.start_time
        return {
            "started": self.streams,
            "active": self.streams - self.done,
            "failed": self.errors,
            "failed_share": self.errors / self.token_count if self.token_count > 0 else 0,
            "first_token_s": None,
            "deltas_per_second": self.token_count / elapsed if elapsed > 0 else 0,
            "gap_p95_s": None,
        }
"""
# One newest time for all streams.
ONE_NEWEST = [
    (NEWEST, "        began, mine = self.open[stream]\n        newest = getattr(self, 'newest', None) if mine is not None else None\n"),
    ("        self.open[stream] = (began, now)\n", "        self.open[stream] = (began, now)\n        self.newest = now\n"),
]  # fmt: skip
ENDING = "        if failed:\n            self.failures += 1\n"
SHARING = "            failed_share = failed / started\n"

WRONG = [
    Wrong("the document's own", SHARE, "failures per delta", source=DOCUMENT.replace("CLOCK", "time.time()") + REPLAY),
    Wrong("failures by deltas", SHARE, "failures per delta", edits=[(SHARING, "            failed_share = failed / max(1, len(self.gaps) + len(self.first_tokens))\n")]),
    Wrong("failures by streams that ended", SHARE, "not only by those that have ended", edits=[(SHARING, "            failed_share = failed / max(1, started - active)\n")]),
    Wrong("failures by streams with a word", SHARE, "before their first delta count, too", edits=[(SHARING, "            failed_share = failed / max(1, len(self.first_tokens))\n")]),
    Wrong("a percentage", SHARE, "between 0 and 1", edits=[(SHARING, "            failed_share = 100 * failed / started\n")]),
    Wrong("who leaves early has failed", COUNTED, "Who leaves early has not failed", edits=[(ENDING, ENDING.replace("if failed", "if failed or self.was is None")), ("        del self.open[stream]\n", "        self.was = self.open.pop(stream)[1]\n")]),
    Wrong("active streams are never forgotten", COUNTED, "is not active", edits=[("        del self.open[stream]\n", "        pass\n")]),
    Wrong("counts deltas as streams", COUNTED, "Count streams, not deltas", edits=[(NOW, "        self.number += 1\n" + NOW)]),
    Wrong("the wall's clock", FIRST, "Which clock do you read", edits=[("self.now()", "time.time()"), ("import statistics\n", "import statistics\nimport time\n")]),
    Wrong("a monotonic clock, but not the one that was given", FIRST, "Which clock do you read", edits=[("self.now()", "time.monotonic()"), ("import statistics\n", "import statistics\nimport time\n")]),
    Wrong("the average wait", FIRST, "Take the median", edits=[(MEDIAN, MEDIAN.replace("median", "fmean"))]),
    Wrong("the newest wait only", FIRST, "Keep all of them", edits=[(MEDIAN, "            first_token = self.first_tokens[-1]\n")]),
    Wrong("the longest wait", FIRST, "That is the longest one", edits=[(MEDIAN, "            first_token = max(self.first_tokens)\n")]),
    Wrong("streams without a word waited 0 s", FIRST, "has no such wait", edits=[("        del self.open[stream]\n", "        if self.open.pop(stream)[1] is None:\n            self.first_tokens += [0.0] * 3\n")]),
    Wrong("the wait is a gap, too", SPEED, "The wait before the first delta is in it", edits=[("            self.first_tokens.append(now - began)\n", "            self.first_tokens.append(now - began)\n            self.gaps.append(now - began)\n")]),
    Wrong("all that passed since the start", SPEED, "waiting too", edits=[(IF_FLOWING, "        if self.gaps:\n            deltas_per_second = (len(self.gaps) + len(self.first_tokens)) / (self.now() - self.began)\n"), ("        self.gaps = []\n", "        self.gaps, self.began = [], None\n"), ("        self.number += 1\n", "        self.number += 1\n        self.began = self.now() if self.began is None else self.began\n")]),
    Wrong("the average with the waiting time", SPEED, "The wait before the first delta is in it", edits=[(IF_FLOWING, IF_FLOWING.replace("/ sum(flowing)", "/ (sum(flowing) + sum(self.first_tokens))"))]),
    Wrong("pauses count as flowing", SPEED, "The pauses are in it", edits=[(FLOWING, "        flowing = self.gaps\n")]),
    Wrong("deltas by gaps", SPEED, "more deltas than gaps", edits=[(IF_FLOWING, IF_FLOWING.replace("len(flowing) /", "(len(self.gaps) + len(self.first_tokens)) /"))]),
    Wrong("seconds per delta", SPEED, "Turn it round", edits=[(IF_FLOWING, IF_FLOWING.replace("len(flowing) / sum(flowing)", "sum(flowing) / len(flowing)"))]),
    Wrong("gaps between streams", SPEED, "within its own stream", edits=ONE_NEWEST),
    Wrong("the average gap", TAIL, "That is the average", edits=[(P95, "            gap_p95 = statistics.fmean(self.gaps)\n")]),
    Wrong("the longest gap", TAIL, "a single bad moment", edits=[(P95, "            gap_p95 = max(self.gaps)\n")]),
    Wrong("p95 of the short gaps", TAIL, "users sit through them", edits=[(P95, P95.replace("self.gaps", "flowing"))]),
    Wrong("0 for what is not known", UNKNOWN, "nothing was measured", edits=[("failed_share = first_token = deltas_per_second = gap_p95 = None", "failed_share = first_token = deltas_per_second = gap_p95 = 0")]),
    Wrong("divides by zero", UNKNOWN, "ZeroDivisionError", edits=[("        if sum(flowing) > 0:\n", "        if flowing:\n")]),
    Wrong("divides by the streams before there are any", UNKNOWN, "ZeroDivisionError", edits=[("        if started:\n", "        if True:\n")]),
    Wrong("a time of 0.0 is taken for nothing", UNKNOWN, "0.0 is a time like any other", edits=[("        if newest is None:\n", "        if not newest:\n")]),
    Wrong("a report forgets", COUNTED, "A report only reads", edits=[(FLOWING, FLOWING + "        self.failures = 0\n")]),
    Wrong("returns nothing", COUNTED, "0 came", edits=[("        return {\n", "        figures = {\n")]),
]  # fmt: skip

# An object for each stream, kept after its end; all figures are made in the report.
OBJECTS = """import statistics
from dataclasses import dataclass, field


@dataclass
class Stream:
    began: float
    times: list = field(default_factory=list)
    over: bool = False
    failed: bool = False

    @property
    def gaps(self):
        return [after - before for before, after in zip(self.times, self.times[1:])]


class StreamHealth:
    def __init__(self, now):
        self.now, self.streams = now, {}

    def started(self, stream):
        self.streams[stream] = Stream(self.now())

    def delta(self, stream):
        self.streams[stream].times.append(self.now())

    def ended(self, stream, failed):
        self.streams[stream].over, self.streams[stream].failed = True, failed

    def report(self):
        every = list(self.streams.values())
        failed = [one for one in every if one.failed]
        gaps = [gap for one in every for gap in one.gaps]
        short = [gap for gap in gaps if gap <= 1]
        heard = [one.times[0] - one.began for one in every if one.times]
        return {
            "started": len(every),
            "active": len([one for one in every if not one.over]),
            "failed": len(failed),
            "failed_share": len(failed) / len(every) if every else None,
            "first_token_s": statistics.median(heard) if heard else None,
            "deltas_per_second": 1 / statistics.fmean(short) if any(short) else None,
            "gap_p95_s": statistics.quantiles(gaps, n=20, method="inclusive")[-1] if len(gaps) > 1 else None,
        }
"""
# Sums in place of lists, a sorted list, and another way to the 95th percentile.
SUMS = """import bisect
from collections import defaultdict


class StreamHealth:
    def __init__(self, now):
        self.now = now
        self.began, self.last = {}, {}
        self.counts = defaultdict(int)
        self.seconds = 0.0
        self.gaps, self.waits = [], []

    def started(self, stream):
        self.counts["started"] += 1
        self.counts["active"] += 1
        self.began[stream] = self.now()

    def delta(self, stream):
        t = self.now()
        if stream in self.last:
            gap = t - self.last[stream]
            self.gaps.append(gap)
            if gap <= 1.0:
                self.counts["short"] += 1
                self.seconds += gap
        else:
            self.waits = sorted([*self.waits, t - self.began[stream]])
        self.last[stream] = t

    def ended(self, stream, failed):
        self.counts["active"] -= 1
        self.counts["failed"] += int(failed)
        self.began.pop(stream)
        self.last.pop(stream, None)

    def report(self):
        report = {name: self.counts[name] for name in ("started", "active", "failed")}
        report["failed_share"] = report["failed"] / report["started"] if report["started"] else None
        report["first_token_s"] = self.waits[len(self.waits) // 2] if self.waits else None
        report["deltas_per_second"] = self.counts["short"] / self.seconds if self.seconds else None
        report["gap_p95_s"] = None
        for gap in sorted(self.gaps):
            if sum(other <= gap for other in self.gaps) >= 0.95 * len(self.gaps):
                report["gap_p95_s"] = gap
                break
        return report
"""

RIGHT = [
    Right("an object for each stream", source=OBJECTS + REPLAY),
    Right("sums and a count", source=SUMS.replace("import bisect\n", "") + REPLAY),
    Right("rounded figures", edits=[(MEDIAN, MEDIAN.replace("statistics.median(self.first_tokens)", "round(statistics.median(self.first_tokens), 3)")), ("= len(flowing) / sum(flowing)", "= round(len(flowing) / sum(flowing), 2)"), ("- 1]\n", "- 1].__round__(3)\n")]),
    Right("statistics.quantiles", edits=[(P95, "            gap_p95 = statistics.quantiles([*self.gaps, self.gaps[-1]], n=100)[94]\n")]),
]  # fmt: skip
