"""The progress lines that a user saw while the tool worked."""

from __future__ import annotations

from lesson_kit.grader import Miss
from lesson_kit.scene import Seen

from .tool import not_run
from .truth import dues, shelves_in

SOON = 0.2
"""Seconds in which a line must come after its search has begun. A search takes 0.5 s or more."""
READ = 0.5
"""Seconds that a line must stand to be read."""


def lines_missed(seen: Seen, k: int = 0) -> Miss | None:
    """Each shelf must have its line while it is searched, and each user their own lines."""
    shelves, lines, many = shelves_in(seen), seen.progress(k), len(seen.scene.asks)
    if k >= len(seen.asked) or len(seen.asked) <= many + k:
        return not_run(seen, many + k)
    for shelf in shelves:
        due = dues(seen, k, seen.sent_at(k))[shelf["name"]]
        named = [line for line in lines if shelf["name"] in line.text]
        if not named:
            return no_line(seen, shelf["name"], len(lines), k)
        if not any(abs(line.start - due) <= SOON for line in named):
            return Miss(
                expected=f"The line with {shelf['name']!r} comes when the search of that shelf begins, at {due:.1f} s.",
                seen=f"It came at {named[0].start:.1f} s; the search was over at {due + shelf['seconds']:.1f} s.",
                next_step="Inside the loop: first the line, then the search.",
            )
        if not any(line.end - line.start >= min(READ, shelf["seconds"] / 2) for line in named):
            return Miss(
                expected=f"The line with {shelf['name']!r} stands while that shelf is searched: {shelf['seconds']:.1f} s.",
                seen=f"It stood for {max(line.end - line.start for line in named):.2f} s.",
                next_step="Let no other line follow before the search of this shelf is over.",
            )
    return None


def no_line(seen: Seen, name: str, many: int, k: int) -> Miss:
    whose = f" for user {k + 1}" if len(seen.scene.asks) > 1 else ""
    forgotten = any("never awaited" in warned.message for warned in seen.warned)
    return Miss(
        expected=f"A progress line for each shelf, also for {name!r}.",
        seen=f"{count(many)} came{whose}, and none names {name!r}."
        + (" Python warns: a coroutine was never awaited." if forgotten else ""),
        next_step="ctx.context.stream(...) is async: write `await` before it."
        if forgotten
        else "Send a ProgressUpdateEvent with the shelf's name: `await ctx.context.stream(...)`.",
    )


def astray(seen: Seen) -> bool:
    """Tell whether a line came to one user when it was due for the other."""
    for k in (0, 1):
        if len(seen.asked) <= 1:
            return False
        due = dues(seen, 1 - k, seen.sent_at(k))
        for name, at in due.items():
            own = dues(seen, k, seen.sent_at(k))[name]
            starts = [line.start for line in seen.progress(k) if name in line.text]
            if any(abs(t - at) < SOON / 2 < abs(t - own) for t in starts):
                return True
    return False


def count(lines: int) -> str:
    return "1 line" if lines == 1 else f"{lines} lines"
