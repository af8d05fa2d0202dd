"""Answers that prove the checks of ex12: typical wrong ones, and right ones in other words."""

from __future__ import annotations

from lesson_kit.grader import Right, Wrong

SHOWN = "a text about HTML is shown as text, as it comes"
HOSTILE = "no HTML of the model gets in, however it is cut"
MARKUP = "bold words and links"
ADDRESSES = "no other address becomes a link"
LONG = "a long answer stays small and quick"

ESCAPE = "        page = html.escape(text)  # whatever HTML the model wrote is text now\n"
BOLD = '        page = re.sub(r"\\*\\*([^*]+)\\*\\*", r"<strong>\\1</strong>", page)\n'
LINK = """        page = re.sub(r"\\[([^\\[\\]]+)\\]\\((https?://[^\\s()]+)\\)", r'<a href="\\2">\\1</a>', page)\n"""
HEAD = """import html
import re

import nh3


"""
LOOP = """async def safe_html(deltas):
    text = ""
    async for delta in deltas:
"""


def looping(body: str, first: str = "") -> str:
    """An answer with `body` in its loop, where `delta` and `text` are known."""
    return HEAD + first + LOOP + "".join(f"        {line}\n" for line in body.splitlines())


def linking(pattern: str) -> tuple[str, str]:
    """An edit: another pattern for links."""
    return (LINK, f"""        page = re.sub(r"{pattern}", r'<a href="\\2">\\1</a>', page)\n""")


# The document's own, in Python: each token by itself.
DOCUMENT = """def validate_token(token):
    return "<script>" not in token and "javascript:" not in token


"""
# `<strong>` is opened at the first ** and closed at the second.
TOGGLE = """        pieces = page.split("**")
        page = "".join(("</strong>", "<strong>")[k % 2] * (k > 0) + piece for k, piece in enumerate(pieces))
"""
CHOSEN = """        def link(found):
            words, address = found[1], found[2]
            if {}:
                return f'<a href="{{address}}">{{words}}</a>'
            return found[0]

        page = re.sub(r"\\[([^\\[\\]]+)\\]\\(([^\\s()]+(?:\\([^()]*\\))?[^\\s()]*)\\)", link, page)
"""
AT_THE_END = (
    HEAD
    + """async def safe_html(deltas):
    text = ""
    async for delta in deltas:
        text += delta
        yield text
    yield nh3.clean(text)
"""
)


def choosing(condition: str) -> list[tuple[str, str]]:
    """An edit: a link for each address of which the condition holds."""
    return [(LINK, CHOSEN.format(condition))]


