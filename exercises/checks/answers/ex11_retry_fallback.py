"""Answers that prove the checks of ex11: typical wrong ones, and right ones in other words."""

from __future__ import annotations

from lesson_kit.grader import Right, Wrong

GOOD = "a good answer passes at once"
TOO_LATE = "after the first word nothing is asked again"
AGAIN = "before the first word the model is asked again"
WAITS = "the waits grow, and chance shortens them"
ENDED = "a stream that ends without a word is a failed try"
BOUNDED = "no wait is longer than 8 s"
RETRY_AFTER = "Retry-After counts, and nobody waits for a minute"
SPARE = "the spare model helps out"
SAYS_WHEN = "an answer waits as long as the server says"
GIVES_UP = "in the end the user is told"

BEGUN = """                if begun:
                    raise CustomStreamError("The answer broke off. Please try again.", allow_retry=True) from error
"""
WAIT = "            await asyncio.sleep(wait)\n"
WHOLE = "        whole = min(2 ** (failed - 1), 8)\n"[4:]
HOLD = """                    held.append(event)
                    begun = begun or is_text(event)
                    if begun:
"""
NO_HOLD = """                    held = [event]
                    begun = begun or is_text(event)
                    if True:
"""
LAST = '                        raise CustomStreamError("No model can answer this now.", allow_retry=again) from error\n'
CAN_PASS = (
    "isinstance(error, (openai.APIConnectionError, openai.InternalServerError, ModelBehaviorError))"
)
IMPORTS = ("from chatkit.types import ProgressUpdateEvent", "from datetime import datetime\n\nfrom chatkit.types import AssistantMessageContent, AssistantMessageItem, ProgressUpdateEvent, ThreadItemDoneEvent")  # fmt: skip
BODY = "        ### BEGIN SOLUTION: ask until a first text comes, the main model and then the spare one\n"

ITEM = """ThreadItemDoneEvent(
                item=AssistantMessageItem(
                    id=self.store.generate_item_id("message", thread, context),
                    thread_id=thread.id,
                    created_at=datetime.now(),
                    content=[AssistantMessageContent(text=result.final_output)],
                )
            )
"""
WHOLE_AGAIN = """            page = await self.store.load_thread_items(thread.id, None, 50, "desc", context)
            result = await Runner.run({agent}, await simple_to_agent_input(page.data[::-1]))
            yield """  # fmt: skip
# The document's own: whatever breaks, and whenever, ask once more without streaming.
DOCUMENT = (
    BODY
    + """        try:
            async for event in self.ask(self.main, thread, context):
                yield event
        except openai.APIError:
"""
    + WHOLE_AGAIN.format(agent="self.main")
    + ITEM
    + "        return\n"
)
ONE_TRY = (
    BODY
    + """        try:
            async for event in self.ask(self.main, thread, context):
                yield event
        except Exception as error:
            raise CustomStreamError("Please try again.", allow_retry=True) from error
        return
"""
)

