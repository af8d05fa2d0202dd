"""Answers that prove the checks of ex06: typical wrong ones, and right ones in other words."""

from __future__ import annotations

from lesson_kit.grader import Right, Wrong

STOPS = "the first answer stops"
KEPT = "what the user saw of it is saved, in its place"
KNOWS = "the model knows what was said"
TOLD = "the model is told, once"
PEACE = "the first stream ends in peace"
THIRD = "a third message stops the second answer"
OTHERS = "other threads go on"

TOP = """import asyncio
from datetime import datetime

import anyio
from agents import Agent, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.errors import CustomStreamError
from chatkit.server import ChatKitServer
from chatkit.types import *


class OneTurnServer(ChatKitServer):
    def __init__(self, model, store):
        super().__init__(store)
        self.agent = Agent(name="Tutor", model=model)
        self.turns = {}
        self.locks = {}

    async def history(self, thread, context):
        page = await self.store.load_thread_items(thread.id, None, 50, "desc", context)
        return await simple_to_agent_input(page.data[::-1])

    def note(self, thread, context):
        return HiddenContextItem(
            id=self.store.generate_item_id("sdk_hidden_context", thread, context),
            thread_id=thread.id,
            created_at=datetime.now(),
            content="The user interrupted your answer.",
        )

    async def respond(self, thread, input_user_message, context):
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
"""
PLAIN = """        result = Runner.run_streamed(self.agent, await self.history(thread, context), context=ctx)
        async for event in stream_agent_response(ctx, result):
            yield event
"""
# The handler of the lesson document: it is never called for a second message.
DOCUMENT = """
    async def handle_stream_cancelled(self, thread, pending_items, context):
        for item in pending_items:
            if isinstance(item, AssistantMessageItem):
                if any(content.text.strip() for content in item.content):
                    await self.store.add_thread_item(thread.id, item, context=context)
        await self.store.add_thread_item(thread.id, self.note(thread, context), context=context)
"""
LOCK = """        async with self.locks.setdefault(thread.id, asyncio.Lock()):
            result = Runner.run_streamed(self.agent, await self.history(thread, context), context=ctx)
            async for event in stream_agent_response(ctx, result):
                yield event
"""
# Cancels the old request's task, as one would stop any other task.
TASK = """        old, self.turns[thread.id] = self.turns.get(thread.id), asyncio.current_task()
        if old and not old.done():
            old.cancel()
            await asyncio.wait({old}, timeout=5)
        result = Runner.run_streamed(self.agent, await self.history(thread, context), context=ctx)
        try:
            async for event in stream_agent_response(ctx, result):
                yield event
        finally:
            result.cancel()
            if self.turns[thread.id] is asyncio.current_task():
                del self.turns[thread.id]
"""
BREAK = """        self.turns[thread.id] = me = object()
        result = Runner.run_streamed(self.agent, await self.history(thread, context), context=ctx)
        async for event in stream_agent_response(ctx, result):
            if self.turns[thread.id] is not me:
                break
            yield event
"""
PEACEFUL_DONE = """            if message and text:
                message.content = [AssistantMessageContent(text=text)]
                yield ThreadItemDoneEvent(item=message)
"""
WAIT = """                old.stop()
                # At most 5 s: a first reader who takes nothing must not hold us up.
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(old.ended.wait(), 5)
"""
LOAD = """            page = await self.store.load_thread_items(thread.id, None, 50, "desc", context)
            history = await simple_to_agent_input(page.data[::-1])
"""
NOTED = """            if turn.stopped:
                yield ThreadItemDoneEvent(item=self.note(thread, context))
"""
LEAVE = """            if self.turns.get(thread.id) is turn:
                del self.turns[thread.id]
"""
OLD = "old, turn = self.turns.get(thread.id), Turn()\n        self.turns[thread.id] = turn\n"

