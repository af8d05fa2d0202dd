"""Answers that prove the checks of ex10: typical wrong ones, and right ones in other words."""

from __future__ import annotations

from lesson_kit.grader import Right, Wrong

STREAMS = "it streams, and knows what was said"
THINKS = "a thinking line until the first text"
TOOL = "the tool says what it is doing"
STOPS = "a reader who leaves stops the model"
KEPT = "what the reader saw is kept, and the model is told"
TIDY = "nothing is left behind"
INTERRUPTS = "a second message interrupts"
LIMITS = "time limits for the model, not for the reader"
ERRORS = "an error costs no word"
HTTP = "the same over real HTTP"

TOP = """import asyncio
from datetime import datetime

import anyio
import openai
from agents import Agent, RunContextWrapper, Runner, function_tool
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.errors import CustomStreamError
from chatkit.server import ChatKitServer, StreamingResult
from chatkit.types import *


@function_tool
async def search_library(ctx: RunContextWrapper[AgentContext], query: str) -> str:
    await ctx.context.stream(ProgressUpdateEvent(text=f"Searching for {query}..."))
    await asyncio.sleep(2)
    return f"There are 3 books about {query}."


class WholeServer(ChatKitServer):
    def __init__(self, model, store, *, first_token=15.0, between_tokens=30.0, total=300.0):
        super().__init__(store)
        self.agent = Agent(name="Tutor", model=model, tools=[search_library])
        self.first_token, self.between_tokens, self.total = first_token, between_tokens, total
        self.turns, self.tasks = {}, set()

    async def history(self, thread, context):
        page = await self.store.load_thread_items(thread.id, None, 50, "asc", context)
        return await simple_to_agent_input(page.data)

    def keep(self, work):
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def message(self, thread, context, text=""):
        return AssistantMessageItem(
            id=self.store.generate_item_id("message", thread, context),
            thread_id=thread.id,
            created_at=datetime.now(),
            content=[AssistantMessageContent(text=text)] if text else [],
        )

    def note(self, thread, context):
        return HiddenContextItem(
            id=self.store.generate_item_id("sdk_hidden_context", thread, context),
            thread_id=thread.id,
            created_at=datetime.now(),
            content="Your last answer was broken off.",
        )

    def in_words(self, error):
        if isinstance(error, TimeoutError):
            return CustomStreamError("No answer in time.", allow_retry=True)
        if isinstance(error, openai.APIStatusError) and error.status_code not in (429, 500):
            return CustomStreamError("This does not work. Ask for help.", allow_retry=False)
        return CustomStreamError("The model fails at the moment.", allow_retry=True)
"""
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
SHIELDED = """
    async def handle_stream_cancelled(self, thread, pending_items, context):
        with anyio.CancelScope(shield=True), anyio.move_on_after(5):
            await super().handle_stream_cancelled(thread, pending_items, context)
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
WAITING = """                    async with asyncio.timeout(min(limit, left)):  # no yield in here
                        event = await events.get()
"""
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
SHIELD = "        with anyio.CancelScope(shield=True), anyio.move_on_after(5):\n"
SAVED = "            await super().handle_stream_cancelled(thread, pending_items, context)\n"
NO_NOTE = """            for item in pending_items:
                if item.content:
                    await self.store.add_thread_item(thread.id, item, context)
