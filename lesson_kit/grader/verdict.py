"""The verdict on one check: the facts of a run in, a status and three short sentences out."""

from __future__ import annotations

from dataclasses import replace

from ..answer import Answer
from ..scene import Seen
from ..scene.facts import Slept, Trouble
from ..scene.plain import safe
from .exercise import Check, Miss
from .known import pitfall_of
from .result import CheckResult, Status
from .run import Run

__all__ = ["not_run", "verdict"]

LONGEST = 1000
"""Characters of one sentence of a message."""
# Errors that nearly always are slips; one that an `except` of the answer swallowed is worth telling.
_SLIPS = {"AttributeError", "ImportError", "KeyError", "NameError", "TypeError", "UnboundLocalError", "ValidationError"}  # fmt: skip
# Raised on purpose: ChatKit's way to send an error event.
_ON_PURPOSE = {"CustomStreamError", "StreamError"}


def not_run(check: Check, answer: Answer) -> CheckResult:
    """Say why an answer that cannot be run did not pass."""
    assert answer.status != "ok"
    advice = {
        "syntax_error": "Mend that line, run the cell, and check again.",
        "missing": "Run the cell with your answer once more, and check again.",
        "forbidden": "Leave that line out. Everything that you need may be imported.",
    }
    quoted = _quoted(answer.source, answer.line)
    return _result(
        check,
        answer.status,
        Miss(
            expected="An answer that Python can run.",
            seen=f"{answer.message}{quoted}",
            next_step=advice[answer.status],
            line=answer.line,
        ),
    )


def verdict(check: Check, answer: Answer, run: Run) -> CheckResult:
    """Judge one check by what was seen. A check that raises on whatever it is given is our fault, and costs only itself."""
    seen = run.seen
    if seen is None:
        status: Status = run.status if run.status != "ended" else "crashed"
        return _result(check, status, _died(answer, run))
    if seen.missing:
        miss = Miss(
            expected="Every name that the exercise asks for.",
            seen="What this check needs is not in the answer.",
            next_step="Compare the names with the exercise, run the cell, and check again.",
        )
        return _result(check, "missing", miss)
    if any(trouble.type == "MemoryError" for trouble in seen.troubles):
        return _result(check, "out_of_memory", _died(answer, _out_of_memory(seen)))
    if early := _not_written(answer, seen) or _not_begun(answer, seen):
        return _result(check, "failed", early)
    if seen.slept:
        return _result(check, "blocked_loop", _blocked(answer, seen.slept))
    try:
        found = check.judge(seen)
    except Exception as error:
        return _raised(check, seen, f"{type(error).__name__}: {error}"[:500])
    return _result(check, "failed" if found else "passed", _with_error(found, answer, seen))


def _raised(check: Check, seen: Seen, error: str) -> CheckResult:
    """Tell a check that is broken from facts that no check expects: a guest makes facts, so these must not be our fault."""
    try:
        check.judge(Seen().of(seen.scene))
    except Exception:
        miss = Miss(
            expected="",
            seen=f"The check itself failed: {error}",
            next_step="This is a fault of the course, not yours. Please report it.",
        )
        return _result(check, "grader_error", miss)
    miss = Miss(
        expected="Something that this check can judge.",
        seen=f"What the answer did is nothing that it expects ({error}).",
        next_step="Look at what your answer gives, of which type and when. If that is right, please report it.",
    )
    return _result(check, "failed", miss)


def _result(check: Check, status: Status, miss: Miss | None) -> CheckResult:
    points = check.points if status == "passed" else 0
    told = miss or Miss("", "", "")
    return CheckResult(
        name=check.name,
        status=status,
        points=points,
        max_points=check.points,
        # A message may quote what the answer said, and half a character cannot be written to any file.
        expected=safe(told.expected, LONGEST),
        seen=safe(told.seen, LONGEST),
        next_step=safe(told.next_step, LONGEST),
        line=told.line,
        pitfall=told.pitfall,
    )


def _died(answer: Answer, run: Run) -> Miss:
    place = _quoted(answer.source, run.line)
    words = {
        "timeout": ("An end.", "It was stopped, because it did not end", "Look for a loop or a wait that never ends."),
        "blocked_loop": (
            "The event loop stays free: other users' streams go on.",
            "It held the event loop, and did not come back",
            "Look for a loop without an await, or a call that waits. Await inside it, or use asyncio.to_thread.",
        ),
        "out_of_memory": ("Little memory.", "It used more memory than it may", "Look for a list that only grows."),
        "forbidden": ("Work on the exercise alone.", "It tried what an answer may not do", "Leave that out."),
        "grader_error": ("", "The check could not be run", "This is a fault of the course, not yours. Please report it."),
    }  # fmt: skip
    crashed = ("It runs to its end.", "It ended its own process", "Leave out exit() and the like: return instead.")  # fmt: skip
    expected, said, advice = words.get(run.status, crashed)
    detail = f" ({run.detail})" if run.detail else ""
    return Miss(expected, f"{said}{detail}.{place}", advice, line=run.line)


