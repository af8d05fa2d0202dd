"""The panel in a real JupyterLab with a real kernel."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from lesson_kit import LessonServer, run, talk
from lesson_kit.tutor import tutor
from tests.browser.chat import LIMIT, Chat
from tests.browser.lab import Lab

pytestmark = pytest.mark.browser

FIRST_NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "00_start_here.ipynb"
# 10 minutes: nobody reads it to its end, however slow the machine is.
WORDS = " ".join(f"word{number}" for number in range(20_000))
PANEL = """\
from lesson_kit.panel import Panel
from lesson_kit.script import Reply, Script

words = " ".join(f"word{number}" for number in range(20_000))
endless = Reply(words, thinking=0.5, gap=0.03)
"""


def open_and_run(page: Page, lab: Lab, name: str) -> Chat:
    page.goto(lab.notebook(name))
    wait_until_ready(page)
    choose(page, "Run", "Run All Cells")
    return Chat(page)


def make_and_run(page: Page, lab: Lab, name: str, *cells: str) -> Chat:
    return open_and_run(page, lab, lab.write(name, *cells))


def tutors_words(question: str) -> list[str]:
    """The words of the offline tutor's answer, out of virtual time."""
    [recording] = run(talk(LessonServer(model=tutor().model()), question))
    return recording.text.split()


def wait_until_ready(page: Page) -> None:
    """Wait for the kernel: a cell that is run before it is there makes Lab ask which kernel to take."""
    session = "window.jupyterapp?.shell?.currentWidget?.sessionContext"
    page.wait_for_function(session, timeout=LIMIT)
    page.evaluate(f"async () => {{ await {session}.ready; await {session}.session.kernel.info; }}")


def choose(page: Page, menu: str, entry: str) -> None:
    page.locator(".lm-MenuBar-itemLabel").get_by_text(menu, exact=True).click()
    page.locator(".lm-Menu-itemLabel").get_by_text(entry, exact=True).click()


def press_when_it_has_grown(page: Page, number: int, name: str, question: str = "") -> None:
    """Let the page itself press a button in the middle of an answer.

    The tutor speaks for five seconds, and a test process may need longer than that to see and to press.
    """
    page.evaluate(
        """([number, name, question]) => {
          const chat = document.querySelector(".lk-chat");
          const watch = new MutationObserver(() => {
            const text = chat.querySelectorAll("[role=log] article")[number]?.querySelector(".lk-text");
            if (!text || text.innerText.split(" ").length < 5) return;
            watch.disconnect();
            (window.statusWhenPressed ??= []).push(chat.querySelector("[role=status]").textContent);
            if (question) chat.querySelector("textarea").value = question;
            [...chat.querySelectorAll("button")].find((button) => button.textContent === name).click();
          });
          watch.observe(chat, { subtree: true, childList: true, characterData: true });
        }""",
        [number, name, question],
    )


def save_and_reload(page: Page) -> None:
    # Lab reopens the notebook from its file: what is not saved has no panel to show.
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    page.reload()


