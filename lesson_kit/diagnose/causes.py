"""The causes that diagnose knows, as data: in the order in which to mend them, each with its mend."""

from __future__ import annotations

__all__ = ["MENDS", "ORDER"]

# First what keeps an answer from coming at all, then what spoils it, then what goes wrong round it: the reader who
# leaves, the second message, the store. Whoever mends in this order sees the effect of each mend.
MENDS: dict[str, str] = {
    "no_yield": "Make respond an async generator: yield the events in it, as in "
    "`async for event in stream_agent_response(...): yield event`. Without a yield, calling it gives a coroutine.",
    "missing_async": "Write `async for` instead of `for`: an async generator can only be read that way.",
    "request_context": "Give AgentContext(thread=thread, store=self.store, request_context=context) to "
    "stream_agent_response (and as context= to run_streamed), not the context of the request.",
    "unknown_icon": "Take one of ChatKit's icon names, or put a name of the Lucide set behind 'lucide:', "
    "such as icon='lucide:upload'.",
    "swallowed_error": "Check event.type == 'raw_response_event' before event.data, and do not swallow the error: "
    "let it out, or raise CustomStreamError with a sentence for the user.",
    "forgotten_yield": "Read the helper and pass its events on: `async for event in helper(...): yield event`. "
    "Only calling an async generator does not start it.",
    "never_done": "Yield ThreadItemDoneEvent with the whole item after the last delta: only Done saves it.",
    "content_as_input": "Convert first: `await simple_to_agent_input(...)`, or ThreadItemConverter, and give that "
    "to run_streamed. `.content` is a list of ChatKit objects, which the model does not understand.",
    "blocking_call": "Await instead: an async library, `await asyncio.sleep(...)`, or "
    "`await asyncio.to_thread(function, ...)` for code that cannot await.",
    "wait_for_anext": "Do not put wait_for round anext(): a timeout kills the generator. Read it in a task of its "
    "own into an asyncio.Queue, and wait for the queue.",
    "timeout_round_yield": "Take the yield out of the timeout: limit each wait for the model alone (a task of its own "
    "fills a queue; `async with asyncio.timeout(...)` round `queue.get()`), and yield outside.",
    "clear_too_soon": "Drop the empty progress event: the message itself takes the place of the progress line. "
    "Or yield it only when the first text delta is there.",
    "tool_yields": "Let the tool `await ctx.context.stream(ProgressUpdateEvent(...))` and return its answer: "
    "a tool that yields gives the model the text '<async_generator object ...>'.",
    "no_history": "Load the thread's items, put them in order and convert them: "
    "`await self.store.load_thread_items(...)`, then `await simple_to_agent_input(items)`.",
    "duplicate_ids": "Give each message an id of your own: self.store.generate_item_id('message', thread, context) "
    "at its Added event, and the same id on its updates and its Done.",
    "closed_generator": "After `break` or aclose() nothing is saved by itself: GeneratorExit reaches no handler. "
    "Yield ThreadItemDoneEvent with the text so far, then end; or save it yourself in a task that is not cancelled.",
    "model_not_stopped": "Stop the run where the reading ends: `try: ... finally: result.cancel()`.",
    "store_without_await": "Test with a store that awaits, as a database does: MemoryStore(latency=0.02). And shield "
    "the save in handle_stream_cancelled from the cancel.",
    "partial_lost": "Shield the save: in handle_stream_cancelled, `with anyio.CancelScope(shield=True): "
    "await super().handle_stream_cancelled(...)`. A cancelled task can wait for nothing, also not for the store.",
    "no_interruption": "Keep one turn per thread: remember the run of each thread, and before a new one starts, "
    "cancel() the old one, wait until its partial is saved, and only then load the history.",
    "unknown": "Look at the place and the evidence; none of the known causes explains it.",
}

ORDER = {cause: place for place, cause in enumerate(MENDS)}
