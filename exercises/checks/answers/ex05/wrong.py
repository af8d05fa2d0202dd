"""Typical wrong answers to ex05: how an interruption is mishandled."""

from __future__ import annotations

from lesson_kit.grader import Wrong

from .pieces import DOCUMENT, HANDLER, QUEUE, SHIELDED, TOP

STAYS = "a reader who stays gets the whole answer"
STOPS = "the model stops"
KEPT = "what the reader saw is saved"
TOLD = "the next turn knows of it"
ALONE = "only the reader who leaves is stopped"
TIDY = "nothing is left behind"
PLAIN = """        async for event in stream_agent_response(ctx, result):
            yield event
"""
STOPPING = """        try:
            async for event in stream_agent_response(ctx, result):
                yield event
        finally:
            result.cancel()
"""
NO_NOTE = (
    HANDLER
    + """        with anyio.CancelScope(shield=True):
            for item in pending_items:
                if isinstance(item, AssistantMessageItem) and item.content:
                    await self.store.add_thread_item(thread.id, item, context)
"""
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
