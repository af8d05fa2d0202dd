"""How a turn in the panel ends: stopped, overtaken, failed, asked again. In virtual time, on the real stack."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from chatkit.server import ChatKitServer
from chatkit.types import ThreadMetadata, ThreadStreamEvent, UserMessageItem

from lesson_kit.clock import run
from lesson_kit.script import Reply, Script
from lesson_kit.server import LessonServer
from lesson_kit.store import MemoryStore
from tests.panel_page import ANSWER, WORDS, Page, page, saved_answers


def test_stop_is_confirmed_at_once_and_the_partial_is_kept_and_said_to_be_saved() -> None:
    async def play() -> None:
        panel = page()
        await panel.presses(kind="ask", run_id="r1", question="Count")
        await asyncio.sleep(1.5)
        pressed = asyncio.get_running_loop().time()
        await panel.presses(kind="stop")
        recording = await panel.wait()
        confirmed = next(t for t, message in panel.told if message["kind"] == "stopping")
        assert confirmed == pressed
        (end,) = panel.messages("end")
        assert (end["state"], end["note"]) == ("stopped", "What arrived is saved.")
        assert end["answer"].startswith("one two three")
        assert "ten" not in end["answer"]
        assert recording.outcome == "stopped"
        assert await saved_answers(panel) == [end["answer"]]

    run(play())


def test_stop_works_before_the_first_token() -> None:
    async def play() -> None:
        panel = page()
        panel.ask("Count")
        await asyncio.sleep(0.5)
        panel.stop()
        await panel.wait()
        assert asyncio.get_running_loop().time() < 0.6
        (end,) = panel.messages("end")
        assert (end["state"], end["note"], end["answer"]) == (
            "stopped",
            "Nothing had arrived yet.",
            "",
        )

    run(play())


def test_stop_works_in_the_same_instant_as_send() -> None:
    async def play() -> None:
        panel = page()
        panel.ask("Count")
        panel.stop()
        await panel.wait()
        assert panel.messages("end")[0]["state"] == "stopped"

    run(play())


class Forgetful(LessonServer):
    """Stops, but saves nothing: what ChatKit does with a store that awaits (ledger, finding 4)."""

    async def process(self, request: Any, context: Any) -> Any:
        return await ChatKitServer.process(self, request, context)

    async def handle_stream_cancelled(self, *args: Any) -> None:
        pass


def test_a_server_that_loses_the_partial_is_found_out() -> None:
    async def play() -> None:
        panel = Page(Forgetful(model=ANSWER.model()))
        panel.ask("Count")
        await asyncio.sleep(1.5)
        panel.stop()
        await panel.wait()
        (end,) = panel.messages("end")
        assert end["state"] == "stopped"
        assert "the server did not save it" in end["note"]
        assert end["answer"].startswith("one two three")

    run(play())


def test_a_question_in_mid_answer_keeps_the_old_partial_and_begins_the_new_answer() -> None:
    async def play() -> None:
        panel = page()
        await panel.presses(kind="ask", run_id="r1", question="Count")
        await asyncio.sleep(1.5)
        await panel.presses(kind="ask", run_id="r2", question="Count again")
        await panel.wait()
        first, second = panel.transcript
        assert (first["id"], first["state"]) == ("r1", "interrupted")
        assert first["answer"] == panel.shown("r1") == "one two three four five"
        assert (second["id"], second["state"], second["answer"]) == ("r2", "done", WORDS)
        assert await saved_answers(panel) == [first["answer"], second["answer"]]

    run(play())


def test_two_questions_at_once_share_one_thread() -> None:
    async def play() -> None:
        panel = page()
        panel.ask("First")
        panel.ask("Second")
        await panel.wait()
        threads = await panel.server.store.load_threads(10, None, "asc", None)
        assert len(threads.data) == 1
        assert [entry["question"] for entry in panel.transcript] == ["First", "Second"]
        assert panel.transcript[1]["answer"] == WORDS

    run(play())


def test_a_failed_answer_keeps_its_partial_and_can_be_asked_again_in_its_place() -> None:
    async def play() -> None:
        panel = page(Script(Reply("one two three", error="rate_limit", error_at=2), Reply(WORDS)))
        await panel.presses(kind="ask", run_id="r1", question="Count")
        await panel.wait()
        (failed,) = panel.transcript
        assert (failed["state"], failed["answer"], failed["retry"]) == ("error", "one two", True)
        assert "busy" in failed["note"]
        await panel.presses(kind="retry", run_id="r2", replaces="r1")
        await panel.wait()
        assert panel.messages("begin")[-1]["replaces"] == "r1"
        (again,) = panel.transcript
        assert (again["id"], again["question"], again["answer"]) == ("r2", "Count", WORDS)
        assert await saved_answers(panel) == [WORDS]

    run(play())


def test_a_retry_that_is_pressed_twice_or_too_late_does_nothing() -> None:
    async def play() -> None:
        panel = page()
        panel.ask("Count")
        await panel.presses(kind="retry", run_id="r2", replaces="turn-1")
        await panel.presses(kind="retry", run_id="r3", replaces="unknown")
        await panel.wait()
        assert [entry["id"] for entry in panel.transcript] == ["turn-1"]

    run(play())


class Broken(ChatKitServer[Any]):
    """A student's server in which `yield` was forgotten (ledger B28)."""

    async def respond(  # type: ignore[override]
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> None:
        return None


class Silent(ChatKitServer[Any]):
    """A server that ends its stream without a message (ledger B29)."""

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        return
        yield


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.parametrize(
    ("server", "note"), [(Broken, "Something went wrong"), (Silent, "without an answer")]
)
def test_a_students_broken_server_is_explained_in_the_panel(
    server: type[ChatKitServer[Any]], note: str
) -> None:
    async def play() -> None:
        panel = Page(server(MemoryStore()))
        panel.ask("Hello")
        await panel.wait()
        assert panel.model_name == server.__name__
        assert panel.transcript[0]["state"] == "error"
        assert note in panel.transcript[0]["note"]

    run(play())
