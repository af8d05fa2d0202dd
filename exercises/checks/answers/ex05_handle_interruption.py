"""Answers that prove the checks of ex05: typical wrong ones, and right ones in other words."""

from __future__ import annotations

from lesson_kit.grader import Right, Wrong

STAYS = "a reader who stays gets the whole answer"
STOPS = "the model stops"
KEPT = "what the reader saw is saved"
TOLD = "the next turn knows of it"
EARLY = "it also stops before the first word"
ALONE = "only the reader who leaves is stopped"
TIDY = "nothing is left behind"

TOP = """import asyncio
from datetime import datetime

import anyio
from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer, StreamingResult
from chatkit.types import *


class CarefulServer(ChatKitServer):
    def __init__(self, model, store):
        super().__init__(store)
        self.agent = Agent(name="Tutor", model=model)
        self.tasks = set()

    async def respond(self, thread, input_user_message, context):
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        page = await self.store.load_thread_items(thread.id, None, 50, "desc", context)
        history = await simple_to_agent_input(page.data[::-1])
        result = Runner.run_streamed(self.agent, history, context=ctx)
"""
PLAIN = """        async for event in stream_agent_response(ctx, result):
            yield event
"""
STOPPING = """        try:
            async for event in stream_agent_response(ctx, result):
                yield event
        finally:
            result.cancel()
"""
QUEUE = """        events = asyncio.Queue()

        async def read():
            try:
                async for event in stream_agent_response(ctx, result):
                    await events.put((event, None))
                await events.put((None, None))
            except Exception as error:
                await events.put((None, error))

        reading = asyncio.create_task(read())
        self.tasks.add(reading)
        reading.add_done_callback(self.tasks.discard)
        try:
            while True:
                event, error = await events.get()
                if error:
                    raise error
                if event is None:
                    break
                yield event
        finally:
            result.cancel()
"""
HANDLER = """
    async def handle_stream_cancelled(self, thread, pending_items, context):
"""
SHIELDED = (
    HANDLER
    + """        with anyio.CancelScope(shield=True), anyio.move_on_after(5):
            await super().handle_stream_cancelled(thread, pending_items, context)
"""
)
# The handler of the lesson document, as it stands there.
DOCUMENT = (
    HANDLER
    + """        for item in pending_items:
            if isinstance(item, AssistantMessageItem):
                if any(content.text.strip() for content in item.content):
                    await self.store.add_thread_item(thread.id, item, context=context)

        await self.store.add_thread_item(
            thread.id,
            HiddenContextItem(
                id=self.store.generate_item_id("sdk_hidden_context", thread, context),
                thread_id=thread.id,
                created_at=datetime.now(),
                content="User cancelled the previous response.",
            ),
            context=context,
        )
"""
)


def indented(code: str) -> str:
    """The same code, one level deeper."""
    return "".join(f"    {line}" if line.strip() else line for line in code.splitlines(True))


def shielded(handler: str) -> str:
    """The same handler, with a shield round its body."""
    body = handler.removeprefix(HANDLER)
    return f"{HANDLER}        with anyio.CancelScope(shield=True):\n{indented(body)}"


