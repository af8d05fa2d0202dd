"""The player's canvases when the colours of the page change: they are painted anew, in the ink of the new theme."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from lesson_kit.clock import run
from lesson_kit.conversation import talk
from lesson_kit.player import Player
from lesson_kit.script import Script
from lesson_kit.server import LessonServer

pytestmark = pytest.mark.browser

# The brightest pixel of the axis, where there is nothing but numbers: 0 for black ink, 255 for white.
BRIGHTEST = """() => {
  const canvas = [...document.querySelectorAll(".lkp-track canvas")].at(-1);
  const dots = canvas.height / canvas.clientHeight;
  const axis = canvas.getContext("2d").getImageData(0, 95 * dots, canvas.width, canvas.height - 95 * dots).data;
  return Math.max(...axis.filter((_, place) => place % 4 === 0));
}"""


@pytest.fixture
def player(page: Page, tmp_path: Path) -> Page:
    [recording] = run(talk(LessonServer(model=Script.say("one two three").model()), "Count"))
    target = tmp_path / "player.html"
    target.write_text(Player({"plain": recording}).to_html(), encoding="utf-8")
    page.emulate_media(color_scheme="light")
    page.goto(target.as_uri())
    page.wait_for_function(f"({BRIGHTEST})() < 60")
    return page


def test_the_numbers_turn_white_when_the_system_turns_dark(player: Page) -> None:
    player.emulate_media(color_scheme="dark")
    player.wait_for_function(f"({BRIGHTEST})() > 200")


def test_a_theme_whose_rules_come_late_is_followed_too(player: Page) -> None:
    player.evaluate("document.body.dataset.jpThemeLight = 'false'")
    player.wait_for_timeout(50)
    player.add_style_tag(content=":root { --jp-content-font-color1: #eeeeee }")
    player.wait_for_function(f"({BRIGHTEST})() > 200")


def test_a_theme_that_hides_the_player_for_a_moment_is_followed_and_the_playhead_stands_at_its_time(
    player: Page,
) -> None:
    # As JupyterLab does it: hidden in the middle of the change, and shown again before the next picture.
    player.evaluate(
        """() => {
          const whole = document.querySelector(".lkp-player");
          document.body.dataset.jpThemeLight = "false";
          getComputedStyle(document.querySelector(".lkp-track canvas")).color;
          whole.style.display = "none";
          document.querySelector(".lkp-track").clientWidth;
          whole.style.display = "";
        }"""
    )
    player.wait_for_function(f"({BRIGHTEST})() > 200")
    lane = player.get_by_role("slider", name="Events of plain")
    lane.focus()
    player.keyboard.press("End")
    head, track = (player.locator(part).bounding_box() for part in (".lkp-head", ".lkp-track"))
    assert head
    assert track
    assert head["x"] > track["x"] + track["width"] / 2


def test_a_player_out_of_sight_that_is_told_of_no_change_follows_when_it_comes_into_sight(
    player: Page,
) -> None:
    player.add_style_tag(
        content="body { padding-top: 3000px } .lkp-track canvas { transition: none !important }"
    )
    player.wait_for_timeout(50)
    player.emulate_media(color_scheme="dark")
    player.wait_for_timeout(50)
    assert player.evaluate(BRIGHTEST) < 60
    player.locator(".lkp-track").scroll_into_view_if_needed()
    player.wait_for_function(f"({BRIGHTEST})() > 200")
