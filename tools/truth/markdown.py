"""Reads Markdown and docstrings: fenced and indented code, code in sentences, the sentences."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import replace

from .passage import Kind, Passage

__all__ = ["MARK", "WORD", "read_docstring", "read_markdown"]

MARK = "<!-- wrong-form -->"
"""In Markdown: the next code block, list or paragraph shows a wrong form. On a line of its own, or inside the paragraph."""
WORD = "wrong form"
"""In a docstring: the paragraph with these words, and a code block right below it, show a wrong form."""

_PYTHON = {"python", "py", "python3", "pycon", "ipython"}
_FENCE = re.compile(r"^\s*(```+|~~~+)\s*([\w+-]*)")
_INLINE = re.compile(r"(?<!`)(`{1,2})(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)


def read_markdown(text: str, whole: Passage) -> Iterator[Passage]:
    """Cut Markdown into passages. `whole` says where the text begins."""
    marked: str | None = whole.wrong
    for line, block, language in _blocks(text):
        here = replace(whole, line=whole.line + line - 1)
        if block.strip() == MARK:
            marked = here.place
            continue
        wrong = marked or (here.place if language is None and MARK in block else None)
        here = replace(here, wrong=wrong)
        if language is None:
            yield from _sentences(block, here)
        else:
            kind: Kind = "code" if language in _PYTHON else "prose"
            yield replace(here, line=here.line + 1, kind=kind, text=_without_prompts(block))
        marked = whole.wrong


def _blocks(text: str) -> Iterator[tuple[int, str, str | None]]:
    """Yield (line, text, language) of each paragraph (language None) and each fenced block."""
    fence, language, start, lines = "", "", 1, list[str]()
    for number, line in enumerate([*text.splitlines(), ""], 1):
        opening = _FENCE.match(line)
        if fence:
            if line.strip().startswith(fence):
                yield start, textwrap.dedent("\n".join(lines)), language
                fence, lines = "", []
            else:
                lines.append(line)
        elif opening or not line.strip() or line.strip() == MARK:
            if lines:
                yield start, "\n".join(lines), None
            lines, start = [], number
            if opening:
                fence, language = opening[1], opening[2].lower()
            elif line.strip():
                yield number, line, None
        else:
            start = number if not lines else start
            lines.append(line)
    if lines:
        yield start, "\n".join(lines), language if fence else None


def _without_prompts(block: str) -> str:
    if not re.search(r"^>>> ", block, re.MULTILINE):
        return block
    return "\n".join(
        line[4:] if line[:4] in (">>> ", "... ") else "" for line in block.splitlines()
    )


def _sentences(block: str, here: Passage) -> Iterator[Passage]:
    yield replace(here, kind="prose", text=block)
    for found in _INLINE.finditer(block):
        line = block.count("\n", 0, found.start()) + 1
        code = " ".join(found[2].split())
        yield replace(here.at(line), kind="inline", text=code)


def read_docstring(text: str, whole: Passage, indent: int = 0) -> Iterator[Passage]:
    """Cut a docstring whose lines begin with `indent` spaces into passages."""
    first, _, rest = text.partition("\n")
    margin = re.compile(f" {{0,{indent}}}")
    lines = [first.strip(), *(margin.sub("", line, count=1) for line in rest.splitlines())]
    wrong: str | None = None
    for line, block, _ in _blocks("\n".join(lines)):
        here = replace(whole, line=whole.line + line - 1)
        if block.startswith("    "):
            code = textwrap.dedent(block)
            yield replace(
                here, kind="code" if _is_python(code) else "prose", text=code, wrong=wrong
            )
            continue
        wrong = here.place if WORD in " ".join(block.lower().split()) else None
        yield from _sentences(block, replace(here, wrong=wrong))


def _is_python(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError):
        return False
    return True
