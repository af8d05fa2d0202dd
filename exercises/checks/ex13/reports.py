"""What an answer reported, beside the figure that is wanted."""

from __future__ import annotations

from typing import Any

from lesson_kit.grader import Miss
from lesson_kit.scene import Seen

from .truth import log_of

NEAR = 0.02
"""How far a figure may be from the true one: this share of it."""
SLIP = 0.001
"""The same for a figure that tells which mistake was made: there are many such, and some are close together."""
NAMES = ("started", "active", "failed", "failed_share", "first_token_s", "deltas_per_second", "gap_p95_s")  # fmt: skip


def reports(seen: Seen) -> list[dict[str, Any]] | Miss:
    """The reports, each with all its figures; or what to say where there are none."""
    given = seen.returned
    wanted = sum(what == "report" for _, what, _ in log_of(seen))
    found = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    if len(found) != wanted:
        return Miss(
            expected=f"{wanted} reports, each a dict.",
            seen=f"{len(found)} came." if isinstance(given, list) else "replay() gave no list.",
            next_step="Return the dict at the end of report(). Leave replay as it is.",
        )
    for report in found:
        if missing := [name for name in NAMES if name not in report]:
            return Miss(
                expected=f"A report has {len(NAMES)} figures.",
                seen=f"{missing[0]!r} is missing.",
                next_step="Leave the last lines of report as they are.",
            )
    return found


def near(value: Any, wanted: float, share: float = NEAR) -> bool:
    """Whether a figure is the wanted one, but for rounding."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and abs(value - wanted) <= max(share * abs(wanted), 0.001)


def shown(value: Any) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)[:40]


def figure(
    seen: Seen, name: str, wanted: float, what: str, slips: list[tuple[float, str]], otherwise: str
) -> Miss | None:
    """One figure of the last report; `slips` are values that tell which mistake was made."""
    found = reports(seen)
    if isinstance(found, Miss):
        return found
    before, last = (report[name] for report in found[-2:])
    if near(before, wanted) and before == last:
        return None
    if near(before, wanted):
        return Miss(
            expected="Two reports at the same moment are the same.",
            seen=f"The first one says {name} {shown(before)}, the second one {shown(last)}.",
            next_step="A report only reads. Change nothing in it.",
        )
    if last == 0 and wanted and name.endswith(("_s", "_second")):
        slips = [(0.0, f"Which clock do you read? The time is self.now(), and nothing else. {otherwise}")]  # fmt: skip
    step = next((advice for value, advice in slips if near(last, value, SLIP)), otherwise)
    return Miss(
        expected=f"{name} is {what}, here {shown(wanted)}.",
        seen=f"It is {shown(last)}.",
        next_step=step,
    )