def test_the_first_notebook_streams_and_stop_send_and_reload_lose_nothing(
    page: Page, lab: Lab
) -> None:
    page.goto(lab.notebook(lab.copy(FIRST_NOTEBOOK)))
    wait_until_ready(page)
    # Nobody has run it yet, so Lab does not trust its outputs: no drawing, and no heap of the drawing's words either.
    expect(page.get_by_text("Run this cell to see the drawing.")).to_be_visible(timeout=LIMIT)
    expect(page.get_by_text("Timeline of one recording")).to_be_hidden()
    choose(page, "Run", "Run All Cells")
    chat = Chat(page)
    expect(page.get_by_text("Answers come from: offline tutor")).to_be_visible(timeout=LIMIT)
    expect(chat.status).to_have_text("Done.")  # the notebook's own question
    expect(page.get_by_role("img", name="Timeline of one recording")).to_be_visible(timeout=LIMIT)
    expect(page.get_by_text("Run this cell to see the drawing.")).to_be_hidden()
    press_when_it_has_grown(page, 3, "Stop")
    chat.ask("What happens when I press Stop?")
    expect(chat.status).to_have_text("Stopped. What arrived is saved.")
    press_when_it_has_grown(page, 5, "Send", "What is backpressure?")
    chat.ask("Why stream an answer?")
    expect(chat.message(5)).to_contain_text("cut short by your next question")
    expect(chat.status).to_have_text("Done.")
    assert page.evaluate("window.statusWhenPressed") == ["Answering...", "Answering..."]
    told = [chat.text(number) for number in range(8)]
    for place, whole in ((1, True), (3, False), (5, False), (7, True)):
        answer, words = tutors_words(told[place - 1]), told[place].split()
        assert len(words) > 3
        assert words == (answer if whole else answer[: len(words)])
        assert whole or len(words) < len(answer)
    save_and_reload(page)
    expect(chat.messages).to_have_count(8)
    assert [chat.text(number) for number in range(8)] == told
    expect(chat.message(3)).to_contain_text("stopped here")


def test_the_keyboard_is_enough_and_the_notebook_keeps_out(page: Page, lab: Lab) -> None:
    chat = make_and_run(
        page, lab, "keys.ipynb", PANEL + "panel = Panel(model=Script(endless).model())\npanel"
    )
    expect(chat.input).to_be_visible(timeout=LIMIT)
    chat.input.focus()
    keys = page.keyboard
    keys.type("add bb")  # in a notebook these are commands: delete cells, insert cells
    keys.press("Shift+Enter")  # this one runs the cell
    keys.type("x")
    keys.press("Enter")
    expect(chat.message(0)).to_contain_text("add bb\nx", use_inner_text=True)
    expect(chat.input).to_be_focused()
    chat.watch_it_grow(1)
    keys.press("Escape")
    expect(chat.status).to_have_text("Stopped. What arrived is saved.")
    expect(chat.input).to_be_focused()
    assert WORDS.startswith(chat.text(1))
    assert page.locator(".jp-Notebook .jp-CodeCell").count() == 1
    expect(page.locator(".jp-InputPrompt").first).to_have_text("[1]:")


def test_a_reload_in_mid_answer_goes_on_with_it(page: Page, lab: Lab) -> None:
    chat = make_and_run(
        page, lab, "mid.ipynb", PANEL + "panel = Panel(model=Script(endless).model())\npanel"
    )
    expect(chat.input).to_be_visible(timeout=LIMIT)
    chat.ask("Go on")
    chat.watch_it_grow(1)
    before = chat.text(1)
    save_and_reload(page)
    expect(chat.messages).to_have_count(2)
    chat.watch_it_grow(1)
    chat.stop.click()
    expect(chat.status).to_have_text("Stopped. What arrived is saved.")
    partial = chat.text(1)
    assert partial.startswith(before)
    assert WORDS.startswith(partial)


def test_two_views_agree_while_a_cell_waits_and_an_interrupt_ends_only_the_cell(
    page: Page, lab: Lab
) -> None:
    make = PANEL + "panel = Panel(model=Script(endless).model())\npanel"
    make_and_run(page, lab, "views.ipynb", make, "panel", "panel.ask('Go on')\nawait panel.wait()")
    roots = page.locator(".lk-chat")
    expect(roots).to_have_count(2, timeout=LIMIT)
    one, two = Chat(page, roots.nth(0)), Chat(page, roots.nth(1))
    one.watch_it_grow(1)
    two.watch_it_grow(1)
    kernel = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
    page.evaluate(f"{kernel}.interrupt()")
    expect(page.locator(".jp-OutputArea-output", has_text="CancelledError")).to_be_visible()
    one.watch_it_grow(1)
    two.stop.click()
    expect(one.status).to_have_text("Stopped. What arrived is saved.")
    expect(two.status).to_have_text("Stopped. What arrived is saved.")
    assert one.text(1) == two.text(1)
    assert WORDS.startswith(one.text(1))