WRONG = [
    Wrong("nothing: ChatKit does it by itself", STOPS, "more pieces, until", source=TOP + PLAIN),
    Wrong("the document's own answer", STOPS, "stop it: old.stop()", source=TOP + PLAIN + DOCUMENT),
    Wrong("the second message waits for its turn", STOPS, "more pieces", source=TOP + LOCK),
    Wrong("a break out of the old loop", STOPS, "more pieces", source=TOP + BREAK),
    Wrong("cancels the old task", PEACE, "cancel only the run, never the task", source=TOP + TASK),
    Wrong("stops, and saves nothing", KEPT, "ends without a done event", edits=[(PEACEFUL_DONE, "")]),
    Wrong("does not wait for the old turn", KNOWS, "of the partial answer is missing", edits=[(WAIT, "                old.stop()\n")]),
    Wrong("loads the history too soon", KNOWS, "only then load the history", edits=[(LOAD, ""), ("        try:\n            if old:", LOAD.replace("            ", "        ") + "        try:\n            if old:")]),
    Wrong("only the last message for the model", KNOWS, "a question is missing", edits=[("simple_to_agent_input(page.data[::-1])", "simple_to_agent_input(input_user_message)")]),
    Wrong("the partial as a new message", KEPT, "stands after the second question", edits=[("message.content = [AssistantMessageContent(text=text)]", "message = message.model_copy(update={'created_at': datetime.now(), 'content': [AssistantMessageContent(text=text)]})")]),
    Wrong("no note", TOLD, "none of them says so", edits=[(NOTED, "")]),
    Wrong("a note after every answer", TOLD, "the store holds 3 notes", edits=[("            if turn.stopped:\n                yield", "            if True:\n                yield")]),
    Wrong(
        "an error for the first reader",
        PEACE,
        "The user got an error event",
        edits=[(NOTED, NOTED + '                raise CustomStreamError("Interrupted.")\n'), ("from chatkit.server", "from chatkit.errors import CustomStreamError\nfrom chatkit.server")],
    ),
    Wrong("one turn for the whole server", OTHERS, "Keep one turn for each thread", edits=[("self.turns.get(thread.id)", 'self.turns.get("now")'), ("self.turns[thread.id]", 'self.turns["now"]')]),
    Wrong("throws the new turn out", THIRD, "only if it is still the one", edits=[(LEAVE, "            self.turns.pop(thread.id, None)\n")]),
]  # fmt: skip

# The way of `lesson_kit.server`: stop the old turn before ChatKit stores the new message.
IN_PROCESS = """
    async def process(self, request, context):
        data = json.loads(request)
        if data["type"] == "threads.add_user_message":
            old = self.turns.get(data["params"]["thread_id"])
            if old:
                old.stop()
                await asyncio.wait_for(old.ended.wait(), 5)
        return await super().process(request, context)

    def note(self"""
# No class, no helper: a dictionary of pairs, and events of its own.
BARE = """        old = self.turns.get(thread.id)
        mine = self.turns[thread.id] = {"over": asyncio.Event(), "run": None, "stop": False}
        try:
            if old:
                old["stop"] = True
                if old["run"]:
                    old["run"].cancel()
                await old["over"].wait()
                await self.store.add_thread_item(thread.id, self.note(thread, context), context)
            run = mine["run"] = Runner.run_streamed(
                self.agent, await self.history(thread, context), context=ctx
            )
            if mine["stop"]:
                run.cancel()
            message, text = None, ""
            async for event in run.stream_events():
                if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
                    if message is None:
                        message = AssistantMessageItem(
                            id=ctx.generate_id("message"),
                            thread_id=thread.id,
                            created_at=datetime.now(),
                            content=[],
                        )
                        yield ThreadItemAddedEvent(item=message)
                    text += event.data.delta
                    yield ThreadItemUpdatedEvent(
                        item_id=message.id,
                        update=AssistantMessageContentPartTextDelta(content_index=0, delta=event.data.delta),
                    )
            if message:
                message.content = [AssistantMessageContent(text=text)]
                yield ThreadItemDoneEvent(item=message)
        finally:
            if mine["run"]:
                mine["run"].cancel()
            mine["over"].set()
            if self.turns[thread.id] is mine:
                del self.turns[thread.id]
"""
# A lock for each thread: who comes next stops the holder, and then gets the lock when the holder has ended.
LOCKED = """        if running := self.turns.get(thread.id):
            running()
        stopped = asyncio.Event()
        self.turns[thread.id] = stopped.set
        async with self.locks.setdefault(thread.id, asyncio.Lock()):
            result = Runner.run_streamed(self.agent, await self.history(thread, context), context=ctx)

            async def watch():
                await stopped.wait()
                result.cancel()

            watching = asyncio.create_task(watch())
            parts, item = [], None
            try:
                async for event in stream_agent_response(ctx, result):
                    match event:
                        case ThreadItemAddedEvent(item=AssistantMessageItem() as item):
                            parts = []
                        case ThreadItemUpdatedEvent(update=AssistantMessageContentPartTextDelta(delta=delta)):
                            parts.append(delta)
                        case ThreadItemDoneEvent():
                            item = None
                    yield event
                if stopped.is_set():
                    if item and parts:
                        item.content = [AssistantMessageContent(text="".join(parts))]
                        yield ThreadItemDoneEvent(item=item)
                    yield ThreadItemDoneEvent(item=self.note(thread, context))
            finally:
                watching.cancel()
                if self.turns[thread.id] == stopped.set:
                    del self.turns[thread.id]
"""

RIGHT = [
    Right("stops the old turn in process", edits=[("\n    def note(self", IN_PROCESS), ("import asyncio\n", "import asyncio\nimport json\n")]),
    Right("a dictionary, its own events, and the new turn writes the note", source=TOP + BARE),
    Right("a lock and a task that watches", source=TOP + LOCKED),
    Right(
        "tells the model in its instructions",
        edits=[
            (NOTED, ""),
            ("turn.result = Runner.run_streamed(self.agent,", 'agent = self.agent.clone(instructions="The user broke off your last answer.") if old else self.agent\n            turn.result = Runner.run_streamed(agent,'),
        ],
    ),
]  # fmt: skip
