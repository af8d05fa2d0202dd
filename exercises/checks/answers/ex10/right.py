"""Right answers to ex10, in other words than the solution's."""

from __future__ import annotations

from lesson_kit.grader import Right

from .pieces import HISTORY, SAVED, SHIELD, SHIELDED, TOP, WAITING

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
