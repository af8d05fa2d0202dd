"""The attack bank, in every place of the workbook that shows a stranger's text: nothing of it may act."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from lesson_kit import Player, Recording
from lesson_kit import timeline as timeline_of
from lesson_kit.desk import Card, Note
from lesson_kit.desk.cells import answer_in_file
from lesson_kit.grader.result import CheckResult, Result
from lesson_kit.panel.joined import PAGE, one_module, style
from lesson_kit.recording.plain import one_line, plain
from tests.attacks import ATTACKS, LEGITIMATE
from tests.attacks.shown import ALL, ANSWERS, MARKDOWN, lost
from tests.attacks.watch import Watch, harmless, unsafe

pytestmark = pytest.mark.browser

CALM = [tuple(harmless(delta) for delta in deltas) for deltas in ALL]


def spread(text: str) -> str:
    return " ".join(text.split())


# --- the bank itself ---


def test_the_bank_is_large_and_names_each_payload_once() -> None:
    assert len(ATTACKS) >= 100
    assert len(LEGITIMATE) >= 15
    assert len({attack.text for attack in ATTACKS}) >= 0.95 * len(ATTACKS)  # splits repeat a whole


@pytest.mark.slow
def test_every_payload_bites_where_a_page_takes_it_for_html(watch: Watch) -> None:
    watch.open(unsafe([attack.text for attack in ATTACKS]))
    watch.poke()
    bitten = {*watch.ran, *(name for name, url in watch.asked if "evil.test" in url)}
    names = {str(number): f"{a.family}: {a.name}" for number, a in enumerate(ATTACKS)}
    obeyed = {names[number] for number in bitten if number in names}
    assert {name for name in names.values() if not name.startswith("old: ")} == obeyed


# --- the panel ---

PANEL = """async (all) => {
  const { default: widget } = await import("/joined.js");
  const transcript = all.map((deltas, n) => ({
    id: `t${n}`, question: deltas.join(""), answer: deltas.join(""), state: "done", note: deltas.join(""), times: [1], total: 2,
  }));
  const traits = { title: all[0].join(""), suggestions: all.map((d) => d.join("")), model_name: all[0].join(""), transcript };
  let hear;
  const model = { get: (name) => traits[name], send: (m) => (model.sent = m), on: (_, back) => (hear = back), off: () => {} };
  const root = document.getElementById("root");
  widget.render({ model, el: root });
  hear({ kind: "snapshot", view: model.sent.view, turns: transcript, seqs: {} });
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  all.forEach((deltas, n) => {
    hear({ kind: "begin", run_id: `r${n}`, question: deltas.join("") });
    deltas.forEach((delta, k) => hear({ kind: "delta", run_id: `r${n}`, seq: k + 1, delta, times: [k], progress: delta }));
  });
  await frame();
  const growing = [...root.querySelectorAll(".lk-growing .lk-answer .lk-text")].map((node) => node.textContent);
  all.forEach((deltas, n) => hear({ kind: "end", run_id: `r${n}`, state: "error", note: deltas.join(""), total: 2, retry: true }));
  all.forEach((deltas) => hear({ kind: "problem", text: deltas.join("") }));
  await frame();
  return growing;
}"""  # fmt: skip


def open_panel(watch: Watch, all_deltas: Sequence[Sequence[str]]) -> list[str]:
    body = '<!doctype html><link rel="stylesheet" href="/panel.css"><div id="root"></div>'
    files = {
        "/joined.js": (one_module(), "text/javascript"),
        "/panel.css": (style(PAGE / "panel.css"), "text/css"),
    }
    watch.open(body, files)
    grown: list[str] = watch.page.evaluate(PANEL, [list(deltas) for deltas in all_deltas])
    return grown


def test_the_panel_shows_them_while_they_stream_and_at_the_end_and_obeys_none(watch: Watch) -> None:
    grown = open_panel(watch, ALL)
    assert grown == ["".join(deltas) for deltas in ALL]
    kinds, bad, said = watch.look(ANSWERS)
    assert {kind.split()[0] for kind in kinds} <= MARKDOWN
    assert bad == []
    assert lost(said) == []
    watch.quiet()
    # All round the answers there are the same elements as for harmless texts.
    watch.remove(ANSWERS)
    attacked, bad, _ = watch.look()
    assert bad == ["link href=/panel.css"]
    watch.poke()
    watch.quiet()
    open_panel(watch, CALM)
    watch.remove(ANSWERS)
    assert watch.look()[0] == attacked


# --- player, timeline, recording ---


def events_of(deltas: Sequence[str], number: int) -> list[dict[str, Any]]:
    """One turn whose every place for words holds the payload."""
    text, item_id = "".join(deltas), f"msg_{number}"
    part = "assistant_message.content_part."
    item = {
        "type": "assistant_message",
        "id": item_id,
        "content": [{"type": "output_text", "text": text}],
    }
    asked = {
        "type": "user_message",
        "id": f"{number} {text}",
        "content": [{"type": "input_text", "text": text}],
    }
    changes = [
        {"type": f"{part}text_delta", "content_index": 0, "delta": delta} for delta in deltas
    ]
    return [
        {"type": "thread.created", "thread": {"id": "thr_1", "title": text}},
        {"type": "thread.item.done", "item": asked},
        {"type": "progress_update", "icon": text, "text": text},
        {"type": "thread.item.added", "item": {**item, "content": []}},
        *({"type": "thread.item.updated", "item_id": item_id, "update": change} for change in changes),
        {"type": "thread.item.done", "item": item},
        {"type": "notice", "level": "info", "title": text, "message": text},
        {"type": "client_effect", "name": text, "data": {text: text}},
        {"type": text, text: text},
        {"type": "error", "code": "custom", "message": text},
    ]  # fmt: skip


def lanes(all_deltas: Sequence[Sequence[str]], together: int) -> dict[str, Recording]:
    """Recordings of so many turns each, named like the first payload in it."""
    named = {}
    for first in range(0, len(all_deltas), together):
        group = all_deltas[first : first + together]
        events = [event for n, deltas in enumerate(group) for event in events_of(deltas, n)]
        recording = Recording((float(n), event) for n, event in enumerate(events))
        recording.end(len(events) + 3.0, outcome="error")
        named[f"{first} {''.join(group[0])}"] = recording
    return named


# Opens each lane's table, and some of its events, as a reader does.
OPEN_ALL = """async () => {
  document.querySelectorAll("details").forEach((details) => (details.open = true));
  const tracks = [...document.querySelectorAll(".lkp-track")];
  for (const track of tracks) {
    const press = (key) => track.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    for (const key of ["End", "Enter", "ArrowLeft", "Enter", "PageUp", "Enter", "Home", "Enter", "End"]) press(key);
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  return tracks.length;
}"""


def test_the_player_shows_them_in_all_its_places_and_obeys_none(watch: Watch) -> None:
    def opened(all_deltas: Sequence[Sequence[str]]) -> tuple[Any, list[str], str]:
        named = lanes(all_deltas, together=20)
        watch.open(Player(named).to_html())
        assert watch.page.evaluate(OPEN_ALL) == len(named)
        return watch.look()

    calm, _, _ = opened(CALM)
    kinds, bad, said = opened(ALL)
    assert kinds == calm
    assert bad == []
    assert lost(said) == []
    watch.poke()
    watch.quiet()


def drawings(all_deltas: Sequence[Sequence[str]]) -> str:
    names = {
        name: Recording([(1.0, recording[1].event)])
        for name, recording in lanes(all_deltas, together=1).items()
    }
    # A table of events has 40 rows: with three turns none is left out.
    parts: list[Any] = [timeline_of(names), *lanes(all_deltas, together=3).values()]
    return "<!doctype html>" + "".join(part._repr_html_() for part in parts)


def sheets(all_deltas: Sequence[Sequence[str]]) -> str:
    return "<!doctype html>" + "".join(sheet_of("".join(deltas)) for deltas in all_deltas)


def sheet_of(text: str) -> str:
    facts: dict[str, Any] = {"expected": text, "seen": text, "next_step": text, "line": 1}
    checks = [
        CheckResult(name=text, status="failed", points=0, max_points=1, **facts),
        CheckResult(name=f"{text} 2", status="crashed", points=0, max_points=1, **facts | {"seen": "x"}),
    ]  # fmt: skip
    result = Result(student=text, exercise=text, isolation=text, message=text, checks=checks)
    card = Card(text, result, answer_in_file(text, text.replace("\n", " ")), notes=(text,))
    note = Note(text, (text,), code=text, after=(text,))
    return card._repr_html_() + note._repr_html_()


@pytest.mark.parametrize(
    ("made", "shown"),
    [(drawings, lambda text: one_line(text)), (sheets, lambda text: text)],
    ids=["timeline and recording", "result card and note"],
)
def test_what_stands_in_a_saved_notebook_obeys_none(
    watch: Watch,
    made: Callable[[Sequence[Sequence[str]]], str],
    shown: Callable[[str], str],
) -> None:
    watch.open(made(CALM))
    calm, _, _ = watch.look()
    watch.open(made(ALL))
    kinds, bad, said = watch.look()
    # A card sets `code` between backticks as code; the plain x of the harmless text has none.
    assert set(kinds - calm) <= {"code"}
    assert bad == []
    said = spread(said.replace("`", ""))
    for entry in LEGITIMATE:
        assert spread(shown(plain(entry.text)).replace("`", "")) in said, entry.name
    watch.quiet()


def test_a_card_that_a_script_puts_into_a_page_obeys_none(watch: Watch) -> None:
    # JupyterLab sets an output's HTML as innerHTML, and then runs the scripts in it if the notebook is trusted.
    watch.open("<!doctype html><div id=root></div>")
    put = """(html) => {
      const root = document.getElementById("root");
      root.innerHTML = html;
      root.querySelectorAll("script").forEach((old) => {
        old.replaceWith(Object.assign(document.createElement("script"), { text: old.text }));
      });
    }"""
    watch.page.evaluate(put, drawings(ALL) + sheets(ALL))
    watch.poke()
    watch.quiet()
