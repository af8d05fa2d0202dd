"""Answers that prove the checks of ex04: typical wrong ones, and right ones in other words."""

from __future__ import annotations

from lesson_kit.grader import Right, Wrong

CAUSES = {
    "ServerA": "closed_generator",
    "ServerB": "never_done",
    "ServerC": "forgotten_yield",
    "ServerD": "held_back",
    "ServerE": "blocking_call",
    "ServerF": "swallowed_error",
}
THREE, SIX = "three causes are named", "all six causes are named"
A, B, C = "ServerA is mended: it does not freeze", "ServerB is mended: its answer stays", "ServerC is mended: it speaks"  # fmt: skip
D, E = "ServerD is mended: the words come one by one", "ServerE is mended: nobody else waits"
F, F_TELLS = (
    "ServerF is mended: its answer is not empty",
    "ServerF tells the user when the model fails",
)

START = "        ctx, result = await self.start(thread, context)\n"
BEGIN = "        ### BEGIN SOLUTION: write the rest of Sick{}'s respond here, and mend it\n"
LOOP = "        async for event in stream_agent_response(ctx, result):\n            yield event\n"
LOOP_A, LOOP_D = BEGIN.format("A") + LOOP, BEGIN.format("D") + LOOP
PASS_ON = "        async for event in self.pass_on(ctx, result):\n            yield event\n"
DONE = "        yield ThreadItemDoneEvent(item=message)\n"
TO_THREAD = "await asyncio.to_thread(look_up)"
CHECKED = '            if event.type == "raw_response_event" and event.data.type == TEXT:\n                text += event.data.delta\n'
UNCHECKED = "            if event.data.type == TEXT:\n                text += event.data.delta\n"
WHOLE = "        async for event in result.stream_events():\n" + CHECKED + "        return text\n"

BREAK = """        sent = 0
        async for event in stream_agent_response(ctx, result):
            yield event
            sent += 1
            if sent == 10:
                break
"""
HOLD = """        waiting = []
        async for event in stream_agent_response(ctx, result):
            waiting.append(event)
            if len(waiting) == 9 or event.type == "thread.item.done":
                for one in waiting:
                    yield one
                waiting.clear()
"""
SWALLOW = """        try:
            async for event in result.stream_events():
                if event.data.type == TEXT:
                    text += event.data.delta
        except Exception:
            pass
        return text
"""
HIDE = """        try:
            async for event in result.stream_events():
                if event.type == "raw_response_event" and event.data.type == TEXT:
                    text += event.data.delta
        except Exception:
            pass
        return text
"""

WRONG = [
    Wrong(
        "two causes confused: silent and never done",
        SIX,
        "4 of 6 are right. ServerB is called 'closed_generator', but the evidence says",
        edits=[('"ServerB": "never_done"', '"ServerB": "closed_generator"'), ('"ServerC": "forgotten_yield"', '"ServerC": "no_yield"')],
    ),
    Wrong(
        "the model blamed for everything",
        THREE,
        "0 of 6 are right. ServerA is called 'the model', but the evidence says: the user saw 8 of 24 words",
        edits=[(f'"{server}": "{cause}"', f'"{server}": "the model"') for server, cause in CAUSES.items()],
    ),
    Wrong(
        "a list in place of a dictionary",
        THREE,
        "Return a dictionary with the names of the six servers",
        edits=[('"ServerF": "swallowed_error",\n    }', '"ServerF": "swallowed_error",\n    }.values()')],
    ),
    Wrong("A as it was", A, "The text stood still after 8 words", edits=[(LOOP_A, BREAK)]),
    Wrong("A freezes later", A, "The text stood still after 12 words", edits=[(LOOP_A, BREAK.replace("10", "14"))]),
    Wrong(
        "A with a return in place of the break",
        A,
        "The text stood still after 8 words",
        edits=[(LOOP_A, BREAK.replace("break", "return"))],
    ),
    Wrong("B as it was", B, "The user saw", edits=[(DONE, "")]),
    Wrong(
        "B finishes an empty message",
        B,
        "finished with an empty text",
        edits=[("                message.content[0].text += event.data.delta\n", "")],
    ),
    Wrong(
        "B finishes by hand what the helper has finished",
        B,
        "words stood on the screen",
        edits=[
            (
                "        yield ThreadItemAddedEvent(item=message)\n        async for event in result.stream_events():\n"
                '            if event.type == "raw_response_event" and event.data.type == TEXT:\n'
                "                message.content[0].text += event.data.delta\n"
                "                yield self.update(message, event.data.delta)\n",
                LOOP + "        message.content[0].text = result.final_output\n",
            )
        ],
    ),
    Wrong("C as it was", C, "and the user saw none", edits=[(PASS_ON, "        self.pass_on(ctx, result)\n")]),
    Wrong(
        "C with an await",
        C,
        "object async_generator can't be used in 'await' expression",
        edits=[(PASS_ON, "        await self.pass_on(ctx, result)\n")],
    ),
    Wrong(
        "C yields the generator itself",
        C,
        "Yield single events",
        edits=[(PASS_ON, "        yield self.pass_on(ctx, result)\n")],
    ),
    Wrong("D as it was", D, "one had waited 0.4", edits=[(LOOP_D, HOLD)]),
    Wrong(
        "D collects all",
        D,
        "Keep none back",
        edits=[(LOOP_D, "        for event in [event async for event in stream_agent_response(ctx, result)]:\n            yield event\n")],
    ),
    Wrong("E as it was", E, "time.sleep held the event loop", edits=[(TO_THREAD, "look_up()")]),
    Wrong(
        "E calls, and gives the result to a thread",
        E,
        "time.sleep held the event loop",
        edits=[(TO_THREAD, "await asyncio.to_thread(look_up())")],
    ),
    Wrong("E without the look-up", E, "Keep the look-up", edits=[(TO_THREAD, '""')]),
    Wrong(
        "E forgets the await",
        E,
        "instructions",
        edits=[(TO_THREAD, "asyncio.to_thread(look_up)")],
    ),
    Wrong("F as it was: the reference document's own function", F, "An empty answer came, and no error", edits=[(WHOLE, SWALLOW)]),
    Wrong("F lets the error out, and keeps it", F, "no attribute 'data'", edits=[(CHECKED, UNCHECKED)]),
    Wrong("F is mended, and still hides errors", F_TELLS, "an empty answer and no error", edits=[(WHOLE, HIDE)]),
]  # fmt: skip

