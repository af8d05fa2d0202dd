"""A page, read as a browser reads it."""

from __future__ import annotations

from functools import lru_cache
from html.parser import HTMLParser

MANY = 300
"""Elements that no state of these scenes has: a page with more is not read at all, as reading it would be slow."""


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
