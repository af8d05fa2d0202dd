"""Right answers to ex05, in other words than the solution's."""

from __future__ import annotations

from lesson_kit.grader import Right

from .pieces import DOCUMENT, HANDLER, QUEUE, SHIELDED, TOP


def indented(code: str) -> str:
    """The same code, one level deeper."""
    return "".join(f"    {line}" if line.strip() else line for line in code.splitlines(True))


def shielded(handler: str) -> str:
    """The same handler, with a shield round its body."""
    body = handler.removeprefix(HANDLER)
    return f"{HANDLER}        with anyio.CancelScope(shield=True):\n{indented(body)}"


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
