"""What a stranger's model says in ex12: honest talk about HTML, and attacks."""

from __future__ import annotations

from random import Random

from lesson_kit.scene import Call, Feed, Scene, words

GAP = 0.02
"""Seconds between two deltas."""
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


def talk_about_html(chance: Random) -> Scene:
    """An honest answer about HTML."""
    return played(cut(chance, mixed(chance, [ENTITY, *chance.sample(TALK, 9)])))


def hostile_answer(chance: Random) -> Scene:
    """Attacks, cut at random places."""
    return played(cut(chance, mixed(chance, chance.sample(ATTACKS, 14))))


def bold_and_links(chance: Random) -> Scene:
    """What the page shall show as more than text, beside what looks a little like it."""
    parts = [
        *(bold(chance) for _ in range(3)),
        *(link(chance) for _ in range(3)),
        "2 * 3 is a[0] (six)",
        "<b>&</b>",
    ]
    return played(cut(chance, mixed(chance, parts)))  # fmt: skip


def hostile_links(chance: Random) -> Scene:
    """Links to where nobody should be led, among good ones."""
    parts = [f"[press here]({bad})" for bad in [*WORST, *chance.sample(ADDRESSES, 8)]]
    parts += [f"[press here]({bad})" for bad in BREAKOUTS]
    return played(cut(chance, mixed(chance, [*parts, link(chance), link(chance)])))


def letter_by_letter(chance: Random) -> Scene:
    """Markup that is unfinished in nearly every state, and in the last one too."""
    parts = [bold(chance), link(chance), bold(chance), link(chance)]
    chance.shuffle(parts)
    text = " and ".join(
        [*parts, chance.choice(("**never closed", "[never closed](https://a.exam"))]
    )
    return played(list(text))


def long_answer(chance: Random) -> Scene:
    """2,000 deltas that are made to be slow to search through."""
    start = f"{link(chance)} "
    return played(list(start) + [chance.choice("[[[[[[[[[(") for _ in range(2000 - len(start))])
