"""The reference answer: progress, history, one turn per thread, stop and keep."""

import asyncio
import logging

import pytest
from agents import function_tool
from agents.tool_context import ToolContext
from chatkit.agents import AgentContext
from chatkit.types import ProgressUpdateEvent

from lesson_kit.clock import run
from lesson_kit.script import Reply, Script, ToolCall
from lesson_kit.store import MemoryStore
from tests.conversation import WORDS, Conversation, asked, deltas, kinds, other_tasks, text_of

NOTE = (
    "Hidden context for the agent (not shown to the user):\n<HiddenContext>\n{}\n</HiddenContext>"
)
STOPPED = "The user stopped the previous answer before it was complete."
INTERRUPTED = "The user interrupted the previous answer with a new message."


@pytest.fixture(autouse=True)
def _nothing_above_info(caplog: pytest.LogCaptureFixture):
    yield
    loud = [record for record in caplog.records if record.levelno > logging.INFO]
    assert not loud, [record.getMessage() for record in loud]


def test_an_answer_streams_delta_by_delta_and_is_saved() -> None:
    async def main() -> None:
        chat = Conversation(Script.say("Hello there!", thinking=1.0, gap=0.5))
        events = await chat.ask("Hi")
        assert kinds(events) == [
            "thread.created", "thread.item.done", "stream_options", "progress_update",
            "thread.item.added", "thread.item.updated", "thread.item.updated",
            "thread.item.updated", "thread.item.updated", "thread.item.done",
        ]  # fmt: skip
        assert deltas(events) == ["Hello", " there!"]
        assert await chat.saved() == [("user_message", "Hi"), ("assistant_message", "Hello there!")]

    run(main())


def test_thinking_shows_from_the_start_until_the_first_token() -> None:
    async def main() -> None:
        chat = Conversation(Script.say("Hello", thinking=2.5))
        times = {}
        async for event in await chat.send("Hi"):
            times.setdefault(event["type"], asyncio.get_running_loop().time())
        assert times["progress_update"] == 0.0
        assert times["thread.item.added"] == 2.5

    run(main())


def test_the_model_reads_the_whole_conversation() -> None:
    async def main() -> None:
        chat = Conversation(Script(Reply("One."), Reply("Two.")))
        await chat.ask("first")
        await chat.ask("second")
        assert asked(chat.model.asked[1]) == [
            ("user", "first"), ("assistant", "One."), ("user", "second"),
        ]  # fmt: skip

    run(main())


@pytest.mark.parametrize("latency", [0.0, 0.02])
def test_a_reader_that_leaves_stops_the_model_and_keeps_the_partial(latency: float) -> None:
    async def main() -> None:
        chat = Conversation(Script.say(WORDS), store=MemoryStore(latency=latency))
        events = await chat.ask_and_leave("Hi", after=10)
        made = len(chat.model.made)
        await chat.server.drain()
        assert made <= len(chat.model.made) <= made + 1
        kept = (await chat.saved())[1][1]
        assert kept.startswith("".join(deltas(events)))
        assert WORDS.startswith(kept)
        assert (await chat.saved())[2] == ("sdk_hidden_context", STOPPED)
        assert not other_tasks()

    run(main())


def test_a_reader_that_leaves_before_the_first_token_keeps_only_the_note() -> None:
    async def main() -> None:
        chat = Conversation(Script.say(WORDS, thinking=9))
        task = asyncio.create_task(chat.ask("Hi"))
        await asyncio.sleep(3)
        task.cancel()
        await asyncio.wait([task])
        await chat.server.drain()
        assert await chat.saved() == [("user_message", "Hi"), ("sdk_hidden_context", STOPPED)]
        assert chat.model.made == []
        assert not other_tasks()

    run(main())


def test_a_reader_that_leaves_before_the_model_is_asked_starts_no_run() -> None:
    async def main() -> None:
        chat = Conversation(Script.say(WORDS), store=MemoryStore(latency=1.0))
        task = asyncio.create_task(chat.ask("Hi"))
        await asyncio.sleep(0.5)
        task.cancel()
        await asyncio.wait([task])
        await chat.server.drain()
        assert chat.model.asked == []
        assert not other_tasks()

    run(main())


def test_a_second_message_interrupts_and_the_model_is_told() -> None:
    async def main() -> None:
        chat = Conversation(Script(Reply(WORDS), Reply("Fine.")), store=MemoryStore(latency=0.02))
        first = asyncio.create_task(chat.ask("question 1"))
        await asyncio.sleep(1.5)
        second = await chat.ask("question 2")
        interrupted = await first
        partial = "".join(deltas(interrupted))
        assert partial
        assert WORDS.startswith(partial)
        assert partial != WORDS
        assert interrupted[-1]["type"] == "thread.item.done"
        assert text_of(interrupted[-1]["item"]) == partial
        assert deltas(second) == ["Fine."]
        assert asked(chat.model.asked[1]) == [
            ("user", "question 1"),
            ("assistant", partial),
            ("user", NOTE.format(INTERRUPTED)),
            ("user", "question 2"),
        ]
        assert not other_tasks()

    run(main())


def test_two_messages_at_once_leave_one_turn() -> None:
    async def main() -> None:
        chat = Conversation(Script(Reply("Hello."), Reply(WORDS), Reply(WORDS)))
        await chat.ask("Hi")
        both = await asyncio.gather(chat.ask("a"), chat.ask("b"))
        assert sorted(len(deltas(events)) for events in both) == [0, 50]
        assert not other_tasks()

    run(main())


