"""Typical wrong answers to ex10: what a whole server can lack."""

from __future__ import annotations

from lesson_kit.grader import Wrong

from .pieces import HISTORY, SAVED, SHIELD, SHIELDED, TOP, WAITING

STREAMS = "it streams, and knows what was said"
THINKS = "a thinking line until the first text"
TOOL = "the tool says what it is doing"
STOPS = "a reader who leaves stops the model"
KEPT = "what the reader saw is kept, and the model is told"
TIDY = "nothing is left behind"
INTERRUPTS = "a second message interrupts"
LIMITS = "time limits for the model, not for the reader"
ERRORS = "an error costs no word"
RESPOND = """
    async def respond(self, thread, message, context):
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
"""
LINE = '        yield ProgressUpdateEvent(icon="clock", text="Thinking...")\n'
RUN = "        result = Runner.run_streamed(self.agent, await self.history(thread, context), context=ctx)\n"
PLAIN = """        async for event in stream_agent_response(ctx, result):
            yield event
"""
STOPPING = """        try:
            async for event in stream_agent_response(ctx, result):
                yield event
        finally:
            result.cancel()
"""
# The lesson document: its `respond` with its progress lines, and its handler.
DOCUMENT = """
    async def respond(self, thread, message, context):
        yield ProgressUpdateEvent(icon="clock", text="Thinking...")
        result = Runner.run_streamed(self.agent, message.content)
        yield ProgressUpdateEvent(icon="check", text="")
        async for event in stream_agent_response(context, result):
            yield event

    async def handle_stream_cancelled(self, thread, pending_items, context):
        for item in pending_items:
            if isinstance(item, AssistantMessageItem):
                if any(content.text.strip() for content in item.content):
                    await self.store.add_thread_item(thread.id, item, context=context)
        await self.store.add_thread_item(thread.id, self.note(thread, context), context=context)
"""
ASK = "        turn.result = Runner.run_streamed(self.agent, history, context=ctx)\n"
WAIT = """                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(old.ended.wait(), 5)
"""
FINISH = """            if message and text:  # begun, and not finished: the partial answer
                message.content = [AssistantMessageContent(text=text)]
                yield ThreadItemDoneEvent(item=message)
"""
NOTED = """            if turn.stopped:
                yield ThreadItemDoneEvent(item=self.note(thread, context))
"""
RAISED = """            if failure:
                raise self.for_the_user(failure) from failure
"""
PROGRESS = '    await ctx.context.stream(ProgressUpdateEvent(icon="search", text=f"Searching for {query}..."))\n'
SEARCH = "    await asyncio.sleep(2)  # a slow search\n"
BODY = """                    if event is None:
                        break
                    if isinstance(event, Exception):
                        raise event
                    if event.type == "thread.item.added":
                        message, text = event.item, ""
                    elif event.type == "thread.item.done":
                        message = None
                    elif is_text(event):
                        limit, text = self.between_tokens, text + event.update.delta
                    yield event
"""
STOPPED = """            turn.stop()
            turn.ended.set()
"""
NO_NOTE = """            for item in pending_items:
                if item.content:
                    await self.store.add_thread_item(thread.id, item, context)
"""


def indented(code: str) -> str:
    """The same code, one level deeper."""
    return "".join(f"    {line}" for line in code.splitlines(True))