SHORT = """        text, message = "", None
        async for event in stream_agent_response(ctx, result):
            if event.type == "thread.item.added":
                message = event.item
            if len(text.split()) < 10:
                yield event
                if event.type == "thread.item.updated" and event.update.type.endswith("text_delta"):
                    text += event.update.delta
        message.content = [AssistantMessageContent(text=text)]
        yield ThreadItemDoneEvent(item=message)
"""
SENTENCE = """        text = ""
        async for event in result.stream_events():
            match event.type:
                case "raw_response_event" if event.data.type == TEXT:
                    text += event.data.delta
                case _:
                    continue
        return text
"""
KNOWN = """        text = ""
        try:
            async for event in result.stream_events():
                if hasattr(event, "data") and event.data.type == TEXT:
                    text += event.data.delta
        except Exception as error:
            raise CustomStreamError("The model is busy.", allow_retry=True) from error
        return text
"""

RIGHT = [
    Right("A stays short, and finishes its message", edits=[(LOOP_A, SHORT)]),
    Right(
        "B with ChatKit's helper",
        edits=[
            (
                "        yield ThreadItemAddedEvent(item=message)\n        async for event in result.stream_events():\n"
                '            if event.type == "raw_response_event" and event.data.type == TEXT:\n'
                "                message.content[0].text += event.data.delta\n"
                "                yield self.update(message, event.data.delta)\n" + DONE,
                LOOP,
            )
        ],
    ),
    Right(
        "B finishes with the run's final output",
        edits=[
            ("                message.content[0].text += event.data.delta\n", ""),
            (DONE, "        message.content[0].text = result.final_output\n" + DONE),
        ],
    ),
    Right("C reads the helper itself", edits=[(PASS_ON, LOOP)]),
    Right("E with the loop's executor", edits=[(TO_THREAD, "await asyncio.get_running_loop().run_in_executor(None, look_up)")]),
    Right("E with anyio", edits=[("import time\n", "import time\n\nimport anyio\n"), (TO_THREAD, "await anyio.to_thread.run_sync(look_up)")]),
    Right(
        "E waits with asyncio.sleep",
        edits=[
            ("def look_up():\n    time.sleep(0.05)", "async def look_up():\n    await asyncio.sleep(0.05)"),
            (TO_THREAD, "await look_up()"),
        ],
    ),
    Right("F with match", edits=[('        text = ""\n' + WHOLE, SENTENCE)]),
    Right(
        "F with an error of its own",
        edits=[('        text = ""\n' + WHOLE, KNOWN), ("from chatkit.server", "from chatkit.errors import CustomStreamError\nfrom chatkit.server")],
    ),
    Right(
        "F streams too",
        edits=[
            ("        text = await self.whole_text(result)\n        yield ThreadItemDoneEvent(item=self.message(thread, context, text))\n", LOOP),
        ],
    ),
    Right("the causes with other spelling", edits=[('"never_done"', '" Never_Done "'), ('"held_back"', '"HELD_BACK"')]),
]  # fmt: skip
