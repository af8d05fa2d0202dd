"""JUnit XML for a CI: a suite for each submission, a case for each check."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ..grader import CheckResult
from .record import Record

__all__ = ["junit"]

# What XML 1.0 cannot hold, not even escaped.
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(records: Sequence[Record]) -> bytes:
    """Write all records as one document."""
    checks = [check for record in records for check in record.checks]
    counts = _counts(checks)
    del counts["skipped"]  # junit-10.xsd, which Jenkins reads by, knows it for a suite only
    root = Element("testsuites", {"name": "lesson-kit grade", **counts, "time": _time(records)})
    for record in records:
        head = {"name": _fit(f"{record.student} {record.exercise}"), **_counts(record.checks)}
        suite = SubElement(root, "testsuite", {**head, "time": _time([record])})
        properties = SubElement(suite, "properties")
        for name, value in (("isolation", record.isolation or "not run"), ("seed", str(record.seed)), ("score", f"{record.score:g}"), ("max_score", f"{record.max_score:g}"), ("file", record.file)):  # fmt: skip
            SubElement(properties, "property", {"name": name, "value": _fit(value)})
        for check in record.checks:
            _case(suite, record, check)
    indent(root)
    made: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return made + b"\n"


def _case(suite: Element, record: Record, check: CheckResult) -> None:
    classname = _fit(f"{record.exercise}.{record.student}")
    case = SubElement(
        suite, "testcase", {"classname": classname, "name": _fit(check.name), "time": "0"}
    )
    if check.status == "passed":
        return
    kind = {"grader_error": "error", "not_reached": "skipped"}.get(check.status, "failure")
    problem = SubElement(case, kind, {"message": _fit(check.seen)})
    if kind != "skipped":
        problem.set("type", check.status)
        line = f"\nLine {check.line}" if check.line else ""
        problem.text = _fit(f"Expected: {check.expected}\nNext step: {check.next_step}{line}")


def _counts(checks: Sequence[CheckResult]) -> dict[str, str]:
    errors = sum(check.status == "grader_error" for check in checks)
    skipped = sum(check.status == "not_reached" for check in checks)
    failed = sum(check.status != "passed" for check in checks) - errors - skipped
    return {"tests": str(len(checks)), "failures": str(failed), "errors": str(errors), "skipped": str(skipped)}  # fmt: skip


def _time(records: Sequence[Record]) -> str:
    return f"{sum(record.seconds for record in records):.3f}"


def _fit(text: str) -> str:
    return _UNFIT.sub("\ufffd", text)
