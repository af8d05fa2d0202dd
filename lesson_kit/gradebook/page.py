"""An HTML page that can be opened anywhere: no script, nothing from outside, light and dark."""

from __future__ import annotations

import re
from html import escape

__all__ = ["Html", "bar", "count", "page", "tag", "told"]


class Html(str):
    """Text that is HTML already; any other text is escaped where it is put into a page."""


# Characters that turn the reading direction, or are not to be seen: a name of them could pass for another.
_SLY = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_NAME = re.compile(r"[a-z0-9]+")
_CODE = re.compile(r"`([^`]+)`")


def tag(name: str, *inner: object, **attributes: str) -> Html:
    """Make an element. `kind` becomes its class; None and "" leave nothing behind."""
    assert _NAME.fullmatch(name)
    told = "".join(
        f' {"class" if key == "kind" else key.replace("_", "-")}="{_escaped(value)}"'
        for key, value in attributes.items()
    )
    body = "".join(_part(one) for one in inner)
    return Html(f"<{name}{told}>{body}</{name}>")


def _part(one: object) -> str:
    if isinstance(one, Html):
        return one
    return "" if one is None else _escaped(str(one))


def _escaped(text: str) -> str:
    return escape(_SLY.sub("\ufffd", text), quote=True)


def bar(share: float, words: str) -> Html:
    """Draw a share (0 to 1) as a bar, with the figure beside it."""
    drawn = Html(f'<i style="width:{max(0.0, min(1.0, share)) * 100:.1f}%"></i>')
    return Html(tag("span", drawn, kind="bar", aria_hidden="true") + tag("span", f" {words}"))


def told(text: str) -> Html:
    """Make a sentence: what stands between backticks is code."""
    parts = _CODE.split(text)
    return Html("".join(tag("code", part) if k % 2 else _escaped(part) for k, part in enumerate(parts)))  # fmt: skip


def count(many: int, thing: str) -> str:
    """Count things: "1 exercise", "2 exercises"."""
    return f"{many} {thing}" if many == 1 else f"{many} {thing}s"


def page(title: str, *body: object) -> str:
    """Make the whole page. The policy allows its own style and nothing else: what slips in cannot run or load."""
    inner = "".join(_part(one) for one in body)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{_escaped(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
{inner}
</main>
</body>
</html>
"""


_STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1e; --soft: #55565c; --line: #d7d8dc; --paper: #fff; --card: #f6f6f8;
  --good: #11662f; --bad: #a3181f; --bar: #3b6fb6; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececef; --soft: #a9abb3; --line: #3b3d44; --paper: #17181b;
  --card: #202227; --good: #6fd693; --bad: #ff9a94; --bar: #7fadee; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
p { margin: .25rem 0 .75rem; } .soft { color: var(--soft); } .good { color: var(--good); } .bad { color: var(--bad); }
.good, .bad, .strong { font-weight: 600; }
.wide { overflow-x: auto; margin-bottom: 1rem; } .bar + span { white-space: nowrap; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: .25rem; }
th, td { text-align: left; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; white-space: nowrap; } td { overflow-wrap: break-word; min-width: 4rem; } td a, .file { overflow-wrap: anywhere; } td:has(a, .file), td:last-child:not(.number) { min-width: 9rem; }
td.number, th.number { text-align: right; white-space: nowrap; }
.bar { display: inline-block; width: 7rem; max-width: 30vw; height: .7rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 3px; overflow: hidden; } .bar i { display: block; height: 100%; background: var(--bar); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .75rem 1rem; margin: .75rem 0; }
.card h3 { margin: 0; } .card h3 + * { margin: .25rem 0 0; }
code { font: .9em ui-monospace, monospace; } pre code { font: inherit; }
dl { display: grid; grid-template-columns: 7rem 1fr; gap: .15rem .75rem; margin: .25rem 0; } dt { color: var(--soft); } dd { margin: 0; }
dd.next { font-weight: 600; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: .75rem; overflow-x: auto; font: 13px/1.45 ui-monospace, monospace; overflow-wrap: normal; }
summary { cursor: pointer; } ul { padding-left: 1.25rem; margin: .25rem 0; }
@media (max-width: 36rem) { dl { grid-template-columns: 1fr; } .bar { width: 4rem; } td:last-child:not(.number) { min-width: 7rem; } }
"""
