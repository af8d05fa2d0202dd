"""Exercise ex12: a stranger's text on the page, whole and harmless, in every state of the stream."""

from __future__ import annotations

from functools import lru_cache
from html.parser import HTMLParser
from random import Random

from lesson_kit.grader import Exercise, Miss
from lesson_kit.grader.exercise import MAY_USE
from lesson_kit.scene import Call, Feed, Scene, Seen, words

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

GAP = 0.02
"""Seconds between two deltas."""
SIZE = 6
"""How many times longer than its text a page may be: `&quot;` has six characters."""
MANY = 300
"""Elements that no state of these scenes has: a page with more is not read at all, as reading it would be slow."""
FEW = 60
"""Unsafe states that are read in search of one that shows more than half a tag."""
ROOM = 60
"""Characters that a link's element may add."""

# Talk about HTML, as a lesson on it has it. Each is harmless as long as it is shown as text.
ENTITY = "In HTML &lt; means <."
TALK = (
    "Write <script> to run code,", "and </script> after it.", "a < b && b > c", "An <img src=x onerror=go()> runs go().",
    'Quote it: "yes" or \'no\'.', "Never link to javascript:go().", "<b>bold</b> is bold,",
    "2 * 3 is 6, and a[0] is (say) 7.", "<!-- a remark -->", "R&D &amp; more", "<SCRIPT>", "Use <a href='https://example.org'>.",
)  # fmt: skip
ATTACKS = (
    "<script>steal()</script>", "<SCRIPT >steal()</SCRIPT >", "<img src=x onerror=steal()>", "<svg/onload=steal()>",
    "<scr<script>ipt>steal()</scr</script>ipt>", '"><img src=x onerror=steal()>', "<iframe srcdoc='<script>steal()</script>'>",
    "<a href=javascript:steal()>go</a>", "<style>*{display:none}</style>", "</strong></a></div>", "<!--<script>-->", "<![CDATA[",
    "<strong onmouseover=steal()>x</strong>", "<a href='https://a.example' onclick=steal()>x</a>", "<math><mi//xlink:href='data:x,'>",
    "&lt;script&gt;steal()&lt;/script&gt;", "<p style=position:fixed>", "<form action=//b.example><input>", "<img src=x onerror",
)  # fmt: skip
WORST = ("javascript:steal()", "javascript://https://a.example/%0Asteal")
ADDRESSES = (
    "JaVaScRiPt:steal()", "data:text/html,<script>steal()</script>", "vbscript:steal", "//b.example/x",
    "&#106;avascript:steal()", "java&Tab;script:steal()", "javascript&colon;steal",
    "/relative", "https.example", "x:https://a.example", "blob:https://a.example/x", "file:///etc/passwd", "\x01javascript:steal",
)  # fmt: skip
BREAKOUTS = (
    'https://a.example/"onmouseover="steal',
    "https://a.example/'onclick='steal",
    "https://a.example/><img/src=x>",
)


def cut(chance: Random, text: str, longest: int = 6) -> list[str]:
    """Cut a text at random places: nobody decides where a model's deltas end."""
    deltas, place = [], 0
    while place < len(text):
        size = chance.randint(1, longest)
        deltas.append(text[place : place + size])
        place += size
    return deltas


def mixed(chance: Random, parts: list[str]) -> str:
    """Put the parts into any order, with words of no meaning between them."""
    chance.shuffle(parts)
    return "".join(f"{part}{chance.choice(words(chance, 3))} " for part in parts)


def played(deltas: list[str]) -> Scene:
    return Scene(call=Call([Feed(deltas, thinking=0.5, gap=GAP)]))


def address(chance: Random) -> str:
    return f"{chance.choice(('http', 'https'))}://{words(chance, 1)[0].strip()}.example/?a={chance.randint(1, 99)}&b=2"


def link(chance: Random) -> str:
    return f"[{words(chance, 1)[0].strip()} page]({address(chance)})"


def bold(chance: Random) -> str:
    return f"**{words(chance, 1)[0].strip()} it**"


@EXERCISE.scene
def talk_about_html(chance: Random) -> Scene:
    """An honest answer about HTML."""
    return played(cut(chance, mixed(chance, [ENTITY, *chance.sample(TALK, 9)])))


