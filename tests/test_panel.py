"""The panel, driven as its page drives it: the real stack in virtual time, and a page that only listens."""

import asyncio
from typing import Any

import pytest

from lesson_kit.clock import run
from lesson_kit.panel import Panel
from lesson_kit.script import Script
from tests.panel_page import ANSWER, WORDS, Page, page


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

    run(play())


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

    run(play())


def test_a_flood_of_deltas_becomes_at_most_sixty_messages_a_second() -> None:
    async def play() -> None:
        panel = page(Script.say([f"w{n} " for n in range(1000)], thinking=0.5, gap=0.001))
        panel.ask("Flood me")
        await panel.wait()
        assert len(panel.messages("delta")) <= 62
        assert panel.shown("turn-1") == "".join(f"w{n} " for n in range(1000))
        assert sum(len(message["times"]) for message in panel.messages("delta")) == 1000

    run(play())


def test_the_thinking_line_reaches_the_page_before_the_first_token() -> None:
    async def play() -> None:
        panel = page()
        panel.ask("Count")
        await panel.wait()
        assert panel.messages("delta")[0]["progress"] == "Thinking..."

    run(play())


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

    run(play())


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

    run(play())


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

    run(play())


def test_a_message_that_means_nothing_is_shown_in_the_panel() -> None:
    async def play() -> None:
        panel = page()
        await panel.presses(kind="dance")
        (problem,) = panel.messages("problem")
        assert "'dance'" in problem["text"]

    run(play())


def test_a_cancelled_wait_leaves_the_answer_running() -> None:
    async def play() -> None:
        panel = page()
        panel.ask("Count")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(panel.wait(), 1.2)
        await panel.wait()
        assert panel.transcript[0]["answer"] == WORDS

    run(play())


def test_waiting_without_a_question_says_what_to_do() -> None:
    async def play() -> None:
        with pytest.raises(RuntimeError, match=r"Ask first: panel\.ask"):
            await page().wait()

    run(play())


@pytest.mark.parametrize("question", ["", "   ", None])
def test_an_empty_question_is_refused(question: Any) -> None:
    async def play() -> None:
        with pytest.raises(ValueError, match="expected a question"):
            page().ask(question)

    run(play())


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

    run(play())


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

    run(play())


def test_the_panel_says_which_model_speaks() -> None:
    async def play() -> None:
        assert Page().model_name == "offline"
        assert page().model_name == "ScriptModel"

    run(play())


def test_a_server_with_a_model_beside_it_is_refused() -> None:
    async def play() -> None:
        with pytest.raises(TypeError, match="both came"):
            page(model=ANSWER.model())

    run(play())


def test_outside_a_notebook_the_panel_says_what_to_use() -> None:
    with pytest.raises(RuntimeError, match="lesson-kit serve"):
        Panel()