WRONG = [
    Wrong("the lesson document's own server", STREAMS, "Mend line", source=TOP + DOCUMENT),
    Wrong("without history", STREAMS, "It read 1 message(s)", edits=[(HISTORY, "history = await simple_to_agent_input(input_user_message)")]),
    Wrong("the newest message first", STREAMS, "in another order", edits=[(HISTORY, HISTORY.replace("[::-1]", ""))]),
    Wrong("all events at the end", STREAMS, "s after it was made", source=TOP + RESPOND + LINE + RUN + "        for event in [event async for event in stream_agent_response(ctx, result)]:\n            yield event\n"),
    Wrong("only a stream", THINKS, "No thinking line", source=TOP + RESPOND + RUN + PLAIN),
    Wrong("clears the thinking line", THINKS, "of empty screen", edits=[(ASK, ASK + '            yield ProgressUpdateEvent(text="")\n')]),
    Wrong("a tool that yields", TOOL, "with no yield in it", edits=[(PROGRESS, PROGRESS.replace("await ctx.context.stream(", "yield (")), ("    return f\"There are", "    yield f\"There are")]),
    Wrong("the run without its context", TOOL, "Give the run context=ctx", edits=[("history, context=ctx)", "history)")]),
    Wrong("progress when the search is over", TOOL, "It came when the search was over", edits=[(PROGRESS, ""), (SEARCH, SEARCH + PROGRESS)]),
    Wrong("a tool without a word", TOOL, "No progress line had the topic", edits=[(PROGRESS, "")]),
    Wrong("without a cancel", STOPS, "and they are on the bill", edits=[(STOPPED, "            turn.ended.set()\n")]),
    Wrong("streams, thinks, and no more", STOPS, "call cancel() of the run", source=TOP + RESPOND + LINE + RUN + PLAIN),
    Wrong("without a shield", KEPT, "Nothing of them is saved", edits=[(SHIELD, "        if True:\n")]),
    Wrong("a yield left in the handler", KEPT, "Take the `yield` out of it", edits=[(SAVED, SAVED + "        if False: yield\n")]),
    Wrong("the partial, but no note", KEPT, "none of them says so", edits=[(SAVED, NO_NOTE)]),
    Wrong("saves it in respond too", KEPT, "Save it in one place only", edits=[("        finally:\n            turn.stop()", "        except asyncio.CancelledError:\n            with anyio.CancelScope(shield=True):\n                message = message.model_copy(update={'id': ctx.generate_id('message'), 'content': [AssistantMessageContent(text=text)]})\n                await self.store.add_thread_item(thread.id, message, context)\n            raise\n        finally:\n            turn.stop()")]),
    Wrong("without a queue", TIDY, "Let a task of your own read", source=TOP + RESPOND + LINE + RUN + STOPPING + SHIELDED),
    Wrong("without a registry", INTERRUPTS, "Find the old turn of this thread", edits=[("self.turns[thread.id] = turn\n", "\n")]),
    Wrong("does not wait for the old turn", INTERRUPTS, "not these three in this order", edits=[(WAIT, "")]),
    Wrong("never says that it has ended", INTERRUPTS, "turn.ended.set()", edits=[(STOPPED, "            turn.stop()\n")]),
    Wrong("stops, and saves nothing", INTERRUPTS, "The store holds 0 partial answer(s)", edits=[(FINISH, "")]),
    Wrong("no note after a second message", INTERRUPTS, "none of them says so", edits=[(NOTED, "")]),
    Wrong("one turn for the whole server", INTERRUPTS, "Keep one turn for each thread", edits=[("self.turns.get(thread.id)", 'self.turns.get("now")'), ("self.turns[thread.id]", 'self.turns["now"]')]),
    Wrong("an error for the first reader", INTERRUPTS, "no error is shown", edits=[(RAISED, "            if failure or turn.stopped:\n                raise self.for_the_user(failure) from failure\n")]),
    Wrong("a limit round the yield", LIMITS, "with no yield inside", edits=[(WAITING + BODY, WAITING + indented(BODY))]),
    Wrong("no limits", LIMITS, "No error came", edits=[("asyncio.timeout(min(limit, left))", "asyncio.timeout(None)"), ("                    if (left := end - now()) <= 0:\n                        raise TimeoutError\n", "")]),
    Wrong("one limit for all", LIMITS, "No error came", edits=[("min(limit, left)", "left")]),
    Wrong("no limit for the whole", LIMITS, "what is left of self.total", edits=[("min(limit, left)", "limit"), ("                    if (left := end - now()) <= 0:\n                        raise TimeoutError\n", "")]),
    Wrong("raises before it saves", LIMITS, "ChatKit saves no partial answer after an error", edits=[("                failure = error\n", "                raise self.for_the_user(error) from error\n")]),
    Wrong("swallows the error", LIMITS, "its error got lost", edits=[(RAISED, "")]),
    Wrong("an error without words", LIMITS, "An error came without words", edits=[("raise self.for_the_user(failure) from failure", "raise failure")]),
    Wrong("a second try for every error", ERRORS, "with a second try", edits=[("isinstance(error, PASSING)", "True")]),
    Wrong("a second try for time limits only", ERRORS, "without a second try", edits=[("isinstance(error, PASSING)", "False")]),
    Wrong("only time limits keep the partial", ERRORS, "An error came without words", edits=[("            except Exception as error:\n                failure", "            except TimeoutError as error:\n                failure")]),
    Wrong("also saves messages without text", ERRORS, "without text", edits=[("            if message and text:", "            if failure and not text:\n                yield ThreadItemDoneEvent(item=self.empty(thread, context))\n            if message and text:"), ("    def note(self", "    def empty(self, thread, context):\n        note = self.note(thread, context)\n        return AssistantMessageItem(id=note.id, thread_id=thread.id, created_at=note.created_at, content=[])\n\n    def note(self"), ("import AssistantMessageContent,", "import AssistantMessageContent, AssistantMessageItem,")]),
]  # fmt: skip
