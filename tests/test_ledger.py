"""What the SDKs do by themselves: the rows of the ledger that the first lessons and the server stand on.

When one of these fails after an upgrade, an SDK has changed: mend the lesson, and perhaps make the server simpler.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import pytest
from agents import Agent, RunConfig, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer
from chatkit.types import HiddenContextItem, ProgressUpdateEvent
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from lesson_kit.client import ChatClient
from lesson_kit.clock import run
from lesson_kit.script import Reply, Script, ScriptModel
from lesson_kit.store import MemoryStore
from tests.conversation import WORDS, text_of

QUIET = RunConfig(tracing_disabled=True)


class PlainServer(ChatKitServer[Any]):
    """The documents' pattern 1, with the arguments that the SDK wants."""

    def __init__(self, model: ScriptModel, store: MemoryStore | None = None) -> None:
        super().__init__(store or MemoryStore())
        self.agent = Agent[Any](name="Tutor", model=model)

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        asked = await simple_to_agent_input(input_user_message)
        result = Runner.run_streamed(self.agent, asked, context=ctx, run_config=QUIET)
        async for event in stream_agent_response(ctx, result):
            yield event


def plain_app(server: ChatKitServer[Any]) -> Starlette:
    """The documents' endpoint: the result in Starlette's own StreamingResponse."""

    async def chatkit(request: Request) -> StreamingResponse:
        result = await server.process(await request.body(), {})
        return StreamingResponse(result, media_type="text/event-stream")  # type: ignore[arg-type]

    return Starlette(routes=[Route("/chatkit", chatkit, methods=["POST"])])


async def drop_after_ten(server: PlainServer) -> list[tuple[str, str]]:
    """Leave after 10 deltas, wait for all to end, and return what the store holds."""
    async with ChatClient.over(plain_app(server)) as client:
        async with client.send("Hi") as stream:
            async for _ in stream:
                if stream.recording.deltas == 10:
                    break
        await asyncio.sleep(60)
    threads = await server.store.load_threads(1, None, "asc", {})
    page = await server.store.load_thread_items(threads.data[0].id, None, 10, "asc", {})
    return [(item.type, text_of(item.model_dump())) for item in page.data]


def test_nothing_in_chatkit_stops_the_model_when_the_client_leaves() -> None:
    model = Script.say(WORDS).model()
    run(drop_after_ten(PlainServer(model)))
    assert len(model.made) == 50  # finding 3: all of them are made, and paid for


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_store_that_awaits_loses_the_partial() -> None:
    saved = run(drop_after_ten(PlainServer(Script.say(WORDS).model(), MemoryStore(latency=0.02))))
    assert [kind for kind, _ in saved] == ["user_message"]  # finding 4


def test_every_chat_completions_message_overwrites_the_last() -> None:
    async def main() -> list[str]:
        fake = {"item_id": "__fake_id__"}
        server = PlainServer(Script(Reply("One.", **fake), Reply("Two.", **fake)).model())
        async with ChatClient.over(plain_app(server)) as client:
            thread_id = None
            for question in ("first", "second"):
                async with client.send(question, thread_id) as stream:
                    async for _ in stream:
                        pass
                thread_id = stream.thread_id
        page = await server.store.load_thread_items(thread_id or "", None, 10, "asc", {})
        return [text_of(item.model_dump()) for item in page.data]

    assert run(main()) == ["first", "Two.", "second"]  # finding 8: the first answer is gone


def test_the_message_content_is_accepted_as_input_and_is_nonsense() -> None:
    async def main() -> Any:
        model = Script.say("Hello.").model()

        class Documented(PlainServer):
            async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
                content = input_user_message.content
                result = Runner.run_streamed(self.agent, content, run_config=QUIET)
                ctx = AgentContext(thread=thread, store=self.store, request_context=context)
                async for event in stream_agent_response(ctx, result):
                    yield event

        async with (
            ChatClient.over(plain_app(Documented(model))) as client,
            client.send("hello") as stream,
        ):
            async for _ in stream:
                pass
        assert stream.recording.text == "Hello."  # nobody notices (finding 2, B6)
        return model.asked[0]

    assert not any(isinstance(item, dict) for item in run(main()))


def test_a_second_message_does_not_stop_the_first_answer() -> None:
    async def main() -> int:
        model = Script(Reply(WORDS), Reply("Fine.")).model()
        async with ChatClient.over(plain_app(PlainServer(model))) as client:

            async def read(question: str, thread_id: str | None) -> str | None:
                async with client.send(question, thread_id) as stream:
                    async for _ in stream:
                        threads[:] = [stream.thread_id]
                return stream.recording.text

            threads: list[str | None] = []
            first = asyncio.create_task(read("one", None))
            await asyncio.sleep(1.5)
            await read("two", threads[-1])
            assert await first == WORDS  # B19
        return len(model.made)

    assert run(main()) == 51


def test_upload_is_no_icon() -> None:
    with pytest.raises(ValidationError):
        ProgressUpdateEvent(icon="upload", text="Uploading")  # type: ignore[arg-type]  # finding 10
    for icon in ("search", "check", "clock", "document", "bolt", "lucide:upload"):
        ProgressUpdateEvent(icon=icon, text="...")  # type: ignore[arg-type]


def test_hidden_context_reaches_the_model() -> None:
    item = HiddenContextItem(
        id="shcx_1", thread_id="thr_1", created_at=datetime.now(), content="a note"
    )
    [read] = run(_converted(item))
    assert "a note" in text_of(read)


async def _converted(item: HiddenContextItem) -> Any:
    return await simple_to_agent_input(item)
