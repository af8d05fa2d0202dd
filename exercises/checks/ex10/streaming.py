"""An answer that comes as it is made, with a thinking line and a tool's words."""

from __future__ import annotations

from lesson_kit.grader import Miss
from lesson_kit.scene import Seen

from .answered import asked, heard, miss, no_text, not_whole

AT_ONCE = 0.1
"""Seconds until the thinking line, and until each piece of text. The store takes 0.02 s a call."""


def streams(seen: Seen) -> Miss | None:
    if not seen.text():
        return no_text(seen)
    slowest = max([*seen.delays(0), *seen.delays(1)], default=0.0)
    if slowest > AT_ONCE:
        return miss(
            "ex02",
            f"Each piece of text on the screen within {AT_ONCE:.1f} s.",
            f"The slowest piece came {slowest:.2f} s after it was made.",
            "Yield each event inside the loop, as it comes.",
        )
    if missing := not_whole(seen, 0, 0):
        return missing
    wanted, got = [asked(seen, 0), seen.said(0), asked(seen, 1)], heard(seen, 1)
    these = [text for text in got if text in wanted]
    if these == wanted and asked(seen, 0) in heard(seen, 0):
        return not_whole(seen, 1, 1)
    how = "in another order" if sorted(these) == sorted(wanted) else "and not these three"
    return miss(
        "ex02",
        "For question 2, the model reads question 1, its answer, and question 2.",
        f"It read {len(got)} message(s), {how}.",
        "Load the thread's items, oldest first, and convert them with simple_to_agent_input.",
        "no_history" if len(got) == 1 else "",
    )


def thinks(seen: Seen) -> Miss | None:
    first = seen.recording().first_token
    if first is None:
        return no_text(seen)
    for k in (0, 1):
        if not seen.progress(k):
            return miss(
                "ex03",
                "A thinking line for each question.",
                f"No thinking line came for question {k + 1}.",
                "Yield a ProgressUpdateEvent with a text, before anything waits.",
            )
    began = seen.first("stream_options")
    late = seen.progress()[0].start - (began.t if began else 0.0)
    if late > AT_ONCE:
        return miss(
            "ex03",
            f"A thinking line within {AT_ONCE:.1f} s.",
            f"It came after {late:.2f} s. Nothing was on the screen before.",
            "Make the ProgressUpdateEvent the first thing that respond yields.",
        )
    gone = max((line.end for line in seen.progress() if line.start <= first), default=0.0)
    if first - gone <= AT_ONCE:
        return None
    return miss(
        "ex03",
        "The thinking line stands until the first text.",
        f"It was gone after {gone:.2f} s. Then {first - gone:.2f} s of empty screen.",
        "Send no event with an empty text: the first text takes the line's place by itself.",
        "clear_too_soon",
    )


def tool(seen: Seen) -> Miss | None:
    if len(seen.asked) < 2 or not seen.text():
        return no_text(seen)
    topic = asked(seen, 0).removesuffix("?").split()[-1]
    lines = [line for line in seen.progress() if topic in line.text]
    found = next((text for kind, text in seen.asked_texts(1) if "output" in kind), "")
    if topic not in found:
        return miss(
            "ex08",
            f"The tool finds books about {topic!r}, and the model reads that.",
            f"The model got from the tool: {found[:60]!r}",
            "Let the tool return its text, with no yield in it: the line goes through ctx.context.stream."
            if (yields := "async_generator" in found)
            else "Give the run context=ctx: that is the tool's ctx.context.",
            "tool_yields" if yields else "",
        )
    searched = seen.asked[1].t - seen.sent_at()
    if lines and lines[0].start < searched - 0.3:  # the tool takes two seconds
        return not_whole(seen, 0, 1)
    return miss(
        "ex08",
        f"While the tool works, a progress line with the topic: {topic!r}.",
        "It came when the search was over." if lines else "No progress line had the topic in it.",
        "In the tool, before it searches: await ctx.context.stream(ProgressUpdateEvent(...)).",
    )
