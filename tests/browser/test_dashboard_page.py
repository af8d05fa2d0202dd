"""The dashboard's page in a Chromium without a kernel: it changes what is different, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from lesson_kit.dashboard import Figures
from lesson_kit.dashboard.drawing import draw
from lesson_kit.dashboard.widget import MODULES, STYLE
from lesson_kit.panel.joined import join
from tests.browser.axe import violations
from tests.browser.conftest import fresh

pytestmark = pytest.mark.browser

MODEL = """
class Model {
  constructor(traits) { Object.assign(this, { traits, heard: [], sent: [] }); }
  get(name) { return this.traits[name]; }
  on(names, callback) { this.heard.push(callback); }
  off(names, callback) { this.heard = this.heard.filter((one) => one !== callback); }
  send(message) { this.sent.push(message); }
  set(traits) { Object.assign(this.traits, traits); this.heard.forEach((callback) => callback()); }
}
globalThis.show = (traits) => {
  globalThis.model = new Model(traits);
  globalThis.leave = render({ model, el: document.getElementById("root") });
};
"""


def seen(speeds: int, **more: Any) -> list[Any]:
    speed = tuple((float(-n), float(n)) for n in reversed(range(speeds)))
    return draw(Figures(seconds=float(speeds), total={"done": speeds}, speed=speed, **more), 60)


@pytest.fixture
def board(view: Page) -> Page:
    page = fresh(view)
    page.add_style_tag(content=STYLE)
    page.add_script_tag(content=join(MODULES) + MODEL, type="module")
    page.wait_for_function("() => Boolean(globalThis.show)")
    told = {"picture": seen(3), "live": True, "watching": True, "status": ""}
    page.evaluate("told => show(told)", told)
    return page


def tell(page: Page, **traits: Any) -> None:
    page.evaluate("traits => model.set(traits)", traits)


def test_new_figures_leave_the_focus_and_the_open_table_where_they_are(board: Page) -> None:
    summary = board.get_by_text("The chart as a table")
    summary.focus()
    board.keyboard.press("Enter")
    rows = board.locator("details tbody tr")
    expect(rows).to_have_count(3)
    board.evaluate("globalThis.before = document.querySelector('.lkb-chart')")
    for speeds in (4, 2):  # the table grows, and shrinks
        tell(board, picture=seen(speeds, active=speeds))
        expect(rows).to_have_count(speeds)
        expect(board.locator(".lkb-value").first).to_have_text(str(speeds))
        expect(summary).to_be_focused()
    assert board.evaluate("before === document.querySelector('.lkb-chart')")
    drawn = board.evaluate(
        "[...document.querySelectorAll('.lkb-chart *')].map((x) => x.namespaceURI)"
    )
    assert set(drawn) == {"http://www.w3.org/2000/svg"}


def test_a_drawing_that_was_empty_gets_its_curve_and_may_lose_it_again(board: Page) -> None:
    for picture, curves in ((draw(Figures(), 60), 0), (seen(5), 1), (draw(Figures(), 60), 0)):
        tell(board, picture=picture)
        expect(board.locator("polyline")).to_have_count(curves)


def test_figures_are_never_announced_and_a_trouble_is_once(board: Page) -> None:
    status = board.get_by_role("status")
    board.evaluate(
        """() => {
          globalThis.changes = 0;
          const count = (records) => { globalThis.changes += records.length; };
          new MutationObserver(count).observe(document.querySelector("[role=status]"), { childList: true });
        }"""
    )
    for speeds in range(1, 6):
        tell(board, picture=seen(speeds), status="")
    assert board.evaluate("changes") == 0
    for _ in range(3):
        tell(board, status="Cannot read it.")
    expect(status).to_have_text("Cannot read it.")
    assert board.evaluate("changes") == 1
    assert board.locator("[aria-live], [role=log], [role=alert]").count() == 1


def test_the_button_says_what_it_does_and_is_away_where_it_could_do_nothing(board: Page) -> None:
    board.get_by_role("button", name="Stop").click()
    tell(board, watching=False)
    board.get_by_role("button", name="Start").click()
    assert board.evaluate("model.sent") == [{"kind": "stop"}, {"kind": "start"}]
    tell(board, live=False)
    expect(board.get_by_role("button")).to_have_count(0)
    expect(board.get_by_role("status")).to_have_text("A run that is over")
    board.evaluate("leave()")
    assert board.evaluate("model.heard.length") == 0


def test_a_text_is_shown_and_never_read_as_html(board: Page) -> None:
    attack = "<img src=x onerror='globalThis.hit = true'>"
    tell(board, picture=["div", {"class": "lkb-figures"}, attack], status=attack)
    expect(board.locator(".lkb-figures")).to_have_text(attack)
    assert board.locator("img").count() == 0
    assert board.evaluate("globalThis.hit") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(board: Page, scheme: Any) -> None:
    board.emulate_media(color_scheme=scheme)
    tell(board, status="Cannot read it.")
    board.get_by_text("The chart as a table").click()
    try:
        assert violations(board, "#root") == []
    finally:
        board.emulate_media(color_scheme="light")