def test_turns_with_one_model_id_keep_two_answers() -> None:
    async def main() -> None:
        fake = {"item_id": "__fake_id__"}
        chat = Conversation(Script(Reply("One.", **fake), Reply("Two.", **fake)))
        await chat.ask("first")
        await chat.ask("second")
        answers = [text for kind, text in await chat.saved() if kind == "assistant_message"]
        assert answers == ["One.", "Two."]

    run(main())


def test_a_retry_while_the_answer_streams_starts_over() -> None:
    async def main() -> None:
        chat = Conversation(Script(Reply(WORDS), Reply("Again.")))
        first = asyncio.create_task(chat.ask("Hi"))
        await asyncio.sleep(1.5)
        page = await chat.server.store.load_thread_items(chat.thread_id or "", None, 1, "asc", {})
        params = {"thread_id": chat.thread_id, "item_id": page.data[0].id}
        async for _ in await chat.request("threads.retry_after_item", params):
            pass
        await first
        assert await chat.saved() == [("user_message", "Hi"), ("assistant_message", "Again.")]

    run(main())


def test_a_tool_shows_its_progress_and_then_the_model_thinks_again() -> None:
    @function_tool
    async def search_notes(context: ToolContext[AgentContext[dict[str, str]]], query: str) -> str:
        """Search the notes."""
        await context.context.stream(ProgressUpdateEvent(icon="search", text=f"Reading {query}"))
        await asyncio.sleep(40)  # longer than any limit on the model's silence
        return "a delta is a piece of text"

    async def main() -> None:
        call = Reply(calls=[ToolCall("search_notes", {"query": "deltas"})], thinking=0.5)
        chat = Conversation(Script(call, Reply("A piece.", thinking=0.5)), tools=[search_notes])
        events = await chat.ask("What is a delta?")
        progress = [event["text"] for event in events if event["type"] == "progress_update"]
        assert progress == [
            "Thinking...", "Using search notes...", "Reading deltas", "Thinking...",
        ]  # fmt: skip
        assert "".join(deltas(events)) == "A piece."

    run(main())


def test_a_reasoning_summary_streams_and_is_saved() -> None:
    async def main() -> None:
        chat = Conversation(Script.say("42.", reasoning=["Let me", " think."]))
        await chat.ask("Why?")
        assert [kind for kind, _ in await chat.saved()] == [
            "user_message", "workflow", "assistant_message",
        ]  # fmt: skip

    run(main())


def test_a_full_server_refuses_clearly_and_lets_others_finish() -> None:
    async def main() -> None:
        script = Script(Reply("One."), Reply("Two."), then_repeat=True)
        chat = Conversation(script, max_turns=1)
        first = asyncio.create_task(chat.ask("a"))
        await asyncio.sleep(0.1)
        chat.thread_id = None
        refused = (await chat.ask("b"))[-1]
        assert refused["type"] == "error"
        assert refused["message"].startswith("The server is answering 1 conversations")
        assert refused["allow_retry"] is True
        assert deltas(await first) == ["One."]
        assert deltas(await chat.ask("c")) == ["Two."]

    run(main())


def test_a_shutdown_keeps_every_partial_and_says_so() -> None:
    async def main() -> None:
        chat = Conversation(Script.say(WORDS, then_repeat=True), store=MemoryStore(latency=0.02))
        streams = []
        for text in "abc":
            chat.thread_id = None
            streams.append(asyncio.create_task(chat.ask(text)))
        await asyncio.sleep(1.5)
        chat.server.stop_all("shutdown")
        await chat.server.drain()
        for events in await asyncio.gather(*streams):
            assert kinds(events)[-2:] == ["thread.item.done", "notice"]
            assert text_of(events[-2]["item"]) == "".join(deltas(events)) != ""
        late = (await chat.ask("too late"))[-1]
        assert late["message"] == "The server is shutting down. Please ask again in a moment."
        assert not other_tasks()

    run(main())


def test_deleting_a_thread_stops_its_turn_first() -> None:
    async def main() -> None:
        chat = Conversation(Script.say(WORDS))
        first = asyncio.create_task(chat.ask("Hi"))
        await asyncio.sleep(1.5)
        body = f'{{"type": "threads.delete", "params": {{"thread_id": "{chat.thread_id}"}}}}'
        await chat.server.process(body, {})
        events = await first
        assert "error" not in kinds(events)
        assert not chat.server.turns.active
        assert not other_tasks()

    run(main())


def test_breaking_out_of_respond_itself_still_keeps_the_partial() -> None:
    async def main() -> None:
        chat = Conversation(Script(Reply("Hello."), Reply(WORDS)))
        await chat.ask("Hi")
        thread = await chat.server.store.load_thread(chat.thread_id or "", {})
        answer = chat.server.respond(thread, None, {})
        seen = 0
        async for event in answer:
            seen += event.type == "thread.item.updated"
            if seen == 11:  # the first one opens the content part
                break
        await answer.aclose()
        await chat.server.drain()
        assert len(chat.model.made) - 1 <= 11
        assert (await chat.saved())[-2][1] == "".join(f" w{number}" for number in range(10))
        assert not other_tasks()

    run(main())


def test_cancelling_chatkits_own_task_still_keeps_the_partial() -> None:
    async def main() -> None:
        chat = Conversation(Script.say(WORDS), store=MemoryStore(latency=0.02))
        reader = asyncio.create_task(chat.ask("Hi"))
        await asyncio.sleep(1.5)
        for task in other_tasks():
            if getattr(task.get_coro(), "__name__", "") == "_produce":
                task.cancel()
        await reader
        await chat.server.drain()
        saved = await chat.saved()
        assert saved[1][0] == "assistant_message"
        assert WORDS.startswith(saved[1][1])

    run(main())
