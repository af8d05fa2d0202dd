"""The plain page of `lesson-kit serve`, in a real Chromium, over real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chatkit.server import ChatKitServer
from playwright.sync_api import Page, expect

from lesson_kit.script import Reply, Script
from lesson_kit.server import LessonServer
from lesson_kit.store import MemoryStore
from tests.browser.chat import Chat
from tests.browser.serving import Serving, serving

pytestmark = pytest.mark.browser

# 10 minutes: nobody reads it to its end, however slow the machine is.
WORDS = " ".join(f"word{number}" for number in range(20_000))
ENDLESS = Script.say(WORDS, thinking=0.4, gap=0.03, then_repeat=True)
SHORT = Script.say("All of it is here.", thinking=0.1, gap=0.01, then_repeat=True)

Open = Callable[..., tuple[Chat, Serving]]


@pytest.fixture
def open_page(page: Page) -> Iterator[Open]:
    """Serve a script, or a server, and open its page; no script error may happen there."""
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    hosts = []

    def opened(script: Script, kind: type[LessonServer] = LessonServer) -> tuple[Chat, Serving]:
        host = serving(kind(MemoryStore(latency=0.005), model=script.model()))
        hosts.append(host)
        running = host.__enter__()
        page.goto(running.url)
        expect(page.get_by_text("Answers come from: a script, no AI")).to_be_visible()
        return Chat(page), running

    yield opened
    for host in hosts:
        host.__exit__(None, None, None)
    assert problems == []


def test_text_grows_and_stop_keeps_the_partial_also_after_a_reload(open_page: Open) -> None:
    chat, _ = open_page(ENDLESS)
    expect(chat.stop).to_be_disabled()
    chat.ask("Go on")
    expect(chat.stop).to_be_enabled()
    expect(chat.status).to_have_text("Thinking...")
    chat.watch_it_grow(1)
    chat.stop.click()
    expect(chat.status).to_have_text("Stopped. What arrived is saved.")
    expect(chat.stop).to_be_disabled()
    expect(chat.message(1)).to_contain_text("stopped here")
    partial = chat.text(1)
    assert WORDS.startswith(partial)
    assert len(partial) < len(WORDS)
    chat.page.reload()
    expect(chat.messages).to_have_count(2)
    assert (chat.text(0), chat.text(1)) == ("Go on", partial)


def test_a_question_in_mid_answer_keeps_both(open_page: Open) -> None:
    chat, _ = open_page(Script(Reply(WORDS, thinking=0.3, gap=0.03), Reply("Second answer.")))
    chat.ask("First")
    chat.watch_it_grow(1)
    chat.ask("Second")
    expect(chat.message(1)).to_contain_text("cut short by your next question")
    expect(chat.message(3)).to_contain_text("Second answer.")
    expect(chat.status).to_have_text("Done.")
    partial = chat.text(1)
    assert len(partial.split()) > 3
    assert WORDS.startswith(partial)
    chat.page.reload()
    expect(chat.messages).to_have_count(4)
    assert [chat.text(number) for number in range(4)] == [
        "First",
        partial,
        "Second",
        "Second answer.",
    ]


def test_the_keyboard_is_enough(open_page: Open) -> None:
    chat, _ = open_page(ENDLESS)
    keys = chat.page.keyboard
    expect(chat.input).to_be_focused()
    keys.type("One line")
    keys.press("Shift+Enter")
    keys.type("and another")
    keys.press("Enter")
    expect(chat.message(0)).to_contain_text("One line\nand another", use_inner_text=True)
    expect(chat.input).to_be_focused()
    expect(chat.input).to_have_value("")
    chat.watch_it_grow(1)
    keys.press("Escape")
    expect(chat.status).to_have_text("Stopped. What arrived is saved.")
    keys.press("Shift+Tab")  # the last suggestion
    suggestion = chat.page.locator(":focus").inner_text()
    keys.press("Enter")
    expect(chat.message(2)).to_contain_text(suggestion)
    expect(chat.input).to_be_focused()
    keys.press("Tab")
    expect(chat.send).to_be_focused()
    keys.press("Tab")
    expect(chat.stop).to_be_focused()
    keys.press("Enter")
    expect(chat.message(3)).to_contain_text("stopped here")
    expect(chat.input).to_be_focused()


def test_an_error_says_what_to_do_and_asking_again_repairs_it(open_page: Open) -> None:
    failing = Reply("Half of an answer", thinking=0.1, gap=0.01, error="rate_limit", error_at=3)
    chat, _ = open_page(Script(failing, Reply("All of it.", thinking=0.1)))
    chat.ask("Please")
    expect(chat.status).to_have_text(
        "Error. The model is busy right now. Please try again in a moment."
    )
    expect(chat.message(1)).to_contain_text("failed here")
    assert chat.text(1) == "Half of an"
    chat.again.click()
    expect(chat.message(1)).to_contain_text("All of it.")
    expect(chat.messages).to_have_count(2)
    expect(chat.again).to_have_count(0)


class Forgetful(LessonServer):
    """Stops, but saves nothing: what ChatKit does with a store that awaits (ledger, finding 4)."""

    async def process(self, request: Any, context: Any) -> Any:
        return await ChatKitServer.process(self, request, context)

    async def handle_stream_cancelled(self, *args: Any) -> None:
        pass


def test_a_server_that_loses_the_partial_is_found_out(open_page: Open) -> None:
    chat, _ = open_page(ENDLESS, Forgetful)
    chat.ask("Go on")
    chat.watch_it_grow(1)
    chat.page.keyboard.press("Escape")
    expect(chat.status).to_contain_text("The server did not save it")
    assert WORDS.startswith(chat.text(1))


def test_a_server_that_shuts_down_keeps_the_partial_and_says_why_it_stopped(
    open_page: Open,
) -> None:
    chat, host = open_page(ENDLESS)
    chat.ask("Go on")
    chat.watch_it_grow(1)
    host.call(host.server.stop_all)
    expect(chat.status).to_contain_text("Stopped. The server is restarting.")
    host.end()
    chat.ask("Still there?")
    expect(chat.status).to_contain_text("Error. The server does not answer. Is it still running")
    expect(chat.again).to_be_visible()
    assert WORDS.startswith(chat.text(1))


def test_a_hostile_answer_is_shown_and_never_runs(open_page: Open) -> None:
    evil = "<img src=x onerror=hacked=1><script>hacked=1</script> [a](javascript:hacked=1)"
    chat, _ = open_page(Script.say(evil, thinking=0.1))
    chat.ask(evil)
    expect(chat.status).to_have_text("Done.")
    assert (chat.text(0), chat.text(1)) == (evil, evil)
    assert chat.page.evaluate("'hacked' in window") is False
    # And if the page were fooled, its policy would still forbid the script.
    chat.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'hacked = 1'}))"
    )
    assert chat.page.evaluate("'hacked' in window") is False


def test_a_long_conversation_comes_back_whole(open_page: Open) -> None:
    # A thread comes with its first 20 items only; the page must ask for the rest.
    chat, _ = open_page(SHORT)
    for number in range(12):
        chat.ask(f"Question {number}")
        expect(chat.messages).to_have_count(2 * number + 2)
        expect(chat.status).to_have_text("Done.")
    chat.page.reload()
    expect(chat.messages).to_have_count(24)
    assert chat.text(22) == "Question 11"


def test_a_conversation_that_the_server_no_longer_knows_gives_way_to_a_new_one(
    open_page: Open,
) -> None:
    chat, _ = open_page(SHORT)
    chat.page.evaluate("localStorage.setItem('lesson-kit.thread', 'thr_unknown')")
    chat.page.reload()
    expect(chat.status).to_contain_text("A new one begins.")
    chat.ask("Hello")
    expect(chat.message(1)).to_contain_text("All of it is here.")
    chat.page.get_by_role("button", name="New conversation").click()
    expect(chat.messages).to_have_count(0)
