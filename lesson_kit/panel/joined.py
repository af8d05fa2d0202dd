"""The page's modules joined into the single one that anywidget takes, its style sheets likewise.

The files stay real modules with imports, which the plain page loads as they are and editors understand. Their
top-level names share one scope here, so each must be used once: a test checks that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

__all__ = ["MODULES", "PAGE", "join", "one_module", "style"]

PAGE = Path(__file__).parent.parent / "page"
# In this order: each uses only those before it.
MODULES = (
    *(
        PAGE / name
        for name in ("dom.js", "keys.js", "markdown.js", "timeline.js", "history.js", "view.js")
    ),
    Path(__file__).parent / "widget.js",
)

_IMPORT = re.compile(r'^import \{[^}]*\} from "[^"]*";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def join(modules: Iterable[Path]) -> str:
    """Join modules into one; each may import only what stands before it."""
    texts = (path.read_text(encoding="utf-8") for path in modules)
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", text)) for text in texts)


def one_module() -> str:
    """Give the panel's ES module, which exports anywidget's `render`."""
    return join(MODULES)


def style(*sheets: Path) -> str:
    """Join style sheets behind the palette, whose colours all of them take."""
    return "\n".join(path.read_text(encoding="utf-8") for path in (PAGE / "palette.css", *sheets))