"""
HISTORY = "history = await simple_to_agent_input(page.data[::-1])"


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

# The way of `lesson_kit.server`: the answer is made in a task of its own, and a reader who leaves cancels nothing. So no
# queue stands before the helper, the limits are timers, and one place saves.
RELAY = """
    async def process(self, request, context):
        turn = context["turn"] = {"run": None, "stop": False, "over": asyncio.Event()}
        result = await super().process(request, context)
        if isinstance(result, StreamingResult):
            return StreamingResult(self.relay(result.json_events, turn))
        return result

    def halt(self, turn):
        turn["stop"] = True
        if turn["run"]:
            turn["run"].cancel()

    async def relay(self, source, turn):
        chunks = asyncio.Queue()

        async def produce():
            try:
                async for chunk in source:
                    chunks.put_nowait(chunk)
            finally:
                turn["over"].set()
                chunks.put_nowait(None)

        self.keep(produce())
        try:
            while (chunk := await chunks.get()) is not None:
                yield chunk
        finally:
            self.halt(turn)

    async def respond(self, thread, item, context):
        yield ProgressUpdateEvent(text="One moment...")
        turn, old = context["turn"], self.turns.get(thread.id)
        self.turns[thread.id] = turn
        if old and not old["over"].is_set():
            self.halt(old)
            await old["over"].wait()
        ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        run = turn["run"] = Runner.run_streamed(
            self.agent, await self.history(thread, context), context=ctx
        )
        if turn["stop"]:
            run.cancel()
        loop, problem, message, text = asyncio.get_running_loop(), None, None, ""

        def expire():
            nonlocal problem
            problem = TimeoutError()
            run.cancel()

        whole = loop.call_later(self.total, expire)
        next_one = loop.call_later(self.first_token, expire)
        try:
            async for event in stream_agent_response(ctx, run):
                match event:
                    case ThreadItemAddedEvent(item=AssistantMessageItem() as message):
                        text = ""
                    case ThreadItemUpdatedEvent(update=AssistantMessageContentPartTextDelta(delta=delta)):
                        text += delta
                        next_one.cancel()
                        next_one = loop.call_later(self.between_tokens, expire)
                    case ThreadItemDoneEvent():
                        message = None
                yield event
        except Exception as error:
            problem = error
            await ctx.stream(ProgressUpdateEvent(text=""))
        whole.cancel()
        next_one.cancel()
        if message and text:
            yield ThreadItemDoneEvent(
                item=message.model_copy(update={"content": [AssistantMessageContent(text=text)]})
            )
        if turn["stop"]:
            yield ThreadItemDoneEvent(item=self.note(thread, context))
        if problem:
            raise self.in_words(problem)
"""
# Without the helper: one queue for the tool's lines and the model's text, and events of its own. The note is written by
# the turn that comes after.
BARE = """
    async def respond(self, thread, item, context):
        yield ProgressUpdateEvent(text="Let me think...")
        lock = self.turns.setdefault(thread.id, {"lock": asyncio.Lock(), "run": None})
        interrupts = lock["run"] is not None
        if interrupts:
            lock["run"].cancel()
        async with lock["lock"]:
            if interrupts:
                await self.store.add_thread_item(thread.id, self.note(thread, context), context)
            queue, message, text = asyncio.Queue(), None, ""
            run = lock["run"] = Runner.run_streamed(
                self.agent, await self.history(thread, context), context=queue
            )

            async def pump():
                try:
                    async for event in run.stream_events():
                        if event.type == "raw_response_event" and event.data.type.endswith("text.delta"):
                            queue.put_nowait(event.data.delta)
                    queue.put_nowait(None)
                except Exception as error:
                    queue.put_nowait(error)

            self.keep(pump())
            now, failed = asyncio.get_running_loop().time, None
            end, limit = now() + self.total, self.first_token
            try:
                while (got := await asyncio.wait_for(queue.get(), min(limit, end - now()))) is not None:
                    if isinstance(got, Exception):
                        raise got
                    if not isinstance(got, str):
                        yield got
                        continue
                    if message is None:
                        message = self.message(thread, context)
                        yield ThreadItemAddedEvent(item=message)
                    limit, text = self.between_tokens, text + got
                    update = AssistantMessageContentPartTextDelta(content_index=0, delta=got)
                    yield ThreadItemUpdatedEvent(item_id=message.id, update=update)
            except Exception as error:
                failed = error
            finally:
                run.cancel()
                if lock["run"] is run:
                    lock["run"] = None
            if message:
                message.content = [AssistantMessageContent(text=text)]
                yield ThreadItemDoneEvent(item=message)
            if failed:
                raise self.in_words(failed)
"""
QUEUED_TOOL = (
    "    await ctx.context.stream(ProgressUpdateEvent(",
    "    ctx.context.put_nowait(ProgressUpdateEvent(",
)

RIGHT = [
    Right("a relay, as in lesson_kit.server", source=TOP + RELAY),
    Right(
        "its own events, and a lock for each thread",
        source=TOP.replace(*QUEUED_TOOL).replace("[AgentContext], query", "[asyncio.Queue], query") + BARE + SHIELDED,
    ),
    Right(
        "saves in a task of its own, waits with wait_for",
        edits=[
            (SHIELD + SAVED, "        task = asyncio.create_task(super().handle_stream_cancelled(thread, pending_items, context))\n        self.tasks.add(task)\n        task.add_done_callback(self.tasks.discard)\n"),
            (WAITING, "                    event = await asyncio.wait_for(events.get(), min(limit, left))\n"),
        ],
    ),
    Right(
        "all pages, the oldest first, and the limits told in the error",
        edits=[
            (', None, 50, "desc", context)', ', None, 1000, "asc", context)'),
            (HISTORY, HISTORY.replace("[::-1]", "")),
            ('"The model took too long. Please try again."', 'f"No answer within {self.first_token:g} s, or too slow."'),
        ],
    ),
]  # fmt: skip
