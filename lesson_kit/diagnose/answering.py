"""Rules about the answer itself: why none comes, or why it is spoiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .facts import LOADING, Facts
from .finding import Finding

__all__ = ["RULES"]

Rule = Callable[[Facts], Iterator[Finding]]


def _error(facts: Facts, kind: str, *signs: str) -> dict[str, Any] | None:
    """Find a logged error, or one that passed through the author's code, by its type and words of its message."""
    if facts.answered():
        return None  # whatever was raised, the code dealt with it
    passed = facts.probe("answer").get("passing", [])
    for error in [*facts.logged(), *passed]:
        if error["type"] == kind and any(sign in error["message"] for sign in signs):
            return dict(error)
    return None


def _told(error: dict[str, Any]) -> str:
    return f"{error['type']}: {error['message'].splitlines()[0] if error['message'] else ''}"


def no_yield(facts: Facts) -> Iterator[Finding]:
    error = _error(facts, "TypeError", "got coroutine", "got NoneType")
    warned = [w for w in facts.probe("answer").get("warned", []) if "respond' was never" in w]
    if error and "__aiter__" in error["message"] and (warned or not error["file"]):
        line = facts.source.forgotten() or facts.source.read_without_yield()
        yield facts.finding(
            "no_yield",
            line,
            f"the client got an error event and no text; {_told(error)}; "
            f"{'Python warned that respond was never awaited; ' if warned else ''}the model was not asked",
        )


def missing_async(facts: Facts) -> Iterator[Finding]:
    error = _error(facts, "TypeError", "'async_generator' object is not iterable")
    if error:
        line, file = error["line"] or facts.source.plain_for(), error["file"] or None
        yield facts.finding(
            "missing_async", line, f"the client got an error event; {_told(error)}", file
        )


def request_context(facts: Facts) -> Iterator[Finding]:
    error = _error(
        facts, "AttributeError", "no attribute 'thread'", "no attribute '_events'",
        "no attribute 'store'", "no attribute 'request_context'",
    )  # fmt: skip
    if error and (error.get("raised_in", "agents.py").endswith(("agents.py", "shapes.py"))):
        line = facts.source.helper_line() or error["line"]
        yield facts.finding(
            "request_context",
            line,
            f"the client got an error event and no text; chatkit's helper says {_told(error)}: "
            "it was given the request's context",
        )


def unknown_icon(facts: Facts) -> Iterator[Finding]:
    error = _error(facts, "ValidationError", "icon")
    if error:
        yield facts.finding(
            "unknown_icon",
            error["line"] or None,
            "the client got an error event; "
            + " ".join(error["message"].split())[:240].replace("For further information", "")
            + "; the turn ended there",
            error["file"] or None,
        )


def swallowed_error(facts: Facts) -> Iterator[Finding]:
    first, caught = facts.first(), facts.probe("answer").get("passing", [])
    silent = first and first["ended"] == "end" and not first["errors"] and not first["deltas"]
    empty = silent and not first["other_items"] and not any(map(str.strip, first["done"]))
    if empty and caught:
        error = caught[0]
        guilty = [e for e in caught if e["type"] == "AttributeError"] or [error]
        yield facts.finding(
            "swallowed_error",
            guilty[0]["line"],
            f"{_told(guilty[0])} was raised in {guilty[0]['function']} and caught there: the client got "
            f"no text and no error, though the model made {len(facts.probe('answer')['made'])} deltas",
            guilty[0]["file"],
        )
        return
    broke = facts.probe("model_error")
    if broke and facts.answered() and broke["deltas"] and not _says_something(broke):
        line = facts.source.broad_except()
        if line:
            yield facts.finding(
                "swallowed_error",
                line,
                "the model broke off with an error after 10 deltas, and the client was told nothing: "
                "no error event, no notice, no finished message",
            )


def _says_something(seen: dict[str, Any]) -> bool:
    return bool(seen["errors"] or seen["notices"] or seen["done"] or seen["ended"] != "end")


def forgotten_yield(facts: Facts) -> Iterator[Finding]:
    first, answer = facts.first(), facts.probe("answer")
    awaited = _error(facts, "TypeError", "async_generator can't be used in 'await'")
    if awaited:
        line = awaited["line"] or facts.source.forgotten()
        yield facts.finding(
            "forgotten_yield", line, f"the client got an error event; {_told(awaited)}"
        )
        return
    if not first or first["ended"] != "end" or first["errors"] or answer["passing"]:
        return
    if not first["deltas"] and not first["done"] and not first["other_items"]:
        line = facts.source.forgotten() or facts.source.read_without_yield()
        if line:
            spent = len(answer["made"])
            yield facts.finding(
                "forgotten_yield",
                line,
                f"the stream ended normally after {first['seconds']:g} s without any message or error "
                f"(the model made {spent} deltas); the events of the generator called here were never passed on",
            )


