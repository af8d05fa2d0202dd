"""What lies on the desk: one text for terminals, the same as HTML for notebooks."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

__all__ = ["Line", "Sheet", "Tone", "element", "prose", "safe"]

Tone = Literal["", "good", "bad", "quiet", "strong"]

# Characters that move a cursor, hide text or turn its direction round: an answer's own words may hold them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_CODE = re.compile(r"`([^`\n]+)`")
_LONGEST_PAGE = 20_000
_LONGEST = 600  # characters of one text that a guest may have written


class Line(NamedTuple):
    """A line for a terminal, and how it is meant: the words alone say it too."""

    text: str
    tone: Tone = ""


class Sheet:
    """Something to read. Subclasses give `label`, `lines()` and `body()`, which say the same."""

    @property
    def label(self) -> str:
        """Name the sheet for a screen reader."""
        raise NotImplementedError

    def lines(self) -> Iterator[Line]:
        raise NotImplementedError

    def body(self) -> str:
        raise NotImplementedError

    def __str__(self) -> str:
        return "\n".join(line.text for line in self.lines())

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        label = html.escape(self.label)
        # The style comes last: a front end that strips it, as JupyterLab does with a notebook it does not trust,
        # leaves the words in order.
        return (
            f'<section class="lk-look lkd-sheet" aria-label="{label}">{self.body()}'
            f"<style>{_css()}</style></section>"
        )


def safe(text: object, limit: int = _LONGEST) -> str:
    """Make untrusted text fit to show: of bounded length, and without characters that are not seen."""
    told = str(text)
    told = told if len(told) <= limit else told[: limit - 1] + "…"
    return _UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", told)


def element(tag: str, *inner: str, text: object = "", kind: str = "") -> str:
    """Write an HTML element: `text` is escaped, `inner` are elements already."""
    names = f' class="lkd-{kind}"' if kind else ""
    return f"<{tag}{names}>{html.escape(safe(text, _LONGEST_PAGE))}{''.join(inner)}</{tag}>"


def prose(text: object) -> str:
    """Escape a text for HTML, with `code` between backticks set as code."""
    told = html.escape(safe(text, _LONGEST_PAGE))
    return _CODE.sub(r"<code>\1</code>", told)


@cache
def _css() -> str:
    here = Path(
        __file__
    ).parent  # `panel.joined` would load the widgets: a terminal has no use for them
    sheets = here.parent / "page" / "palette.css", here / "desk.css"
    return "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