WRONG = [
    Wrong("the document's own: once more without streaming", TOO_LATE, "2 message(s) on the screen", edits=[IMPORTS, (BODY, DOCUMENT)]),
    Wrong("asks again after the first word", TOO_LATE, "words on the bill", edits=[(BEGUN, "")]),
    Wrong("the spare model after the first word", TOO_LATE, "2 requests", edits=[(BEGUN, "                if begun:\n                    agent, wait = self.spare, 0\n                    continue\n")]),
    Wrong("one try", AGAIN, "After 1 request(s)", edits=[(BODY, ONE_TRY)]),
    Wrong("the errors as they are", TOO_LATE, "An error event without words", edits=[(BEGUN, "                if begun:\n                    raise\n")]),
    Wrong("the error ends the loop", TOO_LATE, "looks like a whole one", edits=[(BEGUN, "                if begun:\n                    return\n")]),
    Wrong("no second try for the user", TOO_LATE, "allow_retry=True", edits=[(BEGUN, BEGUN.replace("allow_retry=True", "allow_retry=False"))]),
    Wrong("holds nothing back: a message for each try", AGAIN, "2 messages are on it", edits=[(HOLD, NO_HOLD)]),
    Wrong("holds all back to the end", GOOD, "only until the first text", edits=[("                    if begun:\n", "                    if False:\n")]),
    Wrong("forgets what it held", GOOD, "never begun", edits=[("                        for each in held:\n                            yield each\n", "                        yield event\n"), ("                for each in held:\n                    yield each\n                return", "                return")]),
    Wrong("asks once more after a good answer", GOOD, "each is on the bill", edits=[("                return\n            except", "                if failed:\n                    return\n                failed += 1\n                continue\n            except")]),
    Wrong("asks on and on, without a wait", WAITS, "needs a rest", edits=[(WAIT, "            await asyncio.sleep(0)\n")]),
    Wrong("holds the event loop while it waits", AGAIN, "time.sleep held the event loop", edits=[(WAIT, "            import time\n            time.sleep(wait)\n")]),
    Wrong("always the same wait", WAITS, "After failure 2 a wait of 1 to 2 s", edits=[(WHOLE, "    if retry_after is None:\n        return 0.9\n" + WHOLE)]),
    Wrong("no jitter", WAITS, "Both waited", edits=[(" * random.uniform(0.5, 1)", "")]),
    Wrong("the same chance for everybody", WAITS, "Both waited", edits=[("random.uniform", "random.Random(failed).uniform")]),
    Wrong("the failures of all users together", AGAIN, "For user 2 the spare one was asked already at request 2", edits=[("agent, failed = self.main, 0", "agent, self.failed = self.main, getattr(self, 'failed', 0)"), ("failed += 1", "self.failed += 1"), ("failed < TRIES", "self.failed < TRIES"), ("pause(failed, asked", "pause(self.failed, asked")]),
    Wrong("does not know of a stream that just ends", ENDED, "The requests went to: main.", edits=[(CAN_PASS, CAN_PASS.replace(", ModelBehaviorError", ""))]),
    Wrong("leaves a model whose stream just ends", ENDED, "main, spare", edits=[("pause(failed, asked_to_wait(error))", "None if isinstance(error, ModelBehaviorError) else pause(failed, asked_to_wait(error))")]),
    Wrong("no wait after a stream that just ends", ENDED, "a wait of 0.5 to 1 s", edits=[("pause(failed, asked_to_wait(error))", "0 if isinstance(error, ModelBehaviorError) else pause(failed, asked_to_wait(error))")]),
    Wrong("no longest wait", BOUNDED, "between 4 and 8 s", edits=[(WHOLE, "    whole = 2 ** (failed - 1)\n")]),
    Wrong("does not ask for Retry-After", RETRY_AFTER, "the longer one", edits=[("max(whole * random.uniform(0.5, 1), retry_after or 0)", "whole * random.uniform(0.5, 1)")]),
    Wrong("waits as long as the server likes", RETRY_AFTER, "no wait for a user", edits=[("    if retry_after is not None and retry_after > 8:\n        return None\n", "")]),
    Wrong("half of what the server asks for", RETRY_AFTER, "no wait for a user", edits=[("        return None\n    whole", "        return 8\n    whole")]),
    Wrong("no spare model", SPARE, "The requests went to: main, main, main, main.", edits=[("agent is self.spare or not", "True or not"), ("                    agent, wait = self.spare, 0\n", "")]),
    Wrong("the spare model at the first failure", AGAIN, "For user 1 the spare one was asked already at request 2", edits=[("failed < TRIES and", "failed < 1 and")]),
    Wrong("a wrong key is tried again", SPARE, "main, main", edits=[(CAN_PASS, CAN_PASS.replace("openai.Int", "openai.AuthenticationError, openai.Int"))]),
    Wrong("a budget that is used up is tried again", SPARE, "main, main", edits=[('error.code != "insufficient_quota"', "True")]),
    Wrong("waits before the spare model too", SPARE, "s for nothing", edits=[("agent, wait = self.spare, 0", "agent, wait = self.spare, 1")]),
    Wrong("right in pause, and never handed on", SAYS_WHEN, "The next request was made 0.", edits=[("pause(failed, asked_to_wait(error))", "pause(failed)")]),
    Wrong("waits for a minute after all", SAYS_WHEN, "nobody waits so long", edits=[("wait = pause(failed, asked_to_wait(error))", "wait = pause(failed, asked_to_wait(error)) or asked_to_wait(error)")]),
    Wrong("a wrong request is tried again", GIVES_UP, "requests were made", edits=[(CAN_PASS, CAN_PASS.replace("openai.Int", "openai.BadRequestError, openai.Int"))]),
    Wrong("a wrong request for the spare model", GIVES_UP, "2 requests were made", edits=[("error, (openai.AuthenticationError, openai.RateLimitError)", "error, openai.APIStatusError")]),
    Wrong("swallows the last error", GIVES_UP, "No error came", edits=[(LAST, "                        return\n")]),
    Wrong("a second try for a wrong request", GIVES_UP, "allow_retry=False", edits=[("allow_retry=again", "allow_retry=True")]),
    Wrong("the error's own text for the user", GIVES_UP, "The user reads", edits=[(LAST, LAST.replace('"No model can answer this now."', "str(error)"))]),
]  # fmt: skip

