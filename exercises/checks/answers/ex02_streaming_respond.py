"""Answers that prove the checks of ex02: typical wrong ones, and right ones in other words."""

from __future__ import annotations

from lesson_kit.grader import Right, Wrong

LOAD = '        page = await self.store.load_thread_items(thread.id, None, 20, "desc", context)\n'
HISTORY = "        history = await simple_to_agent_input(page.data[::-1])\n"
CONTEXT = "        agent_context = AgentContext(thread=thread, store=self.store, request_context=context)\n"
RUN = "        result = Runner.run_streamed(self.agent, history, context=agent_context)\n"
LOOP = "        async for event in stream_agent_response(agent_context, result):\n            yield event\n"
ALL = LOAD + HISTORY + CONTEXT + RUN + LOOP
AGENTS = "from agents import Agent, Runner\n"
STREAMS, FINISHED, ASKED = "each token is on the screen at once", "the answer is finished and saved", "the model gets the question as a message"  # fmt: skip
REMEMBERS, NO_MESSAGE, NEWEST = "the model knows what was said before", "it answers without a new message", "a long conversation keeps its newest part"  # fmt: skip

DONE = """        yield ThreadItemDoneEvent(
            item=AssistantMessageItem(
                id=self.store.generate_item_id("message", thread, context),
                thread_id=thread.id,
                created_at=datetime.now(),
                content=[AssistantMessageContent(text=text)],
            )
        )
"""
TYPES = """from datetime import datetime
from chatkit.types import AssistantMessageContent, AssistantMessageItem, ThreadItemDoneEvent
from openai.types.responses import ResponseTextDeltaEvent
"""
COLLECT = """        text = ""
        async for event in result.stream_events():
            if event.type == "raw_response_event" and isinstance(event.data, ResponseTextDeltaEvent):
                text += event.data.delta
"""

# Pattern 1 of the lesson document, but for its tools, which it does not define, its model, and its name `input`.
PATTERN_1 = """from chatkit.agents import stream_agent_response
from chatkit.server import ChatKitServer
from agents import Agent, Runner


class StreamingServer(ChatKitServer):
    def __init__(self, model, store):
        super().__init__(store)
        self.model = model

    async def respond(self, thread, input_user_message, context):
        agent = Agent(
            name="Assistant",
            instructions="You are a helpful assistant",
            model=self.model,
        )

        # Run agent with streaming enabled
        result = Runner.run_streamed(agent, input_user_message.content)

        # Helper automatically converts agent events to ThreadStreamEvents
        async for event in stream_agent_response(context, result):
            yield event
"""
MINE = "        self.said = []\n"
OWN_HISTORY = """        if input_user_message is not None:
            self.said.append({"role": "user", "content": input_user_message.content[0].text})
        history = list(self.said)
"""
KEEP = """            if event.type == "thread.item.done":
                self.said.append({"role": "assistant", "content": event.item.content[0].text})
            yield event
"""
ONE_TEXT = """        history = ""
        for item in page.data[::-1]:
            if item.type in ("user_message", "assistant_message"):
                history += f"{item.type}: {item.content[0].text}\\n"
"""

WRONG = [
    Wrong("pattern 1 of the lesson document", STREAMS, "'dict' object has no attribute 'thread'", source=PATTERN_1),
    Wrong("pattern 1, with an AgentContext", ASKED, "no message of the user", edits=[(LOAD + HISTORY, "        history = input_user_message.content\n")]),
    Wrong("the whole answer in one piece", STREAMS, "All came in one piece", edits=[(AGENTS, AGENTS + TYPES), (CONTEXT + RUN + LOOP, "        result = await Runner.run(self.agent, history)\n        text = result.final_output\n" + DONE)]),
    Wrong("run_streamed, but collected", STREAMS, "All came in one piece", edits=[(AGENTS, AGENTS + TYPES), (LOOP, COLLECT + DONE)]),
    Wrong("the events in a list, then all at once", STREAMS, "s after it was made", edits=[(LOOP, LOOP.replace("async for event in stream_agent_response(agent_context, result):", "events = [event async for event in stream_agent_response(agent_context, result)]\n        for event in events:"))]),
    Wrong("a pause after each token", STREAMS, "s after it was made", edits=[(AGENTS, "import asyncio\n" + AGENTS), (LOOP, LOOP + "            await asyncio.sleep(0.2)\n")]),
    Wrong("time.sleep after each token", STREAMS, "time.sleep held the event loop", edits=[(AGENTS, "import time\n" + AGENTS), (LOOP, LOOP + "            time.sleep(0.02)\n")]),
    Wrong("a plain for", STREAMS, "'async_generator' object is not iterable", edits=[(LOOP, LOOP.replace("async for", "for"))]),
    Wrong("return in place of yield", STREAMS, "No text of it came", edits=[(LOOP, "        return stream_agent_response(agent_context, result)\n")]),
    Wrong("the text of a message that has none", STREAMS, "has no attribute 'text'", edits=[(LOAD + HISTORY, "        history = input_user_message.text\n")]),
    Wrong("passes on the tokens only", FINISHED, "No done event", edits=[(LOOP, LOOP.replace("            yield", '            if event.type != "thread.item.done":\n                yield'))]),
    Wrong("a bare yield at the end", FINISHED, "broke off with an error", edits=[(LOOP, LOOP + "        yield\n")]),
    Wrong("a second message at the end", FINISHED, "2 messages were finished", edits=[(AGENTS, AGENTS + TYPES), (LOOP, LOOP + "        text = result.final_output\n" + DONE)]),
    Wrong("the question once more after the history", ASKED, "the question 2 times", edits=[(HISTORY, "        history = await simple_to_agent_input(page.data[::-1] + [input_user_message])\n")]),
    Wrong("only the last message", REMEMBERS, "It got 1 message only, of the user.", edits=[(LOAD + HISTORY, "        history = await simple_to_agent_input(input_user_message)\n")]),
    Wrong("the newest item only", REMEMBERS, "It got 1 message only, of the user.", edits=[(LOAD, LOAD.replace("20", "1"))]),
    Wrong("the newest first", REMEMBERS, "the newest first", edits=[(HISTORY, HISTORY.replace("[::-1]", ""))]),
    Wrong("one history for all threads", REMEMBERS, "what another user said", edits=[("        self.agent =", MINE + "        self.agent ="), (LOAD + HISTORY, OWN_HISTORY), ("            yield event\n", KEEP)]),
    Wrong("the history as one text", REMEMBERS, "in one message of the user", edits=[(HISTORY, ONE_TEXT)]),
    Wrong("nothing to do without a message", NO_MESSAGE, "The model was not asked", edits=[(LOAD, "        if input_user_message is None:\n            return\n" + LOAD)]),
    Wrong("the oldest items", NEWEST, "question 12 is not among them", edits=[(LOAD, LOAD.replace("desc", "asc")), (HISTORY, HISTORY.replace("[::-1]", ""))]),
]  # fmt: skip

