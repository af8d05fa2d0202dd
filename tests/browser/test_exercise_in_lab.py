"""An exercise solved in a real JupyterLab: type, Check, read the card, mend, pass."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chat import LIMIT
from tests.browser.lab import Lab
from tests.browser.test_panel_in_lab import wait_until_ready

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
NAME = "ex03_thinking_indicator"
ANSWER, CHECK, HINT = 0, 1, 2  # the notebook's code cells

SERVER = """\
import asyncio

from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer
from chatkit.types import ProgressUpdateEvent


class ThinkingServer(ChatKitServer):
    def __init__(self, model, store):
        super().__init__(store)
        self.agent = Agent(name="Tutor", model=model)

    async def respond(self, thread, input_user_message, context):
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        page = await self.store.load_thread_items(thread.id, None, 50, "asc", context)
        history = await simple_to_agent_input(page.data)
"""
STREAMS = """\
        result = Runner.run_streamed(self.agent, history, context=ctx)
        async for event in stream_agent_response(ctx, result):
            yield event
"""
LINE = '        yield ProgressUpdateEvent(icon="clock", text="Thinking...")\n'
SILENT, GOOD = SERVER + STREAMS, SERVER + LINE + STREAMS
ENDLESS = SERVER + LINE + "        while True:\n            pass\n"
LEAVES = SERVER + LINE + "        import os\n        os._exit(0)\n"


class Student:
    """Somebody with a keyboard in front of the exercise's notebook."""

    def __init__(self, page: Page, lab: Lab) -> None:
        self.page = page
        self.page.goto(lab.notebook(f"course/exercises/{NAME}.ipynb"))
        wait_until_ready(page)

    def cell(self, number: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(number)

    def type(self, number: int, source: str) -> None:
        self.cell(number).locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(source)

    def run(self, number: int) -> None:
        self.cell(number).locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+Enter")

    def check(self, source: str) -> Locator:
        """Type an answer, run it, and run the Check below it; give the card."""
        self.type(ANSWER, source)
        self.run(ANSWER)
        self.run(CHECK)
        return self.cell(CHECK).get_by_role("region", name="Result of ex03")


@pytest.fixture
def course(lab: Lab) -> Path:
    """A student's copy of the course with its third exercise, below JupyterLab's folder."""
    course = lab.root / "course"
    for name in ("notebooks", "solutions", "exercises/checks"):
        (course / name).mkdir(parents=True)
    for name in (
        f"solutions/{NAME}.ipynb",
        f"exercises/{NAME}.ipynb",
        f"exercises/checks/{NAME}.py",
    ):
        shutil.copy(ROOT / name, course / name)
    return course


def test_an_exercise_is_solved_by_typing_and_a_hostile_answer_leaves_the_kernel_alive(
    page: Page, lab: Lab, course: Path
) -> None:
    student = Student(page, lab)
    student.run(CHECK)
    expect(student.cell(CHECK)).to_contain_text("there is no answer to check yet", timeout=LIMIT)

    card = student.check(SILENT)
    expect(card).to_contain_text("✗ Not passed yet: 2 of 10 points.")
    failed = card.get_by_role("listitem").filter(has_text="✗ failed").first
    expect(failed).to_contain_text("No thinking line came for question 1.")
    expect(failed).to_contain_text("Yield a ProgressUpdateEvent with a text")
    expect(student.cell(CHECK).get_by_role("slider", name="Events of your answer")).to_be_visible()

    student.run(HINT)
    expect(student.cell(HINT)).to_contain_text("hint 1 of 3")

    for answer, says in ((ENDLESS, "while True"), (LEAVES, "not allowed")):
        card = student.check(answer)
        expect(card).to_contain_text(says)
        expect(card).to_contain_text("0 of 10 points")

    card = student.check(GOOD)
    expect(card).to_contain_text("✓ Passed: 10 of 10 points.")

    student.type(HINT, "from lesson_kit.desk import progress, reset\nprogress()")
    student.run(HINT)
    expect(student.cell(HINT).get_by_role("table", name="Exercises")).to_contain_text("✓ done")
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    student.type(HINT, 'reset("ex03")')
    student.run(HINT)
    expect(student.cell(HINT)).to_contain_text(f"kept in exercises/{NAME}.backup-1.ipynb")
    # Every run has counted on: a kernel that had died would have begun at 1 again.
    expect(student.cell(HINT).locator(".jp-InputPrompt")).to_have_text("[12]:")
    assert (course / "exercises" / f"{NAME}.backup-1.ipynb").is_file()
    assert (course / ".lesson_kit" / "progress.sqlite").is_file()
