"""The judge: facts in, findings out, in the order in which to mend them."""

from __future__ import annotations

from collections.abc import Iterator

from . import answering, surroundings
from .causes import ORDER
from .facts import LOADING, Facts
from .figures import figures
from .finding import Diagnosis, Finding

__all__ = ["judge"]


# How the guard's reasons to end a process go on, after "still busy with".
UNTIL = {
    "slow": "when the time was up",
    "spins": "after 1.5 s of computing in which the virtual clock stood still",
    "blocked": "and the event loop did not come back",
    "begins": "after 1.2 s in which nothing was imported",
    "holds": "after 1.2 s of computing in which nothing else in the process could run",
}


def judge(facts: Facts) -> Diagnosis:
    """Apply every rule. What goes wrong and no rule explains is "unknown", with the evidence."""
    found: list[Finding] = []
    for rule in (*answering.RULES, *surroundings.RULES):
        found.extend(rule(facts))
    found.extend(_unknown(facts, found))
    found = list(dict.fromkeys(found))
    found.sort(key=lambda finding: (ORDER[finding.cause], finding.line))
    return Diagnosis(tuple(found), figures(facts))


def _unknown(facts: Facts, found: list[Finding]) -> Iterator[Finding]:
    """What was seen to go wrong and is not explained yet."""
    if facts.broken:
        stage, error = facts.broken
        yield facts.finding(
            "unknown",
            error["line"] or 1,
            f"{stage} of the code failed, so nothing could be measured: {error['type']}: {error['message']}",
            error["file"] or None,
        )
        return
    yield from _abrupt(facts, found)
    first, answer = facts.first(), facts.probe("answer")
    if found or not first:
        if not found and not facts.stuck and (lost := facts.saw.get("answer", {}).get("lost")):
            yield facts.finding("unknown", None, f"the first question could not be asked: {lost}")
        return
    if first["errors"] or first["ended"] != "end":
        yield _error(facts)
    elif not first["done"] and not first["other_items"] and not first["deltas"]:
        yield facts.finding(
            "unknown",
            None,
            f"the stream ended normally after {first['seconds']:g} s without any message and without an error; "
            f"the model made {len(answer['made'])} deltas",
        )
    elif _held_back(facts):
        yield facts.finding(
            "unknown",
            facts.source.run_line(),
            f"the answer does not stream: the model made {len(answer['made'])} deltas in 2 s, the client got "
            f"{first['deltas']}, and its first text {_late(facts):.2f} s after the model's first",
        )


def _error(facts: Facts) -> Finding:
    logged, first = facts.logged(), facts.first()
    errors = logged or facts.probe("answer")["passing"]
    if errors:
        error = errors[-1]
        told = f"{error['type']}: {error['message']}"
        return facts.finding(
            "unknown",
            error["line"] or None,
            f"the plain first question ended with an error event: {told}",
            error["file"] or None,
        )
    if first["ended"] == "waits":
        told = f"no end in sight after {first['seconds']:g} s (virtual); the client has {first['deltas']} deltas"
    else:
        told = first["error"] or str(first["errors"][-1:] or first["ended"])
    return facts.finding("unknown", None, f"the plain first question ended badly: {told}")


def _abrupt(facts: Facts, found: list[Finding]) -> Iterator[Finding]:
    if facts.stuck:
        why, stage, file, line, own, source = facts.stuck
        loading = stage in LOADING
        if loading or why not in ("blocked", "holds") or not own:
            yield facts.finding(
                "unknown",
                line if own else None,
                f"still busy with the {stage if loading else f'probe {stage!r}'} {UNTIL[why]}; "
                f"it was at: {source or file}",
                file if own else None,
            )
    elif facts.ending != "exit 0":
        stages = ", ".join(facts.saw) or "the import"
        yield facts.finding(
            "unknown",
            None,
            f"the process that ran the code ended early ({facts.ending}), after: {stages}",
        )


def _late(facts: Facts) -> float:
    first, made = facts.first(), facts.probe("answer")["made"]
    shown = first["times"][0] if first["times"] else first["seconds"]
    return float(shown - made[0])


def _held_back(facts: Facts) -> bool:
    first, made = facts.first(), facts.probe("answer")["made"]
    # One whole message at the end is a choice, and a figure tells it; late deltas are a fault.
    if len(made) < 20 or not first["deltas"]:
        return False
    return bool(_late(facts) > 1.0 and first["deltas"] < len(made))
