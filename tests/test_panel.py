"""The panel, driven as its page drives it: the real stack in virtual time, and a page that only listens."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
from chatkit.server import ChatKitServer
from chatkit.types import AssistantMessageItem, ThreadMetadata, ThreadStreamEvent, UserMessageItem

from lesson_kit.clock import run
from lesson_kit.panel import Panel
from lesson_kit.script import Reply, Script
from lesson_kit.server import LessonServer
from lesson_kit.store import MemoryStore

WORDS = "one two three four five six seven eight nine ten"
ANSWER = Script.say(WORDS, thinking=1.0, gap=0.1, then_repeat=True)


class Page(Panel):
    """A panel that keeps what it tells its page, with loop times."""

    def __init__(self, server: ChatKitServer[Any] | None = None, **options: Any) -> None:
        self.told: list[tuple[float, dict[str, Any]]] = []
        super().__init__(server, **options)

    def send(self, content: dict[str, Any], buffers: Any = None) -> None:
        self.told.append((asyncio.get_running_loop().time(), content))

    async def presses(self, **message: Any) -> None:
        self._handle_custom_msg(message, [])
        await asyncio.sleep(0)

    def messages(self, kind: str) -> list[dict[str, Any]]:
        return [message for _, message in self.told if message["kind"] == kind]

    def shown(self, run_id: str) -> str:
        """The text that a page would show: every delta in order."""
        deltas = [m for m in self.messages("delta") if m["run_id"] == run_id]
        assert [m["seq"] for m in deltas] == list(range(1, len(deltas) + 1))
        return "".join(m["delta"] for m in deltas)


def page(script: Script = ANSWER, *, latency: float = 0.01, **options: Any) -> Page:
    return Page(LessonServer(MemoryStore(latency=latency), model=script.model()), **options)


def scene(play: Callable[[], Coroutine[Any, Any, None]]) -> None:
    run(play())


def test_an_answer_arrives_as_numbered_deltas_and_ends_whole() -> None:
    async def play() -> None:
        panel = page()
        await panel.presses(kind="ask", run_id="r1", question="Count")
        recording = await panel.wait()
        assert recording.outcome == "done"
        assert panel.messages("begin") == [{"kind": "begin", "run_id": "r1", "question": "Count"}]
        assert panel.shown("r1") == WORDS
        (end,) = panel.messages("end")
        assert (end["run_id"], end["state"], end["answer"]) == ("r1", "done", WORDS)
        assert end["times"] == [round(t, 4) for t in recording.figures.deltas]

    scene(play)


@pytest.mark.parametrize(
    "thinking", [1.0, 0.005]
)  # 5 ms after the thinking line: within the same frame
def test_the_first_token_is_told_at_the_moment_it_comes(thinking: float) -> None:
    async def play() -> None:
        panel = page(Script.say(WORDS, thinking=thinking, gap=0.1), latency=0)
        panel.ask("Count")
        recording = await panel.wait()
        first = next(t for t, message in panel.told if message.get("delta"))
        assert first == pytest.approx(recording.first_token)

    scene(play)


def test_a_flood_of_deltas_becomes_at_most_sixty_messages_a_second() -> None:
    async def play() -> None:
        panel = page(Script.say([f"w{n} " for n in range(1000)], thinking=0.5, gap=0.001))
        panel.ask("Flood me")
        await panel.wait()
        assert len(panel.messages("delta")) <= 62
        assert panel.shown("turn-1") == "".join(f"w{n} " for n in range(1000))
        assert sum(len(message["times"]) for message in panel.messages("delta")) == 1000

    scene(play)


def test_the_thinking_line_reaches_the_page_before_the_first_token() -> None:
    async def play() -> None:
        panel = page()
        panel.ask("Count")
        await panel.wait()
        assert panel.messages("delta")[0]["progress"] == "Thinking..."

    scene(play)


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

    scene(play)


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

    scene(play)


def test_stop_works_in_the_same_instant_as_send() -> None:
    async def play() -> None:
        panel = page()
        panel.ask("Count")
        panel.stop()
        await panel.wait()
        assert panel.messages("end")[0]["state"] == "stopped"

    scene(play)


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

    scene(play)


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

    scene(play)


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

    scene(play)


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

    scene(play)


def test_a_retry_that_is_pressed_twice_or_too_late_does_nothing() -> None:
    async def play() -> None:
        panel = page()
        panel.ask("Count")
        await panel.presses(kind="retry", run_id="r2", replaces="turn-1")
        await panel.presses(kind="retry", run_id="r3", replaces="unknown")
        await panel.wait()
        assert [entry["id"] for entry in panel.transcript] == ["turn-1"]

    scene(play)


def test_a_snapshot_in_mid_answer_holds_all_so_far_and_the_deltas_go_on_from_there() -> None:
    async def play() -> None:
        panel = page()
        await panel.presses(kind="ask", run_id="r1", question="Count")
        await asyncio.sleep(1.55)
        await panel.presses(kind="snapshot", view="v7")
        (snapshot,) = panel.messages("snapshot")
        (turn,) = snapshot["turns"]
        assert snapshot["view"] == "v7"
        assert turn["answer"] == panel.shown("r1")
        assert (turn["state"], turn["question"]) == ("answering", "Count")
        assert turn["elapsed"] == pytest.approx(1.55)
        sent = len(panel.messages("delta"))
        assert snapshot["seqs"] == {"r1": sent}
        await panel.wait()
        rest = "".join(message["delta"] for message in panel.messages("delta")[sent:])
        assert turn["answer"] + rest == WORDS

    scene(play)


def test_the_transcript_is_synced_when_a_turn_ends_so_that_a_reload_finds_it() -> None:
    async def play() -> None:
        panel = page()
        panel.ask("Count")
        await asyncio.sleep(1.5)
        assert panel.transcript == []
        recording = await panel.wait()
        (entry,) = panel.get_state()["transcript"]
        assert (entry["question"], entry["answer"], entry["state"]) == ("Count", WORDS, "done")
        assert entry["total"] == pytest.approx(recording.duration)

    scene(play)


def test_messages_may_come_on_any_thread() -> None:
    async def play() -> None:
        panel = page()
        ask = {"kind": "ask", "run_id": "r1", "question": "Count"}
        await asyncio.to_thread(panel._handle_custom_msg, ask, [])
        await asyncio.sleep(1.5)
        await asyncio.to_thread(panel._handle_custom_msg, {"kind": "stop"}, [])
        await asyncio.sleep(0)
        await panel.wait()
        assert panel.transcript[0]["state"] == "stopped"

    scene(play)


def test_a_message_that_means_nothing_is_shown_in_the_panel() -> None:
    async def play() -> None:
        panel = page()
        await panel.presses(kind="dance")
        (problem,) = panel.messages("problem")
        assert "'dance'" in problem["text"]

    scene(play)


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
        assert (panel.transcript[0]["state"]) == "error"
        assert note in panel.transcript[0]["note"]

    scene(play)


def test_a_cancelled_wait_leaves_the_answer_running() -> None:
    async def play() -> None:
        panel = page()
        panel.ask("Count")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(panel.wait(), 1.2)
        await panel.wait()
        assert panel.transcript[0]["answer"] == WORDS

    scene(play)


def test_waiting_without_a_question_says_what_to_do() -> None:
    async def play() -> None:
        with pytest.raises(RuntimeError, match=r"Ask first: panel\.ask"):
            await page().wait()

    scene(play)


@pytest.mark.parametrize("question", ["", "   ", None])
def test_an_empty_question_is_refused(question: Any) -> None:
    async def play() -> None:
        with pytest.raises(ValueError, match="expected a question"):
            page().ask(question)

    scene(play)


def test_closing_stops_what_is_under_way() -> None:
    async def play() -> None:
        panel = page()
        panel.ask("Count")
        await asyncio.sleep(1.5)
        panel.close()
        await panel.wait()
        await asyncio.sleep(1)
        assert panel.transcript[0]["state"] == "stopped"
        assert len(asyncio.all_tasks()) == 1

    scene(play)


def test_every_panel_looks_the_same_in_plain_text_and_has_words_for_readers_without_a_kernel() -> (
    None
):
    async def play() -> None:
        panel = page()
        before = repr(panel)
        panel.ask("Count")
        await panel.wait()
        assert repr(panel) == before == repr(page()) == "<chat panel>"
        bundle = panel._repr_mimebundle_()
        assert bundle is not None
        assert "open this notebook in JupyterLab" in bundle[0]["text/html"]
        assert "application/vnd.jupyter.widget-view+json" in bundle[0]

    scene(play)


def test_the_panel_says_which_model_speaks() -> None:
    async def play() -> None:
        assert Page().model_name == "offline"
        assert Page(Silent(MemoryStore())).model_name == "Silent"

    scene(play)


def test_a_server_with_a_model_beside_it_is_refused() -> None:
    async def play() -> None:
        with pytest.raises(TypeError, match="both came"):
            page(model=ANSWER.model())

    scene(play)


def test_outside_a_notebook_the_panel_says_what_to_use() -> None:
    with pytest.raises(RuntimeError, match="lesson-kit serve"):
        Panel()


async def saved_answers(panel: Panel) -> list[str]:
    (thread,) = (await panel.server.store.load_threads(10, None, "asc", None)).data
    items = await panel.server.store.load_thread_items(thread.id, None, 100, "asc", None)
    return [item.content[0].text for item in items.data if isinstance(item, AssistantMessageItem)]
