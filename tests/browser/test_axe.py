"""axe-core on page and player: nothing that a screen reader or a keyboard would stumble over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from lesson_kit.player import Player
from lesson_kit.script import Script
from lesson_kit.server import LessonServer
from tests.browser.axe import violations
from tests.browser.chat import Chat
from tests.browser.serving import serving
from tests.browser.test_player import record

pytestmark = pytest.mark.browser

# 10 minutes: nobody reads it to its end, however slow the machine is.
WORDS = " ".join(f"word{number}" for number in range(20_000))


def test_axe_does_find_something(page: Page) -> None:
    page.set_content("<html><body><img src='x.png'><input></body></html>")
    assert any(line.startswith("image-alt") for line in violations(page))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_plain_page(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    model = Script.say(WORDS, thinking=0.4, gap=0.03, then_repeat=True).model()
    with serving(LessonServer(model=model)) as running:
        page.goto(running.url)
        expect(page.get_by_text("Answers come from")).to_be_visible()
        assert violations(page) == []
        chat = Chat(page)
        chat.ask("Go on")
        chat.watch_it_grow(1)
        assert violations(page) == []
        chat.stop.click()
        expect(chat.status).to_have_text("Stopped. What arrived is saved.")
        assert violations(page) == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 1000), ("dark", 360)])
def test_the_player(page: Page, tmp_path: Path, scheme: Any, width: int) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    words = " ".join(WORDS.split()[:200])
    stalled = Script.say(words, stall_at=20, stall_for=4, error="server", error_at=60)
    recordings = {"smooth": record(Script.say(words)), "stalled": record(stalled)}
    (tmp_path / "player.html").write_text(Player(recordings).to_html(), encoding="utf-8")
    page.goto((tmp_path / "player.html").as_uri())
    assert violations(page) == []
