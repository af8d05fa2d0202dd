"""Exercise ex12: a stranger's text on the page, whole and harmless, in every state of the stream."""

from __future__ import annotations

from lesson_kit.grader import Exercise, Miss
from lesson_kit.grader.exercise import MAY_USE
from lesson_kit.scene import Seen

from .ex12.page import page_of
from .ex12.states import ANEW, ROOM, SIZE, differing, given, marked, no_stream, part, wrong_state
from .ex12.texts import (
    bold_and_links,
    hostile_answer,
    hostile_links,
    letter_by_letter,
    long_answer,
    talk_about_html,
)

EXERCISE = Exercise(
    "ex12_safe_rendering",
    title="Safe rendering",
    defines=["safe_html"],
    may_use=(*MAY_USE, "html", "nh3"),
    hints=(
        "Keep the whole text, and make the page anew from it after each delta: `text += delta`, then `yield page_of(text)`. "
        "Begin with a `page_of` that only escapes: that is safe already. Which characters does `html.escape` change, and "
        "are `*`, `[` and `(` among them?",
        "The order: escape the whole text first. After that no `<` of the model is left, and you may put in your own elements "
        'with `re.sub`. Bold: `re.sub(r"\\*\\*([^*]+)\\*\\*", r"<strong>\\1</strong>", page)`. For the address of a link list what '
        "is allowed, in the pattern itself: it begins with `https?://`.",
        'The pattern of a link, in three parts: the words `\\[([^\\[\\]]+)\\]`, then the address `\\((https?://[^\\s()]+)\\)`, '
        'and it becomes `<a href="\\2">\\1</a>`. What does not fit the whole pattern stays text: other schemes, and links '
        "that are not finished yet. `[^\\[\\]]` in place of `.` also keeps it quick: the search from one `[` ends at the next.",
    ),
)  # fmt: skip

for make in (
    talk_about_html,
    hostile_answer,
    bold_and_links,
    hostile_links,
    letter_by_letter,
    long_answer,
):
    EXERCISE.scene(make)


@EXERCISE.check("a text about HTML is shown as text, as it comes", points=2, scene=talk_about_html)
def shown(seen: Seen) -> Miss | None:
    return wrong_state(seen)


@EXERCISE.check("no HTML of the model gets in, however it is cut", points=2, scene=hostile_answer)
def hostile(seen: Seen) -> Miss | None:
    return wrong_state(seen)


@EXERCISE.check("bold words and links", points=2, scene=bold_and_links)
def markup(seen: Seen) -> Miss | None:
    if missed := wrong_state(seen):
        return missed
    page, (wanted_bold, wanted_links) = page_of(seen.values[-1]), marked(given(seen))
    if page.bold != wanted_bold:
        return Miss(
            expected=f"{len(wanted_bold)} bold parts: {', '.join(map(repr, wanted_bold))}.",
            seen=f"In the end the page has {len(page.bold)}{': ' if page.bold else '.'}{', '.join(map(part, page.bold))}",
            next_step="After the escaping turn **words** into <strong>words</strong>. The words hold no *.",
        )
    if page.links == wanted_links:
        return None
    return Miss(
        expected=f"{len(wanted_links)} links, the first one to {wanted_links[0][1]}",
        seen=f"In the end the page has {len(page.links)}{', the first one to ' + page.links[0][1][:60] if page.links else ''}.",
        next_step='Turn [words](address) into <a href="address">words</a>, where the address begins with https:// or http://.',
    )


@EXERCISE.check("no other address becomes a link", points=2, scene=hostile_links)
def addresses(seen: Seen) -> Miss | None:
    if missed := wrong_state(seen):
        return missed
    good = [(name, where) for name, where in marked(given(seen))[1] if name != "press here"]
    kept = [one for one in page_of(seen.values[-1]).links if one in good]
    if kept == good:
        return None
    return Miss(
        expected=f"{len(good)} good links, and the others stay text.",
        seen=f"{len(kept)} of the good ones can be pressed.",
        next_step="Make links first. Then look after the addresses.",
    )


@EXERCISE.check("unfinished markup is text", points=1, scene=letter_by_letter)
def unfinished(seen: Seen) -> Miss | None:
    if missed := wrong_state(seen):
        return missed
    page, text = page_of(seen.values[-1]), given(seen)
    whole = text.count("page]"), text.count(" it**")
    if (len(page.links), len(page.bold)) == whole:
        return None
    return Miss(
        expected=f"In the end {whole[0]} links and {whole[1]} bold parts, and the unfinished rest as text.",
        seen=f"{len(page.links)} links and {len(page.bold)} bold parts.",
        next_step="Make links and bold words. What is not finished yet stays text.",
    )


@EXERCISE.check("a long answer stays small and quick", points=1, scene=long_answer)
def long(seen: Seen) -> Miss | None:
    if missed := no_stream(seen):
        return missed
    text, html = given(seen), seen.values[-1]
    if len(html) > SIZE * len(text) + ROOM:
        return Miss(
            expected=f"A page for {len(text)} characters is no longer than {SIZE * len(text) + ROOM}.",
            seen=f"It has {len(html)} characters.",
            next_step=ANEW,
        )
    page = page_of(html)
    if page.bad or page.source != text:
        return Miss(
            expected=f"In the end all {len(text)} characters, and nothing else.",
            seen=f"The page holds {page.bad}." if page.bad else f"{differing(text, page.source)}.",
            next_step="Make the checks above right first.",
        )
    if page.links and page.links[0][0] == text[1 : text.index("]")]:
        return None
    return Miss(
        expected="The link at the beginning can be pressed.",
        seen=f"The page has {len(page.links)} link(s).",
        next_step="The words of a link hold no [ and no ]." if page.links else "Make links first.",
    )
