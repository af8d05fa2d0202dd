"""Answers that prove the checks of ex08: typical wrong ones, and right ones in other words."""

from __future__ import annotations

from lesson_kit.grader import Right, Wrong

RESULT, LINES, OWN = "the model gets what the tool found", "each shelf has its line while it is searched", "two users see their own lines"  # fmt: skip
USER, MODEL, CATALOGUE = "the user reads which shelf is closed", "the model is told it too", "a card catalogue holds nobody up"  # fmt: skip

LINE = (
    '                line = ProgressUpdateEvent(icon="search", text=f"Searching {shelf.name}...")\n'
)
SEND = "                await ctx.context.stream(line)\n"
FOR = "            for shelf in shelves:\n"
SEARCH = """                try:
                    if shelf.cards:
                        found += await asyncio.to_thread(shelf.read_cards, query)
                    else:
                        found += await shelf.search(query)
                except ShelfClosed as error:
                    await ctx.context.stream(ProgressUpdateEvent(text=str(error)))
                    return f"The search was broken off. {error}"
"""
BARE = """                if shelf.cards:
                    found += await asyncio.to_thread(shelf.read_cards, query)
                else:
                    found += await shelf.search(query)
"""
TELL = "                    await ctx.context.stream(ProgressUpdateEvent(text=str(error)))\n"
BREAK_OFF = '                    return f"The search was broken off. {error}"\n'
RETURN = '            return f"{found} books about {query}"\n'
RUN = "Runner.run_streamed(self.agent, history, context=ctx)"
MAKE = "        ctx = AgentContext(thread=thread, store=self.store, request_context=context)\n"
BODY = "            found = 0\n" + FOR + LINE + SEND + SEARCH + RETURN
SHARED = """        if not self.ctx:
            self.ctx = AgentContext(thread=thread, store=self.store, request_context=context)
        ctx = self.ctx
"""

WRONG = [
    Wrong("context= is forgotten", RESULT, "'NoneType' object has no attribute 'stream'", edits=[(RUN, "Runner.run_streamed(self.agent, history)")]),
    Wrong(
        "the request's context in place of the AgentContext",
        RESULT,
        "'dict' object has no attribute 'stream'",
        edits=[(RUN, "Runner.run_streamed(self.agent, history, context=context)")],
    ),
    Wrong(
        "a yield in the tool: the lesson's own code",
        RESULT,
        "none of the tool's code has run",
        edits=[(SEND, "                yield line\n"), (RETURN, RETURN.replace("return", "yield")), (BREAK_OFF, BREAK_OFF.replace("return", "yield"))],
    ),
    Wrong(
        "a method that does not exist: the SDK's own documentation",
        RESULT,
        "'AgentContext' object has no attribute 'stream_progress'",
        edits=[(LINE + SEND, '                await ctx.context.stream_progress(icon="search", text=shelf.name)\n')],
    ),
    Wrong("an icon that ChatKit does not know", RESULT, "does not take icon='upload'", edits=[('icon="search"', 'icon="upload"')]),
    Wrong("only the last shelf counts", RESULT, "Add up the books of all shelves", edits=[("found += await shelf.search(query)", "found = await shelf.search(query)")]),
    Wrong("no return", RESULT, "Add up the books of all shelves, and return the number", edits=[(RETURN, "")]),
    Wrong("no line at all", LINES, "0 lines came, and none names", edits=[(LINE + SEND, "")]),
    Wrong("the await is forgotten", LINES, "write `await` before it", edits=[(SEND, "                ctx.context.stream(line)\n")]),
    Wrong("the line after each search", LINES, "Inside the loop: first the line, then the search", edits=[(LINE + SEND, ""), (SEARCH, SEARCH + LINE + SEND)]),
    Wrong(
        "all lines at once, before the first search",
        LINES,
        "It stood for 0.00 s",
        edits=[(FOR + LINE + SEND, FOR + LINE + SEND + FOR)],
    ),
    Wrong(
        "one line for all shelves",
        LINES,
        "1 line came, and none names",
        edits=[(FOR + LINE + SEND, '            await ctx.context.stream(ProgressUpdateEvent(text="Searching..."))\n' + FOR)],
    ),
    Wrong(
        "the lines are cleared at once",
        LINES,
        "It stood for 0.00 s",
        edits=[(SEND, SEND + '                await ctx.context.stream(ProgressUpdateEvent(text=""))\n')],
    ),
    Wrong(
        "one AgentContext for all users",
        OWN,
        "Some came to the wrong one",
        edits=[(MAKE, SHARED), ("        self.agent = Agent(", "        self.ctx = None\n        self.agent = Agent(")],
    ),
    Wrong("the error goes to the model alone", USER, "A tool's error goes to the model alone", edits=[(SEARCH, BARE)]),
    Wrong(
        "the error is swallowed",
        USER,
        "and none says it",
        edits=[(TELL + BREAK_OFF, "                    pass\n")],
    ),
    Wrong(
        "the line about the error is gone at once",
        USER,
        "another one took its place",
        edits=[(BREAK_OFF, "")],
    ),
    Wrong("the error is told, and raised again", MODEL, "Return a text from the tool", edits=[(BREAK_OFF, "                    raise\n")]),
    Wrong("the model hears nothing of the error", MODEL, "Return a text from the tool", edits=[(BREAK_OFF, '                    return "0 books"\n')]),
    Wrong("the cards are read on the event loop", CATALOGUE, "goes into a thread: `await asyncio.to_thread", edits=[("await asyncio.to_thread(shelf.read_cards, query)", "shelf.read_cards(query)")]),
    Wrong("the cards are not read", CATALOGUE, "books were found", edits=[("found += await asyncio.to_thread(shelf.read_cards, query)", "pass")]),
]  # fmt: skip

