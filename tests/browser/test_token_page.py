"""The plain page of a server that asks for a token, in a real Chromium."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from lesson_kit.script import Script
from lesson_kit.server import LessonServer
from lesson_kit.web import Tokens, create_app
from tests.browser.axe import violations
from tests.browser.chat import Chat
from tests.browser.serving import Serving
from tests.live.hosts import on_uvicorn

pytestmark = pytest.mark.browser

FIRST, SECOND = "a" * 20, "b" * 20


class Guarded(Serving):
    """A server that asks for a token."""

    tokens = Tokens(f"ada:{FIRST}")

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._leave = asyncio.Event()
        async with on_uvicorn(create_app(self.server, tokens=self.tokens)) as self.url:
            self._up.set()
            await self._leave.wait()


@pytest.fixture
def guarded(page: Page) -> Iterator[Guarded]:
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    script = Script.say("All of it is here.", thinking=0.1, gap=0.01, then_repeat=True)
    host = Guarded(LessonServer(model=script.model()))
    host.start()
    page.goto(host.url)
    yield host
    host.end()
    assert problems == []


def stored(page: Page) -> Any:
    return page.evaluate("[JSON.stringify(localStorage), JSON.stringify(sessionStorage)]")


def test_the_page_asks_for_the_token_and_keeps_it_in_its_tab(page: Page, guarded: Guarded) -> None:
    dialog = page.get_by_role("dialog", name="This server asks for a token")
    field, go_on = dialog.get_by_label("Access token"), dialog.get_by_role("button", name="Go on")
    expect(field).to_be_focused()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    field.fill("w" * 20)
    go_on.click()
    expect(dialog.get_by_role("alert")).to_contain_text("the server does not know this token")
    assert violations(page) == []
    field.fill(FIRST)
    field.press("Enter")
    expect(dialog).to_have_count(0)
    chat = Chat(page)
    expect(chat.input).to_be_focused()
    chat.ask("Hello")
    expect(chat.message(1)).to_contain_text("All of it is here.")
    page.reload()
    expect(chat.messages).to_have_count(2)  # and nothing was asked
    in_browser, in_tab = stored(page)
    assert FIRST not in in_browser
    assert FIRST in in_tab


def test_a_token_that_counts_no_longer_is_asked_for_anew_and_the_question_goes_on(
    page: Page, guarded: Guarded
) -> None:
    page.get_by_label("Access token").fill(FIRST)
    page.get_by_role("button", name="Go on").click()
    chat = Chat(page)
    expect(chat.input).to_be_focused()
    guarded.call(lambda: vars(guarded.tokens).update(vars(Tokens(f"ada:{SECOND}"))))
    chat.ask("Hello")
    page.get_by_label("Access token").fill(SECOND)
    page.get_by_role("button", name="Go on").click()
    expect(chat.message(1)).to_contain_text("All of it is here.")
