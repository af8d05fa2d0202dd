"""The timeline player as a page of its own, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from lesson_kit.clock import run
from lesson_kit.conversation import talk
from lesson_kit.player import Player
from lesson_kit.recording import Recording
from lesson_kit.script import Script
from lesson_kit.server import LessonServer
from tests.browser.chat import LIMIT

pytestmark = pytest.mark.browser

WORDS = "one two three four five six seven eight nine ten"
EVIL = "<img src=x onerror=document.title='taken'>"


def record(script: Script) -> Recording:
    (recording,) = run(talk(LessonServer(model=script.model()), "Count"))
    return recording


class Shown:
    """Finds things by role and name, as a screen reader does."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.time = page.get_by_role("slider", name="Time")
        self.status = page.get_by_role("status")
        self.reading = page.locator(".lkp-reading")

    def lane(self, name: str) -> Locator:
        return self.page.get_by_role("slider", name=f"Events of {name}")

    def said(self, name: str) -> Locator:
        return self.page.get_by_role("group", name=f"Transcript of {name}")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name)

    def go_to(self, seconds: float) -> None:
        self.time.evaluate(
            "(range, t) => { range.value = t; range.dispatchEvent(new Event('input')); }", seconds
        )


def open_page(page: Page, folder: Path, recordings: dict[str, Recording]) -> Shown:
    target = folder / "player.html"
    target.write_text(Player(recordings).to_html(), encoding="utf-8")
    page.goto(target.as_uri())
    return Shown(page)


@pytest.fixture
def problems(page: Page) -> Iterator[list[str]]:
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda message: found.append(message.text))
    yield found
    assert found == []


@pytest.fixture
def two(page: Page, tmp_path: Path, problems: list[str]) -> Shown:
    fast = record(Script.say(WORDS, thinking=0.5, gap=0.1))
    stalled = record(Script.say(WORDS, thinking=1.0, gap=0.1, stall_at=4, stall_for=3.0))
    return open_page(page, tmp_path, {"fast": fast, "stalled": stalled})


def test_a_transcript_that_is_built_out_of_sight_shows_its_newest_words_when_it_comes_into_sight(
    page: Page, tmp_path: Path
) -> None:
    target = tmp_path / "player.html"
    long = Player(record(Script.say(f"{WORDS} " * 40, thinking=0, gap=0))).to_html()
    target.write_text(long.replace("<main>", "<main hidden>"), encoding="utf-8")
    page.goto(target.as_uri())
    box = page.locator(".lkp-said")
    assert box.evaluate("box => box.scrollHeight") == 0
    page.evaluate("document.querySelector('main').hidden = false")
    below = "box => box.scrollHeight - box.clientHeight - box.scrollTop"
    page.wait_for_function(f"({below})(document.querySelector('.lkp-said')) < 2")
    assert box.evaluate("box => box.scrollTop") > 0


def test_the_transcripts_stand_as_they_stood_at_the_time_that_is_scrubbed_to(two: Shown) -> None:
    expect(two.said("stalled")).to_contain_text(WORDS)
    expect(two.said("stalled")).to_contain_text("end: done")
    two.go_to(1.15)
    expect(two.said("fast")).to_contain_text("one two three four five six seven")
    expect(two.said("fast")).not_to_contain_text("eight")
    expect(two.said("stalled")).to_contain_text("one two")
    expect(two.said("stalled")).not_to_contain_text("three")
    expect(two.time).to_have_attribute("aria-valuetext", "1.15 s of 4.9 s")
    two.go_to(0.2)
    expect(two.said("fast")).to_contain_text("Thinking...")
    expect(two.said("fast")).not_to_contain_text("one")


def test_it_plays_to_the_end_at_the_speed_chosen_and_says_so(two: Shown) -> None:
    two.page.get_by_label("Speed").select_option("8×")
    two.button("Play").click()
    expect(two.button("Pause")).to_be_visible()
    expect(two.status).to_have_text("The end", timeout=LIMIT)
    expect(two.button("Play")).to_be_visible()
    expect(two.said("stalled")).to_contain_text(WORDS)


def test_space_plays_and_pauses_and_home_and_end_go_there(two: Shown) -> None:
    two.page.get_by_label("Speed").select_option("0.25×")
    two.time.focus()
    keys = two.page.keyboard
    keys.press("Home")
    expect(two.time).to_have_attribute("aria-valuetext", "0 s of 4.9 s")
    keys.press("Space")
    expect(two.status).to_have_text("Playing")
    keys.press("Space")
    expect(two.status).to_have_text("Paused")
    keys.press("End")
    expect(two.time).to_have_attribute("aria-valuetext", "4.9 s of 4.9 s")