# A plan of all tries, and a helper that reads up to the first text.
PLAN = (
    BODY
    + """        plan = [self.main] * TRIES + [self.spare]
        while True:
            agent = plan.pop(0)
            events = self.ask(agent, thread, context)
            try:
                held = await self.until_text(events)
            except openai.BadRequestError as error:
                raise CustomStreamError("Please ask in another way.") from error
            except (openai.OpenAIError, ModelBehaviorError) as error:
                if not plan:
                    raise CustomStreamError("Nobody answers.", allow_retry=True) from error
                seconds = pause(TRIES + 1 - len(plan), asked_to_wait(error))
                lost = isinstance(error, openai.AuthenticationError) or getattr(error, "code", "") == "insufficient_quota"
                if lost or seconds is None or len(plan) == 1:
                    plan = plan[-1:]
                else:
                    await asyncio.sleep(seconds)
                continue
            break
        for event in held:
            yield event
        try:
            async for event in events:
                yield event
        except Exception as error:
            raise CustomStreamError("Broken off.", allow_retry=True) from error

    async def until_text(self, events):
        held = []
        async for event in events:
            held.append(event)
            if is_text(event):
                break
        return held

    async def unused(self):
        agent, failed, thread, context = None, 0, None, None
"""
)
# The spare model is asked without streaming: allowed, as no word was seen.
NO_STREAM = """                    agent, wait = self.spare, 0
                    page = await self.store.load_thread_items(thread.id, None, 50, "desc", context)
                    try:
                        result = await Runner.run(agent, await simple_to_agent_input(page.data[::-1]))
                    except openai.OpenAIError as error:
                        raise CustomStreamError("Nobody answers.", allow_retry=True) from error
                    yield """
# One generator for the tries, which calls itself.
RECURSION = (
    BODY
    + """        async for event in self.attempt(self.main, 1, thread, context):
            yield event

    async def attempt(self, agent, number, thread, context):
        waiting, seen, problem = [], False, None
        try:
            async for event in self.ask(agent, thread, context):
                seen = seen or is_text(event)
                waiting.append(event)
                while seen and waiting:
                    yield waiting.pop(0)
        except Exception as error:
            problem = error
        if problem is None:
            return
        wait = pause(number, asked_to_wait(problem)) if self.can_pass(problem) and number < TRIES else None
        if seen or agent is self.spare or not self.spare_helps(problem):
            may = seen or self.can_pass(problem)
            raise CustomStreamError("That went wrong.", allow_retry=may) from problem
        if wait is not None:
            yield ProgressUpdateEvent(icon="clock", text="The model is busy, I ask again.")
            await asyncio.sleep(wait)
        following = self.main if wait is not None else self.spare
        async for event in self.attempt(following, number + 1, thread, context):
            yield event

    async def unused(self):
        agent, failed, thread, context = None, 0, None, None
"""
)

RIGHT = [
    Right("a plan of tries, and anext up to the first text", edits=[(BODY, PLAN)]),
    Right("the spare model without streaming", edits=[IMPORTS, ("                    agent, wait = self.spare, 0\n", NO_STREAM + ITEM + "                    return\n")]),
    Right("a generator that calls itself, with a line of progress", edits=[(BODY, RECURSION)]),
    Right("the wait as a loop", edits=[(WHOLE, "    whole = 1\n    for _ in range(failed - 1):\n        whole = min(whole * 2, 8)\n"), ("whole * random.uniform(0.5, 1)", "whole - whole / 2 * random.random()")]),
    Right("counts down", edits=[("agent, failed = self.main, 0", "agent, left, failed = self.main, TRIES, 0"), ("failed += 1", "left, failed = left - 1, failed + 1"), ("failed < TRIES", "left > 0")]),
]  # fmt: skip