BY_HAND = """from datetime import datetime

from agents import Agent, Runner
from chatkit.agents import AgentContext, ThreadItemConverter
from chatkit.server import ChatKitServer
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdatedEvent,
)
from openai.types.responses import ResponseTextDeltaEvent


class StreamingServer(ChatKitServer):
    def __init__(self, model, store):
        super().__init__(store)
        self.model = model
        self.converter = ThreadItemConverter()

    async def everything(self, thread, context):
        items, after, more = [], None, True
        while more:
            page = await self.store.load_thread_items(thread.id, after, 20, "asc", context)
            items, after, more = items + page.data, page.after, page.has_more
        return items

    async def respond(self, thread, item, context):
        history = await self.converter.to_agent_input(await self.everything(thread, context))
        agent = Agent(name="Assistant", instructions="You are helpful.", model=self.model)
        message = AssistantMessageItem(
            id=self.store.generate_item_id("message", thread, context),
            thread_id=thread.id,
            created_at=datetime.now(),
            content=[AssistantMessageContent(text="")],
        )
        yield ThreadItemAddedEvent(item=message)
        result = Runner.run_streamed(agent, history)
        async for event in result.stream_events():
            if event.type == "raw_response_event" and isinstance(event.data, ResponseTextDeltaEvent):
                message.content[0].text += event.data.delta
                update = AssistantMessageContentPartTextDelta(content_index=0, delta=event.data.delta)
                yield ThreadItemUpdatedEvent(item_id=message.id, update=update)
        yield ThreadItemDoneEvent(item=message)
"""
QUEUE = """        queue, end = asyncio.Queue(), object()

        async def pump():
            try:
                async for event in stream_agent_response(agent_context, result):
                    queue.put_nowait(event)
            finally:
                queue.put_nowait(end)

        task = asyncio.create_task(pump())
        try:
            while (event := await queue.get()) is not end:
                yield event
            await task
        finally:
            result.cancel()
"""

RIGHT = [
    Right("events by hand, all pages of the store", source=BY_HAND),
    Right("a task and a queue between run and client", edits=[(AGENTS, "import asyncio\n" + AGENTS), (LOOP, QUEUE)]),
    Right(
        "sorted by time, a thinking line, and the run cancelled at the end",
        edits=[
            (AGENTS, AGENTS + "from chatkit.types import ProgressUpdateEvent\n"),
            (LOAD, '        yield ProgressUpdateEvent(text="Thinking ...")\n' + LOAD.replace("20", "30")),
            (HISTORY, "        items = sorted(page.data, key=lambda item: item.created_at)\n        history = await simple_to_agent_input(items)\n"),
            (LOOP, "        try:\n            async for event in stream_agent_response(agent_context, result):\n                yield event\n        finally:\n            result.cancel()\n"),
        ],
    ),
    Right(
        "a large page, the oldest first",
        edits=[(LOAD, LOAD.replace("20", "1000").replace("desc", "asc")), (HISTORY, HISTORY.replace("[::-1]", ""))],
    ),
    Right(
        "the history in a method of its own, read in two steps",
        edits=[
            (LOAD + HISTORY, "        history = await self.history(thread, context)\n"),
            (LOOP, LOOP + '\n    async def history(self, thread, context):\n        page = await self.store.load_thread_items(thread.id, None, 20, "desc", context)\n        items = list(reversed(page.data))\n        return await simple_to_agent_input(items)\n'),
        ],
    ),
]  # fmt: skip