NO_NOTE = (
    HANDLER
    + """        with anyio.CancelScope(shield=True):
            for item in pending_items:
                if isinstance(item, AssistantMessageItem) and item.content:
                    await self.store.add_thread_item(thread.id, item, context)
"""
)
EMPTY_TOO = shielded(DOCUMENT).replace(
    "if any(content.text.strip() for content in item.content):", "if True:"
)
OWN_TEXT = """        text = ""
        try:
            async for event in stream_agent_response(ctx, result):
                if event.type == "thread.item.updated" and event.update.type.endswith("text_delta"):
                    text += event.update.delta
                yield event
        {caught}:
            result.cancel()
            {shield}await self.store.add_thread_item(
                thread.id,
                AssistantMessageItem(
                    id=self.store.generate_item_id("message", thread, context),
                    thread_id=thread.id,
                    created_at=datetime.now(),
                    content=[AssistantMessageContent(text=text)],
                ),
                context,
            ){end}
            raise
"""
SHARED = TOP.replace("        result =", "        self.result = result =") + PLAIN
SHARED_HANDLER = SHIELDED.replace("        with", "        self.result.cancel()\n        with")
ALWAYS_NOTE = (
    QUEUE
    + """            with anyio.CancelScope(shield=True):
                await self.store.add_thread_item(
                    thread.id,
                    HiddenContextItem(
                        id=self.store.generate_item_id("sdk_hidden_context", thread, context),
                        thread_id=thread.id,
                        created_at=datetime.now(),
                        content="The user may have left.",
                    ),
                    context,
                )
"""
)

# `respond` as the lesson document has it.
DOCUMENT_RESPOND = """
    async def respond(self, thread, message, context):
        result = Runner.run_streamed(self.agent, message.content)
        async for event in stream_agent_response(context, result):
            yield event
"""

WRONG = [
    Wrong("the document's own answer, its respond too", STAYS, "Mend line", source=TOP[: TOP.index("\n    async def respond")] + DOCUMENT_RESPOND + DOCUMENT),
    Wrong("the document's handler on a respond that runs", STOPS, "and they are on the bill", source=TOP + PLAIN + DOCUMENT),
    Wrong("the document's handler, and the model is stopped", KEPT, "Nothing of them is saved", source=TOP + STOPPING + DOCUMENT),
    Wrong("no handler: ChatKit's own is enough", KEPT, "CancelScope(shield=True)", source=TOP + STOPPING),
    Wrong("only the save is mended", STOPS, "Call result.cancel()", source=TOP + PLAIN + SHIELDED),
    Wrong("all but the tasks left behind", TIDY, "Let a task of your own read", source=TOP + STOPPING + SHIELDED),
    Wrong(
        "cancels in except Exception",
        STOPS,
        "in a `finally` round your loop",
        source=TOP + STOPPING.replace("finally:", "except Exception:") + SHIELDED,
    ),
    Wrong("the polite cancel", STOPS, "It made", edits=[("result.cancel()", 'result.cancel(mode="after_turn")')]),
    Wrong("the queue, without a cancel of the run", STOPS, "It made", edits=[("            result.cancel()\n", "            task.cancel()\n")]),
    Wrong(
        "saves in except CancelledError, without a shield",
        KEPT,
        "Nothing of them is saved",
        source=TOP + OWN_TEXT.format(caught="except asyncio.CancelledError", shield="", end=""),
    ),
    Wrong(
        "swallows the cancel",
        KEPT,
        "Nothing of them is saved",
        source=TOP + STOPPING.replace("finally:", "except asyncio.CancelledError:") + SHIELDED,
    ),
    Wrong("the partial, but no note", TOLD, "none of them says so", source=TOP + QUEUE + NO_NOTE),
    Wrong("a note after every answer", TOLD, "The store holds 3 notes", source=TOP + ALWAYS_NOTE + SHIELDED),
    Wrong("the partial twice", KEPT, "saves it as well", source=TOP + QUEUE.replace("reading.add_done", "text = ''\n        reading.add_done").replace(
        "                yield event\n        finally:\n",
        "                if event.type == 'thread.item.updated' and event.update.type.endswith('text_delta'):\n"
        "                    text += event.update.delta\n"
        "                yield event\n"
        + OWN_TEXT[OWN_TEXT.index("        {caught}"):].format(
            caught="except asyncio.CancelledError", shield="with anyio.CancelScope(shield=True):\n                ", end=""
        )
        + "        finally:\n",
    ) + SHIELDED),
    Wrong("the run in self", ALONE, "`self` is shared", source=SHARED + SHARED_HANDLER),
    Wrong("forgets the end of the queue", STAYS, "The stream was still open", edits=[("                events.put_nowait(None)  # the end\n", "")]),
    Wrong("sends all at the end", STAYS, "were made before the reader saw", source=TOP + "        events = [event async for event in stream_agent_response(ctx, result)]\n        for event in events:\n            yield event\n" + SHIELDED),
    Wrong("an error in the handler", KEPT, "Mend line", edits=[("await super().handle_stream_cancelled(", "await super().stream_cancelled(")]),
]  # fmt: skip

