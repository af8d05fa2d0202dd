"""The dashboard's picture, as a tree that both a page and a file can draw.

One tree for two pens: the widget makes elements of it, and a notebook without a kernel keeps it as HTML. So the static
picture cannot fall behind the live one.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from .figures import Figures

__all__ = ["Tree", "draw", "html"]

Tree = list[Any]
"""[tag, {attribute: value}, child, ...]; a child is a tree or a text."""
HEIGHT = 96
NO_FIGURE = "–"


def draw(shown: Figures, window: float) -> Tree:
    """Draw the figures; the chart is `window` seconds wide."""
    return ["div", {"class": "lkb-figures"}, _tiles(shown), _chart(shown, window), _tables(shown)]


def html(tree: Tree | str) -> str:
    """Write a tree as HTML."""
    if isinstance(tree, str):
        return escape(tree)
    tag, attributes, *children = tree
    told = "".join(f' {name}="{escape(str(value))}"' for name, value in attributes.items())
    return f"<{tag}{told}>{''.join(map(html, children))}</{tag}>"


def _tiles(shown: Figures) -> Tree:
    span = f"in {shown.seconds:.0f} s" if shown.seconds else "no time yet"
    share = shown.failed_share
    tiles = [
        ("Active turns", str(shown.active), "now"),
        ("Deltas/second", _number(shown.deltas_per_second), "all turns together"),
        ("First token p50", _seconds(shown.first_token_p50), span),
        ("First token p95", _seconds(shown.first_token_p95), span),
        ("Failed turns", NO_FIGURE if share is None else f"{share:.1%}", span),
    ]
    return ["dl", {"class": "lkb-tiles"}, *(_tile(*tile) for tile in tiles)]


def _tile(name: str, value: str, remark: str) -> Tree:
    return [
        "div",
        {},
        ["dt", {}, name],
        ["dd", {"class": "lkb-value"}, value],
        ["dd", {"class": "lkb-remark"}, remark],
    ]


def _chart(shown: Figures, window: float) -> Tree:
    top = _top(max((speed for _, speed in shown.speed), default=0.0))
    points = _steps(shown, window, top)
    line = " ".join(f"{x:.2f},{y:.2f}" for x, y in points)
    curve: list[Tree] = []
    if points:
        floor = f"{points[0][0]:.2f},100 {line} {points[-1][0]:.2f},100"
        curve = [
            ["polygon", {"class": "lkb-area", "points": floor}],
            ["polyline", {"class": "lkb-line", "points": line}],
        ]
    stretched = {"y": 6, "width": "100%", "height": HEIGHT - 24, "viewBox": "0 0 100 100"}
    frame: dict[str, object] = {"class": "lkb-chart", "role": "img", "aria-label": _told(shown)}
    low = HEIGHT - 18
    return [
        "svg",
        {**frame, "width": "100%", "height": HEIGHT},
        ["line", {"class": "lkb-grid", "x1": 0, "x2": "100%", "y1": 6, "y2": 6}],
        ["line", {"class": "lkb-grid", "x1": 0, "x2": "100%", "y1": low, "y2": low}],
        ["svg", {**stretched, "preserveAspectRatio": "none"}, *curve],
        ["text", {"x": 2, "y": 18}, f"{_number(top)} deltas per second"],
        ["text", {"x": 0, "y": HEIGHT - 4}, f"{window:.0f} s ago"],
        ["text", {"x": "100%", "y": HEIGHT - 4, "text-anchor": "end"}, "now"],
    ]


def _steps(shown: Figures, window: float, top: float) -> list[tuple[float, float]]:
    # A rate belongs to the whole time between two scrapes: a sloping line would tell of times that nobody measured.
    points: list[tuple[float, float]] = []
    began = -shown.seconds
    for at, speed in shown.speed:
        y = 100 * (1 - speed / top)
        points += [(max(0.0, 100 * (1 + t / window)), y) for t in (began, at)]
        began = at
    return points


def _tables(shown: Figures) -> Tree:
    outcomes = [
        (outcome, str(shown.ended.get(outcome, 0)), str(total))
        for outcome, total in shown.total.items()
    ]
    speeds = [(f"{abs(at):.1f} s", _number(speed)) for at, speed in reversed(shown.speed)]
    recent = f"in {shown.seconds:.0f} s"
    return [
        "div",
        {"class": "lkb-tables"},
        _table("Turns that ended", ("outcome", recent, "since the start"), outcomes),
        [
            "details",
            {},
            ["summary", {}, "The chart as a table"],
            _table("Speed", ("before now", "deltas per second"), speeds),
        ],
    ]


def _table(caption: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Tree:
    body = [
        [
            "tr",
            {},
            ["th", {"scope": "row"}, first],
            *(["td", {}, cell] for cell in rest),
        ]
        for first, *rest in rows
    ]
    heads = [["th", {"scope": "col"}, name] for name in head]
    return [
        "table",
        {},
        ["caption", {}, caption],
        ["thead", {}, ["tr", {}, *heads]],
        ["tbody", {}, *body],
    ]


def _told(shown: Figures) -> str:
    if not shown.speed:
        return "Deltas per second: nothing yet."
    most = max(speed for _, speed in shown.speed)
    newest = _number(shown.deltas_per_second)
    return f"Deltas per second in the last {shown.seconds:.0f} s: now {newest}, at most {_number(most)}."


def _top(most: float) -> float:
    """Give the end of the scale: a round number that does not change with every scrape."""
    step = 10.0
    while step < most:
        step *= 2
    return step


def _number(value: float | None) -> str:
    if value is None:
        return NO_FIGURE
    return f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"


def _seconds(value: float | None) -> str:
    return NO_FIGURE if value is None else f"{value:.2f} s"
