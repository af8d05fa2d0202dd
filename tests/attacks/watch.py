"""A page under watch: whatever runs in it, asks for something or opens a dialog is written down."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from playwright.sync_api import Browser, Dialog, Frame, Page, Request, Route

__all__ = ["HOST", "Watch", "harmless", "unsafe"]

HOST = "http://kit.test"

# In every frame: what the payloads call is told to the page on top, and shows no dialog.
_TELL = """
for (const name of ["alert", "confirm", "prompt", "print"]) {
  window[name] = () => top.postMessage({ ran: name }, "*");
}
if (window === top) {
  window.ran = [];
  window.addEventListener("message", (event) => {
    if (!event.data?.ran) return;
    let frame = event.source;
    while (frame && frame !== top && frame.parent !== top) frame = frame.parent;
    const frames = [...document.querySelectorAll("iframe")];
    window.ran.push(frames.find((one) => one.contentWindow === frame)?.name ?? "the page");
  });
}
"""

# What a reader does by moving and pressing, done to all elements of a page and of the frames in it.
_POKE = """async () => {
  const kinds = ["mouseover", "pointerenter", "click", "dblclick", "focus", "toggle", "begin"];
  const roots = [document, ...[...document.querySelectorAll("iframe")].map((frame) => frame.contentDocument)];
  for (const root of roots.filter(Boolean)) {
    for (const node of root.querySelectorAll("*")) {
      if (node.closest("[data-leave]")) continue;
      for (const kind of kinds) node.dispatchEvent(new MouseEvent(kind, { cancelable: true }));
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
}"""

# Elements by name, each with the names of its attributes; and what no answer may bring.
_LOOK = """(within) => {
  const roots = [...document.querySelectorAll(within)];
  const nodes = roots.flatMap((root) => [...root.querySelectorAll("*")]);
  const bad = [];
  for (const node of nodes) {
    for (const { name, value } of node.attributes) {
      const link = ["href", "src", "action", "formaction", "xlink:href"].includes(name);
      if (name.startsWith("on") || (link && !/^https?:/.test(value))) bad.push(`${node.localName} ${name}=${value}`);
    }
  }
  const kinds = nodes.map((node) => [node.localName, ...[...node.attributes].map(({ name }) => name).sort()].join(" "));
  return { kinds, bad, text: roots.map((root) => root.textContent).join("\\n") };
}"""


class Watch:
    """One page for many tests. Files are served from `files`, by path; the rest of the world is not there."""

    def __init__(self, browser: Browser) -> None:
        # Without its policy, for the policy is the second wall: the first has to hold alone.
        self.context = browser.new_context(bypass_csp=True, viewport={"width": 900, "height": 700})
        self.page: Page = self.context.new_page()
        self.files: dict[str, tuple[str, str]] = {}
        self.asked: list[tuple[str, str]] = []
        self.dialogs: list[str] = []
        self.page.add_init_script(_TELL)
        self.page.on("request", self._request)
        self.page.on("dialog", self._dialog)
        self.page.route("**/*", self._serve)

    def open(self, body: str, files: Mapping[str, tuple[str, str]] | None = None) -> None:
        """Show an HTML document, and forget what was seen before."""
        self.files = {"/": (body, "text/html"), **(files or {})}
        self.forget()
        self.page.goto(f"{HOST}/")

    def forget(self) -> None:
        self.asked.clear()
        self.dialogs.clear()

    def poke(self) -> None:
        """Hover, focus and press everything, then wait a moment for what follows from it."""
        self.page.evaluate(_POKE)

    @property
    def ran(self) -> list[str]:
        """Where something ran: the names of frames, or "the page"."""
        found: list[str] = self.page.evaluate("window.ran")
        return found

    def strangers(self, known: Sequence[str] = ()) -> list[str]:
        """The addresses that were asked for and that the page has no business with."""
        own = {f"{HOST}{path}" for path in self.files}
        return [
            url for _, url in self.asked if url not in own and not url.startswith((*known, "blob:"))
        ]

    def look(self, within: str = "html") -> tuple[Counter[str], list[str], str]:
        """The elements below a selector, what of them is dangerous by itself, and their text."""
        found: dict[str, Any] = self.page.evaluate(_LOOK, within)
        return Counter(found["kinds"]), found["bad"], found["text"]

    def remove(self, selector: str) -> None:
        """Take the elements out of the page."""
        remove = "(all) => document.querySelectorAll(all).forEach((node) => node.remove())"
        self.page.evaluate(remove, selector)

    def quiet(self, known: Sequence[str] = ()) -> None:
        """Fail unless nothing ran, nothing was asked for and nothing stood in the reader's way."""
        assert (self.ran, self.dialogs, self.strangers(known)) == ([], [], [])

    def _request(self, request: Request) -> None:
        self.asked.append((_outermost(request.frame), request.url))

    def _dialog(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _serve(self, route: Route) -> None:
        url = urlsplit(route.request.url)
        if url.hostname == "127.0.0.1":
            route.continue_()
        elif route.request.url.startswith(HOST) and url.path in self.files:
            body, kind = self.files[url.path]
            route.fulfill(body=body, content_type=f"{kind}; charset=utf-8")
        else:
            route.fulfill(status=404)


def _outermost(frame: Frame) -> str:
    while frame.parent_frame and frame.parent_frame.parent_frame:
        frame = frame.parent_frame
    return frame.name


def harmless(text: str) -> str:
    """The same length and the same white space, with nothing in it that a browser could act on."""
    return "".join(letter if letter.isspace() else "x" for letter in text)


def unsafe(texts: Sequence[str]) -> str:
    """What a careless page would do: normalise, render Markdown with HTML in it, and show that. A frame for each."""
    markdown = MarkdownIt("commonmark", {"html": True}).enable("table")
    markdown.validateLink = lambda url: True  # type: ignore[method-assign]
    frames = []
    for number, text in enumerate(texts):
        both = text + "\n\n" + markdown.render(unicodedata.normalize("NFKC", text))
        frames.append(f'<iframe name="{number}" srcdoc="{escape(both)}"></iframe>')
    return "<!doctype html>" + "".join(frames)