@EXERCISE.scene
def hostile_answer(chance: Random) -> Scene:
    """Attacks, cut at random places."""
    return played(cut(chance, mixed(chance, chance.sample(ATTACKS, 14))))


@EXERCISE.scene
def bold_and_links(chance: Random) -> Scene:
    """What the page shall show as more than text, beside what looks a little like it."""
    parts = [
        *(bold(chance) for _ in range(3)),
        *(link(chance) for _ in range(3)),
        "2 * 3 is a[0] (six)",
        "<b>&</b>",
    ]
    return played(cut(chance, mixed(chance, parts)))  # fmt: skip


@EXERCISE.scene
def hostile_links(chance: Random) -> Scene:
    """Links to where nobody should be led, among good ones."""
    parts = [f"[press here]({bad})" for bad in [*WORST, *chance.sample(ADDRESSES, 8)]]
    parts += [f"[press here]({bad})" for bad in BREAKOUTS]
    return played(cut(chance, mixed(chance, [*parts, link(chance), link(chance)])))


@EXERCISE.scene
def letter_by_letter(chance: Random) -> Scene:
    """Markup that is unfinished in nearly every state, and in the last one too."""
    parts = [bold(chance), link(chance), bold(chance), link(chance)]
    chance.shuffle(parts)
    text = " and ".join(
        [*parts, chance.choice(("**never closed", "[never closed](https://a.exam"))]
    )
    return played(list(text))


@EXERCISE.scene
def long_answer(chance: Random) -> Scene:
    """2,000 deltas that are made to be slow to search through."""
    start = f"{link(chance)} "
    return played(list(start) + [chance.choice("[[[[[[[[[(") for _ in range(2000 - len(start))])


class Page(HTMLParser):
    """Reads a page as a browser does: what is not allowed, and the text that it was made of.

    `source` is the page turned back: `<strong>x</strong>` is `**x**`, a link is `[x](address)`.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.source, self.bad = "", ""
        self.bold: list[str] = []
        self.links: list[tuple[str, str]] = []
        self._open: list[tuple[str, int, str]] = []
        self._angles = 0
        if html.count("<") > MANY:
            self.bad = f"more than {MANY} times <"
            return
        try:
            self.feed(html)
            self.close()
        except (AssertionError, ValueError):  # what the parser raises at "<![x"
            self.bad = self.bad or "a <! without its end"
        if self._open and not self.bad:
            self.bad = f"<{self._open[-1][0]}> that is not closed"
        if self._angles != html.count("<") and not self.bad:
            self.bad = "a < that is not escaped"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._angles += (self.get_starttag_text() or "").count("<")
        where = dict(attrs)
        target = where.get("href") or ""
        if tag not in ("strong", "a"):
            self._refuse(f"<{tag}>")
        elif odd := [
            name for name in where if tag == "strong" or name not in ("href", "rel", "target")
        ]:
            self._refuse(f"<{tag} {odd[0]}>")
        elif tag == "a" and not target.lower().startswith(("https://", "http://")):
            self._refuse(f"a link to {target[:40]!r}")
        self._open.append((tag, len(self.source), target))
        self.source += "**" if tag == "strong" else "["

    def handle_endtag(self, tag: str) -> None:
        self._angles += 1
        if not self._open or self._open[-1][0] != tag:
            self._refuse(f"</{tag}> without its beginning")
            return
        _, place, target = self._open.pop()
        if tag == "strong":
            self.bold.append(self.source[place + 2 :])
        else:
            self.links.append((self.source[place + 1 :], target))
        self.source += "**" if tag == "strong" else f"]({target})"

    def handle_data(self, data: str) -> None:
        self.source += data

    def handle_comment(self, data: str) -> None:
        self._refuse("a comment <!--")

    handle_decl = handle_pi = unknown_decl = handle_comment

    def _refuse(self, what: str) -> None:
        self.bad = self.bad or what


@lru_cache(maxsize=1000)
def page_of(html: str) -> Page:
    """Read a page once, however many checks look at it."""
    return Page(html)


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
