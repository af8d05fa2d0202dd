"""Answers that prove the checks of ex01: typical wrong ones, and right ones in other words."""

from __future__ import annotations

from lesson_kit.grader import Right, Wrong

PLAIN, WAITS = "skip_empty_plain leaves out what is empty", "answer waits before each word"
READS, PASSES = "whole_text reads with async for", "skip_empty passes each piece on as it comes"
ENDS, CLOSES = (
    "first_pieces ends with the last piece wanted",
    "first_pieces closes its source at the limit",
)
READER = "first_pieces closes it when the reader leaves"

PLAIN_BODY = '    for piece in pieces:\n        if piece != "":\n            yield piece\n    ### END SOLUTION\n\n\nasync def answer'  # fmt: skip
SLEEP = "        await asyncio.sleep(gap)\n        yield word\n"
READ_BODY = (
    '    text = ""\n    async for piece in pieces:\n        text += piece\n    return text\n'
)
SKIP_BODY = '    async for piece in pieces:\n        if piece != "":\n            yield piece\n'
FIRST_BODY = """    count = 0
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece
            count += 1
            if count == limit:
                return
"""
IMPORT = "import asyncio\n"

WRONG = [
    Wrong(
        "a list in place of a generator",
        PLAIN,
        "no generator",
        edits=[(PLAIN_BODY, '    return [piece for piece in pieces if piece != ""]\n\n\nasync def answer')],
    ),
    Wrong("nothing is left out", PLAIN, "empty piece(s) came through", edits=[(PLAIN_BODY, PLAIN_BODY.replace('        if piece != "":\n    ', ""))]),
    Wrong("the line break is taken for empty", PLAIN, "line break", edits=[(PLAIN_BODY, PLAIN_BODY.replace('piece != ""', "piece.strip()"))]),
    Wrong("time.sleep in the async generator", WAITS, "time.sleep held the event loop", edits=[(IMPORT, IMPORT + "import time\n"), (SLEEP, SLEEP.replace("await asyncio", "time"))]),
    Wrong("sleep without await", WAITS, "Put `await` before", edits=[(SLEEP, SLEEP.replace("await ", ""))]),
    Wrong("waits after the word", WAITS, "Word 1 came after 0.0 s", edits=[(SLEEP, "        yield word\n        await asyncio.sleep(gap)\n")]),
    Wrong("waits once, before the loop", WAITS, "once for each word", edits=[("    for word in words:\n" + SLEEP, "    await asyncio.sleep(gap)\n    for word in words:\n        yield word\n")]),
    Wrong("a bare yield at the end", WAITS, "A None came", edits=[(SLEEP, SLEEP + "    yield\n")]),
    Wrong("all words in one list, returned", WAITS, "there is no `yield`", edits=[("    for word in words:\n" + SLEEP, "    await asyncio.sleep(gap * len(words))\n    return words\n")]),
    Wrong("a plain for over an async generator", READS, "'async_generator' object is not iterable", edits=[(READ_BODY, READ_BODY.replace("async for", "for"))]),
    Wrong("await in place of async", READS, "can't be used in 'await' expression", edits=[(READ_BODY, READ_BODY.replace("async for piece in pieces", "for piece in await pieces"))]),
    Wrong("returns inside the loop", READS, "return after the loop", edits=[(READ_BODY, READ_BODY.replace("    return", "        return"))]),
    Wrong("a list of pieces in place of a text", READS, "A list of 8 pieces", edits=[(READ_BODY, "    return [piece async for piece in pieces]\n")]),
    Wrong("yields in place of return", READS, "Use `return text`", edits=[(READ_BODY, READ_BODY.replace("return", "yield"))]),
    Wrong("collects first, then passes on", PASSES, "was held back for", edits=[(SKIP_BODY + "    ### END SOLUTION\n\n\nasync def first", '    collected = [piece async for piece in pieces if piece != ""]\n    for piece in collected:\n        yield piece\n\n\nasync def first')]),
    Wrong("returns the pieces that are left", PASSES, "there is no `yield`", edits=[(SKIP_BODY + "    ### END SOLUTION\n\n\nasync def first", '    return [piece async for piece in pieces if piece != ""]\n\n\nasync def first')]),
    Wrong("asks for one piece more", ENDS, "Count after the `yield`", edits=[(FIRST_BODY, FIRST_BODY.replace("            yield piece\n            count += 1\n            if count == limit:\n                return\n", "            if count == limit:\n                return\n            count += 1\n            yield piece\n"))]),
    Wrong("collects up to the limit", ENDS, "was held back for", edits=[(FIRST_BODY, FIRST_BODY.replace("count = 0", "kept = []").replace("yield piece", "kept.append(piece)").replace("            count += 1\n", "").replace("count ==", "len(kept) ==").replace("return", "break") + "    for piece in kept:\n        yield piece\n")]),
    Wrong("breaks, and leaves the source open", CLOSES, "still open", edits=[(FIRST_BODY, "    count = 0\n    async for piece in pieces:\n        yield piece\n        count += 1\n        if count == limit:\n            break\n")]),
    Wrong("closes after the loop only", READER, "still open", edits=[(FIRST_BODY, "    count = 0\n    async for piece in pieces:\n        yield piece\n        count += 1\n        if count == limit:\n            break\n    await pieces.aclose()\n")]),
]  # fmt: skip