def test_arrows_and_enter_open_every_event_of_a_lane_with_its_bytes(two: Shown) -> None:
    lane, keys = two.lane("fast"), two.page.keyboard
    lane.focus()
    keys.press("Home")
    expect(lane).to_have_attribute("aria-valuetext", "event 1 of 18, thread created at 0 s, thr_1")
    for _ in range(7):
        keys.press("ArrowRight")
    expect(lane).to_have_attribute("aria-valuetext", "event 8 of 18, text delta at 600 ms, two")
    expect(two.said("fast")).to_contain_text("one two")
    keys.press("Enter")
    opened = two.page.get_by_text("fast: event 8 of 18, text delta at 600 ms")
    expect(opened).to_be_focused()
    expect(two.reading).to_contain_text('data: {"type":"thread.item.updated"')
    expect(two.reading).to_contain_text("bytes of SSE")
    keys.press("Escape")
    expect(lane).to_be_focused()


def test_the_step_buttons_reach_the_events_of_all_lanes_in_order(two: Shown) -> None:
    two.go_to(0.55)
    two.button("Next event").click()
    expect(two.reading).to_contain_text("fast: event 8 of 18, text delta at 600 ms")
    two.go_to(1.05)
    two.button("Previous event").click()
    expect(two.reading).to_contain_text("stalled: event 7 of 18, text delta at 1 s")


def test_a_click_on_a_mark_opens_it_and_a_click_beside_all_marks_goes_there(two: Shown) -> None:
    lane = two.lane("stalled")
    box = lane.bounding_box()
    assert box
    across = 54 + 4.4 / 4.9 * (box["width"] - 54 - 12)  # the first delta after the stall
    lane.click(position={"x": across + 2, "y": 68})
    expect(two.reading).to_contain_text("stalled: event 11 of 18, text delta at 4.4 s")
    lane.click(position={"x": across - 200, "y": 38})
    expect(two.said("stalled")).not_to_contain_text("five")


def test_text_from_the_model_is_shown_and_never_read_as_html(
    page: Page, tmp_path: Path, problems: list[str]
) -> None:
    shown = open_page(page, tmp_path, {EVIL: record(Script.say([EVIL]))})
    expect(page.locator(".lkp-said")).to_contain_text(EVIL)
    shown.button("Previous event").click()
    page.get_by_text(" as a table").click()
    assert page.locator("img").count() == 0
    assert page.title() == "Timeline player"


def test_the_table_says_in_words_what_the_marks_show(two: Shown) -> None:
    two.page.get_by_text("Events of stalled as a table").click()
    table = two.page.get_by_role("table")
    expect(table).to_contain_text("text delta")
    expect(table).to_contain_text("end: done")


def test_who_asks_for_less_motion_sees_steps_and_no_animation(
    browser: Browser, tmp_path: Path
) -> None:
    page = browser.new_page(reduced_motion="reduce")
    shown = open_page(page, tmp_path, {"one": record(Script.say(WORDS, gap=0.1))})
    page.evaluate(
        "() => { window.frames_asked = 0; window.requestAnimationFrame = () => { window.frames_asked += 1; }; }"
    )
    shown.button("Play").click()
    expect(shown.status).to_have_text("The end", timeout=LIMIT)
    assert page.evaluate("window.frames_asked") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_sticks_out_on_a_phone(browser: Browser, tmp_path: Path, scheme: Any) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    shown = open_page(page, tmp_path, {"a": record(Script.say(WORDS)), "b": Recording()})
    shown.button("Previous event").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_five_thousand_events_can_be_scrubbed(
    page: Page, tmp_path: Path, problems: list[str]
) -> None:
    many = record(Script.say([f"w{n} " for n in range(5000)], thinking=0.5, gap=0.004))
    shown = open_page(page, tmp_path, {"many": many})
    times: list[float] = shown.time.evaluate(
        """(range) => {
          const took = [];
          for (let i = 0; i <= 60; i += 1) {
            const began = performance.now();
            range.value = range.max * (i % 2 ? 1 - i / 60 : i / 60);
            range.dispatchEvent(new Event("input"));
            document.body.getBoundingClientRect();
            took.push(performance.now() - began);
          }
          return took.sort((one, other) => one - other);
        }"""
    )
    # Told, and not judged by the clock: the machine may be busy. A redraw of 5,000 nodes takes seconds.
    print(f"scrub of {len(many)} events: median {times[30]:.1f} ms, longest {times[60]:.1f} ms")
    assert page.evaluate("document.querySelectorAll('*').length") < 400
    expect(shown.said("many")).to_contain_text("w4999")
