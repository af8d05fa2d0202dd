"""Player, fault panel and heartbeat in a real JupyterLab with a real kernel."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat import LIMIT
from tests.browser.lab import Lab
from tests.browser.test_panel_in_lab import choose, wait_until_ready

pytestmark = pytest.mark.browser

PLAYER = """\
from lesson_kit import LessonServer, Script, run, talk
from lesson_kit.player import Player

def record(**faults):
    server = LessonServer(model=Script.say("one two three four", gap=0.1, **faults).model())
    [recording] = run(talk(server, "Count"))
    return recording

Player({"plain": record(), "stalled": record(stall_at=2, stall_for=3.0)})
"""
FAULTS = "from lesson_kit.faultpanel import FaultPanel\nfaults = FaultPanel()\nfaults"
HEART = "from lesson_kit.heartbeat import Heartbeat\npulse = Heartbeat().start()\npulse"
BLOCK = "import asyncio, time\nawait asyncio.sleep(1)\ntime.sleep(2.5)\nawait asyncio.sleep(0.5)"


def open_and_run(page: Page, lab: Lab, name: str, *cells: str) -> None:
    page.goto(lab.notebook(lab.write(name, *cells)))
    wait_until_ready(page)
    choose(page, "Run", "Run All Cells")


def test_the_player_plays_on_when_the_kernel_is_gone_and_the_notebook_keeps_out(
    page: Page, lab: Lab
) -> None:
    open_and_run(page, lab, "player.ipynb", PLAYER)
    lane = page.get_by_role("slider", name="Events of stalled")
    expect(lane).to_be_visible(timeout=LIMIT)
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    expect(page.get_by_role("button", name="No Kernel").first).to_be_visible()
    lane.focus()
    keys = page.keyboard
    keys.press("Home")
    for key in ("ArrowRight", "ArrowUp", "ArrowRight", "Enter"):
        keys.press(key)
    expect(page.get_by_text("stalled: event 4 of 12, progress line at 0 s")).to_be_focused()
    keys.press("Escape")
    keys.type("dd bx")  # in a notebook these are commands; the space plays
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert page.locator(".jp-Notebook .jp-CodeCell").count() == 1
    expect(page.get_by_role("group", name="Transcript of stalled")).to_contain_text("three")


def test_a_slider_of_the_fault_panel_reaches_the_kernel_and_comes_back_as_a_stream(
    page: Page, lab: Lab
) -> None:
    open_and_run(page, lab, "faults.ipynb", FAULTS)
    start = page.get_by_label("Start from")
    expect(start).to_be_visible(timeout=LIMIT)
    start.select_option("a stall of 4 s")
    code = page.get_by_role("group", name="The code that makes this stream")
    expect(code).to_contain_text("stall_at=8, stall_for=4.0")
    expect(page.locator(".lkp-lane").nth(1)).to_contain_text("1 stall")
    burst = page.get_by_role("slider", name="Deltas in a burst")
    burst.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(code).to_contain_text("burst=5")
    expect(page.get_by_role("slider", name="Place", exact=True)).to_be_disabled()
    page.get_by_role("combobox", name="Error").select_option("server")
    expect(
        page.get_by_text("The stall is never reached: the error comes before it.")
    ).to_be_visible()
    expect(page.locator(".lkp-lane").nth(1)).to_contain_text("error after 1.2 s")


def test_the_heart_freezes_while_a_cell_blocks_the_loop_and_names_the_line(
    page: Page, lab: Lab
) -> None:
    open_and_run(page, lab, "heart.ipynb", HEART, BLOCK)
    heart = page.get_by_role("region", name="Heartbeat of the event loop")
    expect(heart).to_have_attribute("data-state", "frozen", timeout=LIMIT)
    expect(heart).to_contain_text("Frozen: no beat for")
    expect(heart.get_by_role("status")).to_contain_text("stood still for")
    # A busy machine wakes the sleeper later, and may stop the loop once more: the list keeps every stop.
    stops = heart.get_by_role("list", name="When the loop stood still")
    block = re.compile(r"stood still for ([2-9]|\d\d)\S* s at .*line 3: time\.sleep\(2\.5\)")
    expect(stops).to_contain_text(block)
    expect(heart).to_have_attribute("data-state", "beating")
    heart.get_by_role("button", name="Stop").click()
    expect(heart).to_have_attribute("data-state", "off")
    heart.get_by_role("button", name="Start").click()
    expect(heart).to_have_attribute("data-state", "beating")
