"""The page's modules joined into the single one that anywidget takes.

The files stay real modules with imports, which the plain page loads as they are and editors understand. Their
top-level names share one scope here, so each must be used once: a test checks that.
"""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["MODULES", "one_module", "style"]

PAGE = Path(__file__).parent.parent / "page"
# In this order: each uses only those before it.
MODULES = (
    *(PAGE / name for name in ("dom.js", "markdown.js", "timeline.js", "history.js", "view.js")),
    Path(__file__).parent / "widget.js",
)

_IMPORT = re.compile(r'^import \{[^}]*\} from "[^"]*";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def one_module() -> str:
    """Give one ES module that exports anywidget's `render`."""
    texts = (path.read_text(encoding="utf-8") for path in MODULES)
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", text)) for text in texts)


def style() -> str:
    """Give the style sheet."""
    return (PAGE / "panel.css").read_text(encoding="utf-8")
