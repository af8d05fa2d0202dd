"""The player's page as one text: a module for anywidget, a document for everybody else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..panel.joined import PAGE, join, style

__all__ = ["MODULES", "document"]

HERE = Path(__file__).parent
# In this order: each uses only those before it. `widget.js` is anywidget's way in, and comes on top.
MODULES = (
    PAGE / "dom.js",
    PAGE / "keys.js",
    *(HERE / name for name in ("marks.js", "transcript.js", "reading.js", "lane.js", "player.js")),
)

_DOCUMENT = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Timeline player</title>
<style>
body {{ margin: 1rem; color-scheme: light dark; background: Canvas; color: CanvasText; }}
main > h1 {{ font: 600 1.1rem/1.4 system-ui, sans-serif; margin: 0 0 .6rem; }}
{style}
</style>
</head>
<body>
<main>
<h1>Timeline player</h1>
<div id="player">{fallback}</div>
</main>
<script type="application/json" id="data">{data}</script>
<script type="module">
{module}
const root = document.getElementById("player");
root.replaceChildren();
new PlayerView(root, JSON.parse(document.getElementById("data").textContent));
</script>
</body>
</html>
"""


def document(data: dict[str, Any], fallback: str) -> str:
    """Give a page that needs nothing else: no server, no network. `fallback` is shown until its script runs."""
    # In JSON `<` only stands inside strings: escaped there, no text can end the script element.
    told = json.dumps(data).replace("<", "\\u003c")
    sheet = style(HERE / "player.css")
    return _DOCUMENT.format(style=sheet, fallback=fallback, data=told, module=join(MODULES))