HANDLER = """        async def closed(ctx, error):
            await ctx.context.stream(ProgressUpdateEvent(icon="info", text=f"Sorry: {error}"))
            return f"The library cannot be searched: {error}"

        @function_tool(failure_error_function=closed)
"""
HELPER = """            async def say(text):
                await ctx.context.stream(ProgressUpdateEvent(text=text))

            async def look(shelf):
                await say(f"I look through the {shelf.name} for {query}")
                if not shelf.cards:
                    return await shelf.search(query)
                return await asyncio.get_running_loop().run_in_executor(None, shelf.read_cards, query)

            counts = {}
            try:
                for shelf in shelves:
                    counts[shelf.name] = await look(shelf)
            except ShelfClosed as error:
                await say(f"{error} I stop here.")
                return str({"error": str(error), "so far": counts})
            return str({"in all": sum(counts.values()), **counts})
"""

RIGHT = [
    Right("an error function of the tool", edits=[(SEARCH, BARE), ("        @function_tool\n", HANDLER)]),
    Right("helpers in the tool, and the loop's executor", edits=[(BODY, HELPER)]),
    Right("a thread of anyio", edits=[("import time\n", "import time\n\nimport anyio\n"), ("asyncio.to_thread(", "anyio.to_thread.run_sync(")]),
    Right(
        "the tool's context is a class of its own",
        edits=[
            (MAKE, MAKE.replace("AgentContext(", "Turn(")),
            ("class LibraryServer", "class Turn(AgentContext):\n    async def say(self, text):\n        await self.stream(ProgressUpdateEvent(text=text))\n\n\nclass LibraryServer"),
            (LINE + SEND, '                await ctx.context.say(f"Searching {shelf.name}")\n'),
        ],
    ),
    Right(
        "a count in each line, and a thinking line before",
        edits=[
            ("        result = Runner", '        yield ProgressUpdateEvent(icon="clock", text="Thinking...")\n        result = Runner'),
            ("Searching {shelf.name}...", "{shelf.name}: {found} books so far"),
        ],
    ),
]  # fmt: skip