BY_HAND = '''import asyncio


def skip_empty_plain(pieces):
    return (piece for piece in pieces if piece)


class answer:
    """An async iterator without any yield."""

    def __init__(self, words, gap):
        self.words, self.gap = iter(words), gap

    def __aiter__(self):
        return self

    async def __anext__(self):
        try:
            word = next(self.words)
        except StopIteration:
            raise StopAsyncIteration from None
        await asyncio.sleep(self.gap)
        return word


async def whole_text(pieces):
    found = []
    try:
        while True:
            found.append(await anext(pieces))
    except StopAsyncIteration:
        return "".join(found)


def skip_empty(pieces):
    return (piece async for piece in pieces if piece)


async def first_pieces(pieces, limit):
    try:
        for _ in range(limit):
            yield await anext(pieces)
    finally:
        await pieces.aclose()
'''

WITH_TASKS = """import asyncio
import itertools
from contextlib import aclosing

import anyio


def skip_empty_plain(pieces):
    yield from filter(None, pieces)


async def answer(words, gap):
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number, word in enumerate(words, 1):
        await anyio.sleep(began + number * gap - loop.time())
        yield word


async def whole_text(pieces):
    return "".join([piece async for piece in pieces])


async def skip_empty(pieces):
    queue, end = asyncio.Queue(), object()

    async def pump():
        async for piece in pieces:
            await queue.put(piece)
        await queue.put(end)

    task = asyncio.create_task(pump())
    while (piece := await queue.get()) is not end:
        if piece:
            yield piece
    await task


async def first_pieces(pieces, limit):
    async with aclosing(pieces) as source:
        for number in itertools.count(1):
            yield await anext(source)
            if number >= limit:
                break
"""

RIGHT = [
    Right("iterators by hand, generator expressions", source=BY_HAND),
    Right("a queue, a task and anyio", source=WITH_TASKS),
    Right(
        "counts first, and breaks after the yield",
        edits=[(FIRST_BODY, "    async with aclosing(pieces) as source:\n        number = 0\n        async for piece in source:\n            number += 1\n            yield piece\n            if number >= limit:\n                break\n")],
    ),
    Right(
        "continue for what is empty, and try with finally",
        edits=[
            (SKIP_BODY + "    ### END SOLUTION\n\n\nasync def first", "    async for piece in pieces:\n        if not piece:\n            continue\n        yield piece\n\n\nasync def first"),
            (FIRST_BODY, "    left = limit\n    try:\n        async for piece in pieces:\n            yield piece\n            left -= 1\n            if not left:\n                break\n    finally:\n        await pieces.aclose()\n"),
        ],
    ),
]  # fmt: skip