def _out_of_memory(seen: Seen) -> Run:
    line = next(trouble.line for trouble in seen.troubles if trouble.type == "MemoryError")
    return Run("out_of_memory", line=line)


def _not_written(answer: Answer, seen: Seen) -> Miss | None:
    """A stub's NotImplementedError: the TODO above it says what to write."""
    stub = next((t for t in seen.troubles if t.type == "NotImplementedError" and t.line), None)
    if stub is None or stub.line is None:
        return None
    lines = answer.source.split("\n")[: stub.line]
    places = [number for number, line in enumerate(lines, 1) if "# TODO" in line]
    line = places[-1] if places else stub.line
    todo = lines[line - 1].partition("# ")[2].strip() if places else ""
    return Miss(
        expected="The missing part is written.",
        seen=f"Line {line} is not written yet{f': {todo}' if todo else '.'}",
        next_step="Write it in place of the line with NotImplementedError. Stuck? Take a hint.",
        line=line,
    )


def _not_begun(answer: Answer, seen: Seen) -> Miss | None:
    """An error before the first question was asked: no check can say anything else."""
    for trouble in seen.troubles:
        if trouble.how in ("import", "made"):
            doing = "run" if trouble.how == "import" else "make a server of"
            return Miss(
                expected="The answer can be run.",
                seen=f"To {doing} the answer failed: {_told(trouble)}.{_quoted(answer.source, trouble.line)}",
                next_step="Mend that line first. Run the cell, and check again.",
                line=trouble.line,
            )
    return None


def _blocked(answer: Answer, slept: list[Slept]) -> Miss:
    total, line = sum(one.seconds for one in slept), slept[0].line
    return Miss(
        expected="The event loop stays free: other users' streams go on.",
        seen=f"time.sleep held the event loop for {total:.2f} s.{_quoted(answer.source, line)}",
        next_step="Use `await asyncio.sleep(...)`: it waits, and lets the others go on. A call that cannot be awaited "
        "goes into a thread: `await asyncio.to_thread(function, ...)`.",
        pitfall="blocking_call",
        line=line,
    )


def _with_error(miss: Miss | None, answer: Answer, seen: Seen) -> Miss | None:
    """Add the answer's own error to a failed check: most often it is the reason."""
    if miss is None:
        return None
    if (trouble := _reason(seen)) is None:
        return _with_waits(miss, answer, seen)
    quoted = _quoted(answer.source, trouble.line)
    if trouble.how == "caught":
        said = f"{miss.seen} An `except` of the answer caught {_told(trouble)}.{quoted}"
        return replace(miss, seen=said, line=miss.line or trouble.line)
    if trouble.how == "tool":  # the exercise may have ordered it
        said = f"{miss.seen} A tool of the answer raised {_told(trouble)}.{quoted}"
        return replace(miss, seen=said, line=miss.line or trouble.line)
    advice = f"Mend line {trouble.line} first." if trouble.line else miss.next_step
    return replace(
        miss,
        seen=f"{miss.seen} The answer raised {_told(trouble)}.{quoted}",
        next_step=advice,
        line=trouble.line or miss.line,
        pitfall=pitfall_of(trouble) or miss.pitfall,
    )


def _with_waits(miss: Miss, answer: Answer, seen: Seen) -> Miss:
    """Add where an answer that came to no end still waits."""
    line = next((wait.line for wait in seen.waits if wait.line), None)
    if not seen.broken_off or line is None:
        return miss
    said = f"{miss.seen} It came to no end: it still waited there.{_quoted(answer.source, line)}"
    return replace(miss, seen=said, line=miss.line or line)


def _reason(seen: Seen) -> Trouble | None:
    own = [
        t
        for t in seen.troubles
        if not t.ours and t.type not in _ON_PURPOSE and (t.line or pitfall_of(t))
    ]
    raised = sorted((t for t in own if t.how != "caught"), key=lambda t: t.how == "tool")
    slips = [t for t in own if t.how == "caught" and t.type in _SLIPS]
    return next(iter(raised + slips), None)


def _told(trouble: Trouble) -> str:
    message = " ".join(trouble.message.split())[:200].rstrip(".")
    return f"{trouble.type}: {message}" if message else trouble.type


def _quoted(source: str, line: int | None) -> str:
    """Quote a line of the answer: "  Line 7: `...`"."""
    lines = source.split("\n")
    if line is None or not 0 < line <= len(lines):
        return ""
    return f" Line {line}: `{lines[line - 1].strip()[:100]}`."
