"""The attack bank on the plain page, over real HTTP, and the one attack that lesson 14 lets through."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageItem,
    InferenceOptions,
    ThreadMetadata,
    UserMessageItem,
    UserMessageTextContent,
)
from playwright.sync_api import expect

from lesson_kit import LessonServer, MemoryStore, Script, run
from tests.attacks.shown import ALL, ANSWERS, MARKDOWN, lost
from tests.attacks.watch import Watch
from tests.browser.chat import Chat
from tests.browser.serving import serving

pytestmark = pytest.mark.browser


async def stored(texts: Sequence[str]) -> MemoryStore:
    """A store with one thread, whose questions and answers are these."""
    store, now = MemoryStore(), datetime(2026, 1, 1)
    thread = ThreadMetadata(id="thr_1", created_at=now)
    await store.save_thread(thread, None)
    for text in texts:
        about: dict[str, Any] = {"thread_id": thread.id, "created_at": now}
        question = UserMessageItem(
            id=store.generate_item_id("message", thread, None),
            content=[UserMessageTextContent(text=text)],
            inference_options=InferenceOptions(),
            **about,
        )
        answer = AssistantMessageItem(
            id=store.generate_item_id("message", thread, None),
            content=[AssistantMessageContent(text=text)],
            **about,
        )
        for item in (question, answer):
            await store.add_thread_item(thread.id, item, None)
    return store


def test_the_plain_page_shows_stored_and_streamed_ones_and_obeys_none(watch: Watch) -> None:
    everything = [piece for deltas in ALL for piece in (*deltas, "\n\n")]
    model = Script.say(everything, thinking=0.0, gap=0.0).model()
    server = LessonServer(run(stored(["".join(deltas) for deltas in ALL])), model=model)
    with serving(server) as host:
        page = watch.page
        page.goto(f"{host.url}/healthz")
        page.evaluate("localStorage.setItem('lesson-kit.thread', 'thr_1')")
        watch.forget()
        page.goto(host.url)
        chat = Chat(page)
        expect(chat.messages).to_have_count(2 * len(ALL))
        chat.ask(
            "".join(everything).replace("\0", "")
        )  # the server refuses a question that holds it
        expect(chat.status).to_have_text("Done.")
        kinds, bad, said = watch.look(ANSWERS)
        assert {kind.split()[0] for kind in kinds} <= MARKDOWN
        assert bad == []
        assert lost(said) == []
        page.evaluate("document.querySelectorAll('button').forEach((b) => (b.dataset.leave = ''))")
        watch.poke()
        watch.quiet(known=[f"{host.url}/"])
        paths = {url.removeprefix(host.url) for _, url in watch.asked}
        assert {path for path in paths if not re.fullmatch(r"/page/[\w.]+", path)} <= {
            "/",
            "/healthz",
            "/chatkit",
        }
        page.goto("about:blank")  # nothing of the server is open when it ends


def test_the_careless_frame_of_the_lesson_runs_the_attack_and_the_careful_one_shows_it(
    watch: Watch,
) -> None:
    lesson = Path(__file__).parents[2] / "notebooks" / "14_safe_rendering.ipynb"
    cells = json.loads(lesson.read_text(encoding="utf-8"))["cells"]
    made = [
        out.get("data", {}).get("text/html", "")
        for cell in cells
        for out in cell.get("outputs", [])
    ]
    [frames] = ["".join(one) for one in made if "<iframe" in "".join(one)]
    watch.open(f"<!doctype html>{frames}")
    careless = watch.page.frame_locator("iframe[title=Careless]").locator("p")
    expect(careless).to_have_text("Careless: Fine! I RAN. Bye.")
    careful = watch.page.frame_locator("iframe[title=Careful]").locator("p")
    expect(careful).to_contain_text("<img src=x onerror=")
    watch.page.goto("about:blank")