def never_done(facts: Facts) -> Iterator[Finding]:
    first = facts.first()
    if not first or first["ended"] != "end" or first["errors"]:
        return
    shown = first["added"] or first["deltas"]
    if shown and not first["done"] and not _ended_early(facts):
        yield facts.finding(
            "never_done",
            facts.source.added_line(),
            f"the client saw {first['deltas']} deltas, then the stream ended without thread.item.done; "
            f"the store holds {len(facts.probe('answer')['kept'])} answers",
        )


def _ended_early(facts: Facts) -> bool:
    made = len(facts.probe("answer").get("made", []))
    early = facts.first()["deltas"] < made or made < 40
    return bool(early and facts.source.break_line())


def content_as_input(facts: Facts) -> Iterator[Finding]:
    for call in facts.probe("answer").get("asked", []):
        if call["strange"]:
            yield facts.finding(
                "content_as_input",
                facts.source.input_line(),
                f"the model was asked {call['strange']}, which is no message; nobody raised an error",
            )
            return


def blocking_call(facts: Facts) -> Iterator[Finding]:
    blocks, named = facts.probe("blocks"), set()
    for file, line, seconds, times in blocks.get("sleeps", []):
        if seconds >= 0.02 and file:
            named.add((file, line))
            yield facts.finding(
                "blocking_call",
                line,
                f"time.sleep held the event loop for {seconds:g} s in one answer (calls: {times}); "
                "every other stream stands still meanwhile",
                file,
            )
    for file, line, seconds, source in blocks.get("held", []):
        if (file, line) not in named:
            named.add((file, line))
            yield facts.finding(
                "blocking_call",
                line,
                f"the event loop stood still for {seconds:g} s at: {source}; measured twice",
                file,
            )
    yield from _held_for_good(facts)


def _held_for_good(facts: Facts) -> Iterator[Finding]:
    if facts.stuck:
        why, stage, file, line, own, source = facts.stuck
        if why == "blocked" and own:
            yield facts.finding(
                "blocking_call",
                line,
                f"the event loop did not come back for 1 s while the probe {stage!r} ran; "
                f"it was at: {source}",
                file,
            )
        elif why == "holds" and stage not in LOADING:
            yield facts.finding(
                "blocking_call",
                line,
                f"for 1.2 s of computing nothing else in the process could run while the probe {stage!r} ran: C code "
                f"held the interpreter, which it would in a thread, too; it was at: {source}",
                file,
            )


def clear_too_soon(facts: Facts) -> Iterator[Finding]:
    first = facts.first()
    if not first or not first.get("times"):
        return
    begun = first["times"][0]
    shown = False
    for t, text in first["progress"]:
        if shown and not text.strip() and begun - t > 0.25:
            yield facts.finding(
                "clear_too_soon",
                facts.source.empty_progress(),
                f"the progress line was cleared at {t:g} s, and the first text came at {begun:g} s: "
                f"{begun - t:.2f} s of nothing on the screen",
            )
            return
        shown = shown or bool(text.strip())


def closed_generator(facts: Facts) -> Iterator[Finding]:
    first, answer = facts.first(), facts.probe("answer")
    line = facts.source.break_line()
    long = facts.probe("long")
    for seen, made in ((first, len(answer.get("made", []))), (long, long.get("made", 0))):
        if not seen or seen["ended"] != "end" or seen["errors"] or not line:
            continue
        if seen["deltas"] and not seen["done"] and (seen["deltas"] < made or made < seen["of"]):
            yield facts.finding(
                "closed_generator",
                line,
                f"the stream was left after {seen['deltas']} of {seen['of']} deltas, without thread.item.done: "
                "the text that the client saw is in no store",
            )
            return


def tool_yields(facts: Facts) -> Iterator[Finding]:
    for output in facts.probe("tools").get("outputs", []):
        if output.startswith(("<async_generator object", "<generator object")):
            yield facts.finding(
                "tool_yields",
                facts.source.tool_yield(),
                f"the model was given the tool's answer {output.split(' at 0x')[0]!r}; "
                "no progress event reached the client",
            )
            return


RULES: tuple[Rule, ...] = (
    no_yield, missing_async, request_context, unknown_icon, swallowed_error, forgotten_yield, never_done,
    content_as_input, blocking_call, clear_too_soon, closed_generator, tool_yields,
)  # fmt: skip
