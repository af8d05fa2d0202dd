"""What the tool did for the model."""

from __future__ import annotations

from lesson_kit.grader import Miss
from lesson_kit.scene import Seen

from .truth import total


def told_model(seen: Seen, call: int = 1) -> str:
    """What the model was told by the tool: the last text of its input."""
    asked = seen.asked_texts(call)
    return asked[-1][1] if asked else ""


def broken(seen: Seen) -> Miss | None:
    """The tool did not run to its end by a mistake of its own, which nobody but the model is told of."""
    told = [text for call in range(len(seen.asked)) for _, text in seen.asked_texts(call)]
    if any("async_generator object" in text for text in told):
        return Miss(
            expected="The tool runs, and returns a text for the model.",
            seen="The model was told '<async_generator object ...>': none of the tool's code has run.",
            next_step="Take every yield out of the tool. Send a line with `await ctx.context.stream(...)`.",
            pitfall="tool_yields",
        )
    trouble = seen.trouble("tool")
    if trouble is None or trouble.type == "ShelfClosed":
        return None
    no_context = trouble.message.endswith("has no attribute 'stream'")
    return Miss(
        expected="The tool runs without an error of its own.",
        seen="The tool broke off.",
        next_step="Give the AgentContext to the run: Runner.run_streamed(self.agent, history, context=ctx)."
        if no_context
        else "Mend that line. The user hears nothing of an error in a tool, and the model only that there was one.",
    )


def not_run(seen: Seen, call: int = 1) -> Miss | None:
    """The model must have called the tool, and must have been asked again."""
    if miss := broken(seen):
        return miss
    if not seen.asked:
        return Miss(
            expected="The model is asked.",
            seen="The model was never asked.",
            next_step="Start the run in respond: Runner.run_streamed(self.agent, history, ...).",
        )
    if "search_library" not in seen.asked[0].tools:
        return Miss(
            expected="The model may call search_library.",
            seen=f"The agent has the tools {seen.asked[0].tools}.",
            next_step="Keep the agent with tools=[self.make_tool()].",
        )
    if len(seen.asked) > call:
        return None
    return Miss(
        expected="After the tool the model is asked again.",
        seen=f"The model was asked {len(seen.asked)} time(s): the turn ended with the tool.",
        next_step="Return a text from the tool, and read stream_agent_response to its end.",
    )


def wrong_count(seen: Seen, call: int = 1) -> Miss | None:
    """What was found must reach the model."""
    if missing := not_run(seen, call):
        return missing
    told = told_model(seen, call)
    if str(total(seen)) in told:
        return None
    return Miss(
        expected=f"The model is told that {total(seen)} books were found.",
        seen=f"The model was told {told[:90]!r}.",
        next_step="Add up the books of all shelves, and return the number.",
    )