WRONG = [
    Wrong("the deltas as they are", SHOWN, "the page holds", source=looping("text += delta\nyield text")),
    Wrong("the document's own: a look at each token", SHOWN, "the page holds", source=looping("if validate_token(delta):\n    text += delta\nyield text", DOCUMENT)),
    Wrong("takes <script> out", SHOWN, "the page holds", source=looping('text += delta\nyield re.sub(r"</?script>", "", text)')),
    Wrong("looks for small letters only", SHOWN, "the page holds", source=looping('text += delta\nyield html.escape(text) if "<script" in text else text')),
    Wrong("refuses dangerous words", SHOWN, "that look dangerous are harmless as text", source=looping('text += delta\nyield html.escape(text.replace("<script>", "[removed]").replace("javascript:", ""))')),
    Wrong("sanitises each delta", SHOWN, "After delta", source=looping("text += nh3.clean(delta, tags=set())\nyield text")),
    Wrong("sanitises the whole, and escapes nothing", SHOWN, "After delta", source=looping("text += delta\nyield nh3.clean(text, tags={'strong', 'a'})")),
    Wrong("sanitises only at the end", SHOWN, "the page holds", source=AT_THE_END),
    Wrong("escapes twice", SHOWN, "It is escaped twice", edits=[("html.escape(text)", "html.escape(html.escape(text))")]),
    Wrong("escapes what is escaped already", SHOWN, "from the model's own text", source=looping("text = html.escape(text + delta)\nyield text")),
    Wrong("yields the new part only", SHOWN, "Keep the whole text", source=looping("yield html.escape(delta)")),
    Wrong("yields once, at the end", SHOWN, "After delta 1 it shows 0 of", edits=[("        yield page\n", "    yield page\n")]),
    Wrong("returns the page", SHOWN, "safe_html(deltas) gave: coroutine", source=looping("text += delta\n") + "    return html.escape(text)\n"),
    Wrong("yields bytes", SHOWN, "Each value is a text", edits=[("yield page", "yield [page]")]),
    Wrong("the model may write <strong> itself", HOSTILE, "without its beginning", edits=[(BOLD, """        page = re.sub(r"&lt;(/?strong)&gt;", r"<\\1>", page)\n""" + BOLD)]),
    Wrong("escapes no quotes", ADDRESSES, "the page holds <a onmouseover>", edits=[("html.escape(text)", "html.escape(text, quote=False)")]),
    Wrong("escapes only <", SHOWN, "became", edits=[("html.escape(text)", 'text.replace("<", "&lt;")')]),
    Wrong("escapes only", MARKUP, "has 0", edits=[(BOLD, ""), (LINK, "")]),
    Wrong("bold words only", MARKUP, "3 links", edits=[(LINK, "")]),
    Wrong("escapes its own elements, too", MARKUP, "Escape first, and put", edits=[(ESCAPE, "        page = text\n"), (LINK, LINK + "        page = html.escape(page)\n")]),
    Wrong("from the first ** to the last", MARKUP, "The words hold no *", edits=[(BOLD, BOLD.replace("[^*]+", ".+"))]),
    Wrong("a link for each address", ADDRESSES, "the page holds a link to", edits=[linking(r"\[([^\[\]]+)\]\(([^\s()]+)\)")]),
    Wrong("refuses javascript:", ADDRESSES, "the page holds a link to", edits=choosing('not address.startswith("javascript:")')),
    Wrong("refuses some schemes, large and small", ADDRESSES, "the page holds a link to", edits=choosing('not address.lower().startswith(("javascript:", "data:", "vbscript:", "&#"))')),
    Wrong("looks for https anywhere", ADDRESSES, "List which addresses are allowed", edits=choosing('"https://" in address or "http://" in address')),
    Wrong("drops what it does not like", ADDRESSES, "that look dangerous are harmless as text", edits=[(LINK, CHOSEN.format('address.startswith(("https://", "http://"))').replace("return found[0]", "return words"))]),
    Wrong("bold begins at the first **", MARKUP, "is not closed", edits=[(BOLD, TOGGLE)]),
    Wrong("links before they are finished", MARKUP, "has not said that yet", edits=[linking(r"\[([^\[\]]+)\]\((https?://[^\s()]+)\)?")]),
    Wrong("keeps the end of a long answer only", LONG, "became", edits=[("        text += delta\n", "        text = (text + delta)[-1500:]\n")]),
]  # fmt: skip

ONE_PASS = (
    HEAD
    + r"""MARKUP = re.compile(r"\*\*(?P<bold>[^*]+)\*\*|\[(?P<words>[^\[\]]+)\]\((?P<where>https?://[^\s()]+)\)", re.I)


def element(found):
    if found["bold"]:
        return f"<strong>{html.escape(found['bold'])}</strong>"
    where = html.escape(found["where"])
    return f'<a rel="noopener noreferrer" target="_blank" href="{where}">{html.escape(found["words"])}</a>'


def render(text):
    page, place = [], 0
    for found in MARKUP.finditer(text):
        page += [html.escape(text[place : found.start()]), element(found)]
        place = found.end()
    return "".join([*page, html.escape(text[place:])])


async def safe_html(deltas):
    whole = []
    async for delta in deltas:
        whole.append(delta)
        yield render("".join(whole))
"""
)
SPLITTING = (
    HEAD
    + """def links(text):
    first, *rest = text.split("[")
    page = html.escape(first)
    for piece in rest:
        words, middle, tail = piece.partition("](")
        address, end, after = tail.partition(")")
        good = address.startswith(("http://", "https://")) and not set(" ()").intersection(address) and "]" not in words
        if middle and end and words and good:
            page += f'<a href="{html.escape(address)}">{html.escape(words)}</a>{html.escape(after)}'
        else:
            page += html.escape("[" + piece)
    return page


async def safe_html(deltas):
    text = ""
    async for delta in deltas:
        text += delta
        pieces = links(text).split("**")
        page = pieces[0]
        for number, piece in enumerate(pieces[1:], 1):
            closed = number + 1 < len(pieces) or number % 2 == 0
            page += (("</strong>", "<strong>")[number % 2] if closed else "**") + piece
        yield page
"""
)

RIGHT = [
    Right("the sanitiser last", edits=[("import re\n", "import re\n\nimport nh3\n"), ("yield page", "yield nh3.clean(page, tags={'strong', 'a'}, url_schemes={'http', 'https'})")]),
    Right("one pattern for both, and a function", source=ONE_PASS),
    Right("without patterns", source=SPLITTING),
    Right("the address is looked at in a function", edits=choosing('address.startswith(("https://", "http://")) and "(" not in address')),
    Right("escapes delta by delta", edits=[("        text += delta\n", "        text += html.escape(delta)\n"), (ESCAPE, "        page = text\n")]),
    Right("an empty page first", edits=[('    text = ""\n', '    text = ""\n    yield text\n')]),
]  # fmt: skip
