"""Answers that prove the checks of ex03: typical wrong ones, and right ones in other words."""

from __future__ import annotations

from lesson_kit.grader import Right, Wrong

LINE = '        yield ProgressUpdateEvent(icon="clock", text="Thinking...")\n'
RUN = "        result = Runner.run_streamed(self.agent, history, context=ctx)\n"
LOOP = "        async for event in stream_agent_response(ctx, result):\n"
EVENT = "            yield event\n"
AT_ONCE_CHECK, STAYS, STREAMS = "the thinking line comes at once", "it stays until the first text", "the answer streams"  # fmt: skip
QUIET, SAVED, EVERY = "no thinking line after the first text", "nothing of it is saved", "every question gets its line"  # fmt: skip

SAVE = """        yield ThreadItemDoneEvent(
            item=AssistantMessageItem(
                id=self.store.generate_item_id("message", thread, context),
                thread_id=thread.id,
                created_at=datetime.now(),
                content=[AssistantMessageContent(text="Thinking...")],
            )
        )
"""
IMPORTS = (
    "from chatkit.types import ProgressUpdateEvent\n",
    "from datetime import datetime\n"
    "from chatkit.types import AssistantMessageContent, AssistantMessageItem, ProgressUpdateEvent, ThreadItemDoneEvent\n",
)

WRONG = [
    Wrong("no thinking line at all", AT_ONCE_CHECK, "No thinking line came", edits=[(LINE, "")]),
    Wrong(
        "cleared as soon as the run has started",
        STAYS,
        "s of empty screen",
        edits=[(RUN, RUN + '        yield ProgressUpdateEvent(text="")\n')],
    ),
    Wrong(
        "the line comes with the first text",
        AT_ONCE_CHECK,
        "Nothing was on the screen before",
        edits=[(LINE, ""), (EVENT, "    " + LINE + EVENT)],
    ),
    Wrong(
        "the line after the whole answer",
        AT_ONCE_CHECK,
        "Nothing was on the screen before",
        edits=[(LINE, ""), (EVENT, EVENT + LINE)],
    ),
    Wrong(
        "the line again with each event",
        QUIET,
        "came after the first text",
        edits=[(EVENT, "    " + LINE + EVENT)],
    ),
    Wrong(
        "a message in place of a progress line",
        AT_ONCE_CHECK,
        "No thinking line came",
        edits=[IMPORTS, (LINE, SAVE)],
    ),
    Wrong(
        "a message beside the progress line",
        SAVED,
        "The store also holds a message with the text 'Thinking...'",
        edits=[IMPORTS, (LINE, LINE + SAVE)],
    ),
    Wrong(
        "an icon that ChatKit does not know",
        AT_ONCE_CHECK,
        "Mend line",
        edits=[('icon="clock"', 'icon="upload"')],
    ),
    Wrong(
        "time.sleep before the line",
        AT_ONCE_CHECK,
        "time.sleep held the event loop",
        edits=[("from agents import", "import time\nfrom agents import"), (LINE, "        time.sleep(0.5)\n" + LINE)],
    ),
    Wrong(
        "waits so that the line can be read",
        STREAMS,
        "The model was asked after 1.0",
        edits=[("from agents import", "import asyncio\nfrom agents import"), (LINE, LINE + "        await asyncio.sleep(1)\n")],
    ),
    Wrong(
        "only for the first question",
        EVERY,
        "No thinking line came for question 2",
        edits=[(LINE, "        if len(page.data) < 2:\n    " + LINE)],
    ),
    Wrong(
        "collects the answer, then sends it",
        STREAMS,
        "Yield each event",
        edits=[(LOOP + EVENT, "        events = [event async for event in stream_agent_response(ctx, result)]\n        for event in events:\n            yield event\n")],
    ),
]  # fmt: skip

HEARTBEAT = """        async def beat():
            seconds = 0
            while True:
                await ctx.stream(ProgressUpdateEvent(icon="clock", text=f"Thinking, {seconds} s"))
                await asyncio.sleep(1)
                seconds += 1

        result = Runner.run_streamed(self.agent, history, context=ctx)
        beating = asyncio.create_task(beat())
        try:
            async for event in stream_agent_response(ctx, result):
                if event.type == "thread.item.added":
                    beating.cancel()
                yield event
        finally:
            beating.cancel()
"""

RIGHT = [
    Right("the run first, then the line", edits=[(LINE, ""), (RUN, RUN + LINE)]),
    Right(
        "sent through the context",
        edits=[(LINE, '        await ctx.stream(ProgressUpdateEvent(text="One moment ..."))\n')],
    ),
    Right(
        "two lines, one after the other",
        edits=[(LINE, LINE + '        yield ProgressUpdateEvent(icon="search", text="Reading ...")\n')],
    ),
    Right(
        "a heartbeat until the message begins",
        edits=[
            ("from agents import", "import asyncio\nfrom agents import"),
            (LINE + RUN + LOOP + EVENT, HEARTBEAT),
        ],
    ),
    Right(
        "cleared when the message begins",
        edits=[
            (EVENT, '            if event.type == "thread.item.added":\n                yield ProgressUpdateEvent(text="")\n' + EVENT),
        ],
    ),
]  # fmt: skip