# A task of its own is not cancelled with the request.
IN_A_TASK = (
    HANDLER
    + """        saving = asyncio.create_task(super().handle_stream_cancelled(thread, pending_items, context))
        self.tasks.add(saving)
        saving.add_done_callback(self.tasks.discard)
"""
)
SHIELDED_BY_ASYNCIO = (
    HANDLER
    + """        await asyncio.shield(super().handle_stream_cancelled(thread, pending_items, context))
"""
)
NO_HELPER = """        message = AssistantMessageItem(
            id=ctx.generate_id("message"), thread_id=thread.id, created_at=datetime.now(), content=[]
        )
        text = ""
        try:
            async for event in result.stream_events():
                if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
                    if not text:
                        yield ThreadItemAddedEvent(item=message)
                    text += event.data.delta
                    yield ThreadItemUpdatedEvent(
                        item_id=message.id,
                        update=AssistantMessageContentPartTextDelta(content_index=0, delta=event.data.delta),
                    )
        finally:
            result.cancel()
        message.content = [AssistantMessageContent(text=text)]
        yield ThreadItemDoneEvent(item=message)
"""
# The way of `lesson_kit.server`: the whole answer is made in a task of its own, and a reader who leaves cancels nothing.
RELAY = """        turn = context["turn"]
        turn["run"] = result
        if turn["left"]:
            result.cancel()
        message, text = None, ""
        async for event in stream_agent_response(ctx, result):
            if event.type == "thread.item.added":
                message, text = event.item, ""
            elif event.type == "thread.item.done":
                message = None
            elif event.type == "thread.item.updated" and event.update.type.endswith("text_delta"):
                text += event.update.delta
            yield event
        if turn["left"]:
            if message and text:
                message.content = [AssistantMessageContent(text=text)]
                yield ThreadItemDoneEvent(item=message)
            yield ThreadItemDoneEvent(
                item=SDKHiddenContextItem(
                    id=ctx.generate_id("sdk_hidden_context"),
                    thread_id=thread.id,
                    created_at=datetime.now(),
                    content="The user left before the answer was complete.",
                )
            )

    async def process(self, request, context):
        turn = context["turn"] = {"run": None, "left": False}
        result = await super().process(request, context)
        if isinstance(result, StreamingResult):
            return StreamingResult(self.relay(result.json_events, turn))
        return result

    async def relay(self, source, turn):
        chunks = asyncio.Queue()

        async def produce():
            try:
                async for chunk in source:
                    chunks.put_nowait(chunk)
            finally:
                chunks.put_nowait(None)

        producing = asyncio.create_task(produce())
        self.tasks.add(producing)
        producing.add_done_callback(self.tasks.discard)
        try:
            while (chunk := await chunks.get()) is not None:
                yield chunk
        finally:
            turn["left"] = True
            if turn["run"]:
                turn["run"].cancel()
"""

RIGHT = [
    Right("the document's handler with a shield, and a queue of pairs", source=TOP + QUEUE + shielded(DOCUMENT)),
    Right("saves in a task of its own", source=TOP + QUEUE + IN_A_TASK),
    Right("asyncio.shield", source=TOP + QUEUE + SHIELDED_BY_ASYNCIO),
    Right("without the helper: its own events", source=TOP + NO_HELPER + SHIELDED),
    Right("a relay between the answer and its reader", source=TOP + RELAY),
]  # fmt: skip
