"""The states of a page: what stood on it after each delta, and what is wrong with that."""

from __future__ import annotations

from lesson_kit.grader import Miss
from lesson_kit.scene import Seen

from .page import page_of
from .texts import GAP

SIZE = 6
"""How many times longer than its text a page may be: `&quot;` has six characters."""
FEW = 60
"""Unsafe states that are read in search of one that shows more than half a tag."""
ROOM = 60
"""Characters that a link's element may add."""


def states(seen: Seen) -> list[tuple[str, str]]:
    """After each delta: the text so far, and what the page shows."""
    shown, text, found, place = "", "", [], 0
    for due, delta in zip(seen.sources[0].due, seen.feeds[0].values, strict=False):
        text += str(delta)
        while place < len(seen.times) and seen.times[place] <= due + GAP / 2:
            shown, place = seen.values[place], place + 1
        found.append((text, shown))
    return found


def given(seen: Seen) -> str:
    return "".join(str(delta) for delta in seen.feeds[0].values)


def no_stream(seen: Seen) -> Miss | None:
    """Nothing can be said of states where there are none."""
    if "generator" not in seen.called.gave and "iterator" not in seen.called.gave:
        return Miss(
            expected="An async generator.",
            seen=f"safe_html(deltas) gave: {seen.called.gave}.",
            next_step="Write it with `async def` and at least one `yield`.",
        )
    if odd := [value for value in seen.values if not isinstance(value, str)]:
        return Miss(
            expected="Each value is a text: the whole page so far.",
            seen=f"A value of another kind came: {str(odd[0])[:60]}.",
            next_step="Yield one str after each delta.",
        )
    if seen.values and seen.sources:
        return None
    return Miss(
        expected=f"A state of the page after each of {len(seen.feeds[0].values)} deltas.",
        seen="Nothing was yielded.",
        next_step="Read `async for delta in deltas:`, and yield the page so far.",
    )


WAIT = "Turn markup into an element only when its end has come. Until then it is text."
ANEW = "Make each state from the model's own text, never from the state before."


def part(text: str) -> str:
    """The end of a text, short enough for a sentence."""
    return repr(text if len(text) <= 48 else "..." + text[-45:])


def differing(text: str, source: str) -> str:
    """The places where two texts part, each a few characters long."""
    place = next((k for k, (one, other) in enumerate(zip(text, source, strict=False)) if one != other), min(len(text), len(source)))  # fmt: skip
    return f"{text[place : place + 24]!r} became {source[place : place + 24]!r}"


def unsafe(seen: Seen) -> Miss | None:
    """The first state in which the page holds what nobody allowed; of a whole element it tells rather than of half one."""
    found: list[tuple[int, str, str]] = []
    for number, (text, html) in enumerate(states(seen), 1):
        if len(html) > (limit := SIZE * len(text) + 20 * ROOM):
            return Miss(
                expected=f"A page for {len(text)} characters is shorter than {limit}.",
                seen=f"After delta {number} it has {len(html)}.",
                next_step=ANEW,
            )
        if bad := page_of(html).bad:
            found.append((number, text, bad))
            if "not escaped" not in bad or len(found) == FEW:
                break
    if not found:
        return None
    number, text, bad = found[-1] if "not escaped" not in found[-1][2] else found[0]
    step = "Escape the whole text first: then no < and no quote of the model is left. Put your own elements in after that."
    if "not closed" in bad:
        step = WAIT
    elif "link to" in bad:
        step = "List which addresses are allowed: those that begin with https:// or http://. All others stay text."
    return Miss(
        expected="No state holds anything but text, <strong>, and <a> with an address of https:// or http://.",
        seen=f"After delta {number} the page holds {bad}. The text so far ends with {part(text)}.",
        next_step=step,
    )


def changed(seen: Seen) -> Miss | None:
    """The first state that does not show the text so far, character by character."""
    for number, (text, html) in enumerate(states(seen), 1):
        source = page_of(html).source
        if source == text:
            continue
        many = len(seen.feeds[0].values)
        so_far = f"After delta {number} it shows"
        expected = (
            f"After each of {many} deltas the page shows the whole text so far, and nothing else."
        )
        if text.startswith(source) or text.endswith(source):
            return Miss(
                expected=expected,
                seen=f"{so_far} {'' if text.startswith(source) else 'the last '}{len(source)} of {len(text)} characters.",
                next_step="Keep the whole text, and yield the whole page after each delta."
                if len(seen.values) < many or not text.startswith(source)
                else "Nothing may be dropped: words that look dangerous are harmless as text. Escape them.",
            )
        if source.startswith(text):
            return Miss(
                expected=expected,
                seen=f"{so_far} {source[len(text) :][:20]!r} too, and the model has not said that yet. The text so far ends with {part(text)}.",
                next_step=WAIT,
            )
        if any(own in source and own not in text for own in ("<a href", "<strong>")):
            return Miss(
                expected="Your own elements work as elements.",
                seen=f"After delta {number} the reader reads their HTML: {differing(text, source)}.",
                next_step="Escape first, and put your own elements in after that.",
            )
        twice = "&amp;" in html and page_of(source).source == text
        return Miss(
            expected="The reader finds each character of the model's text, and no other.",
            seen=f"After delta {number}: {differing(text, source)}.",
            next_step="It is escaped twice. Keep the model's own text, and escape it anew for each state."
            if twice
            else "Drop nothing and add nothing. Words that look dangerous are harmless as text: escape them.",
        )
    return None


def wrong_state(seen: Seen) -> Miss | None:
    return no_stream(seen) or unsafe(seen) or changed(seen)


def marked(text: str) -> tuple[list[str], list[tuple[str, str]]]:
    """The bold words and the links of a scene's text, whose markup is plain."""
    found_bold = text.split("**")[1::2]
    tails = [piece.partition(")")[0].partition("](") for piece in text.split("[")[1:]]
    return found_bold, [
        (name, where) for name, _, where in tails if where.startswith("http") and "://" in where
    ]
