"""Rules about what goes on round an answer: readers who leave, silences, second messages, ids, the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .facts import Facts
from .finding import Finding

__all__ = ["CHAT_COMPLETIONS", "RULES", "kept_enough"]

Rule = Callable[[Facts], Iterator[Finding]]

# A delta or two may be under way while the news of the disconnect travels.
UNDER_WAY = 3
CHAT_COMPLETIONS = (
    "OpenAIChatCompletionsModel",
    "LitellmModel",
    "LitellmProvider",
    "chat_completions",
    "AnyLLMModel",
    "__fake_id__",
)


def kept_enough(left: dict[str, Any]) -> bool:
    """Tell whether the store holds what a reader who left had seen (but for a delta under way)."""
    shown = left["shown"].split()
    seen = " ".join(shown[:-1] if len(shown) > 1 else shown)
    return any(" ".join(text.split()).startswith(seen) for text in left["kept"])


def model_not_stopped(facts: Facts) -> Iterator[Finding]:
    left = facts.probe("leave")
    if left and left["shown"] and left["after"] > UNDER_WAY:
        yield facts.finding(
            "model_not_stopped",
            facts.source.run_line(),
            f"the reader left after 10 deltas, and the model made {left['after']} more: "
            f"{left['made']} of 40, all of them paid for",
        )


def partial_lost(facts: Facts) -> Iterator[Finding]:
    left, own = facts.probe("leave"), facts.probe("leave_own_store")
    if not left or not left["shown"] or kept_enough(left):
        return
    line = facts.source.save_on_cancel()
    if own and not own["awaits"] and own.get("shown") and kept_enough(own):
        yield facts.finding(
            "store_without_await",
            facts.source.store_line(own["store"]),
            f"{own['store']} never awaits, so a save in a cancelled task succeeds with it; with 20 ms in each "
            "call, as a database needs, the same disconnect loses the whole partial answer",
        )
    yield facts.finding(
        "partial_lost",
        line or facts.source.handler_place(),
        f"the reader left after 10 deltas, and the store (20 ms per call) holds {_kept(left)} of the answer",
    )


def _kept(left: dict[str, Any]) -> str:
    return f"only {max(map(len, left['kept']))} characters" if left["kept"] else "nothing"


def no_history(facts: Facts) -> Iterator[Finding]:
    answer = facts.probe("answer")
    calls = [call for call in answer.get("asked", []) if "beta" in call["text"]]
    if not calls or not facts.answered() or any(call["linked"] for call in calls):
        return
    if not any("alpha" in call["text"] for call in calls):
        yield facts.finding(
            "no_history",
            facts.source.converter_line(),
            "on the second question of a thread the model was asked the second question only, "
            "without the first question or its own answer",
        )


def duplicate_ids(facts: Facts) -> Iterator[Finding]:
    answer = facts.probe("answer")
    second = answer.get("second", {})
    if facts.answered() and second.get("done") and not second["errors"]:
        answers = [text for text in (facts.first()["done"][-1], second["done"][-1]) if text.strip()]
        lost = [text for text in answers if text not in answer["kept"]]
        if lost and answer["kept"]:
            yield facts.finding(
                "duplicate_ids",
                facts.source.added_line() or facts.source.id_line(),
                f"two questions got two answers, and the store holds {len(answer['kept'])}: "
                "the second has the id of the first and overwrote it",
            )
            return
    kept, line = facts.probe("same_ids").get("kept"), facts.source.mentions(*CHAT_COMPLETIONS)
    if kept is not None and len(kept) == 1 and facts.answered() and line:
        yield facts.finding(
            "duplicate_ids",
            facts.source.helper_line() or line,
            "Chat Completions calls every message __fake_id__ (chatkit-python#36): with that, the store holds "
            "1 of 2 answers; the second overwrote the first",
        )


def wait_for_anext(facts: Facts) -> Iterator[Finding]:
    line = facts.source.wait_for_anext()
    if not line:
        return
    first, silence = facts.first(), facts.probe("silence")
    contexts = [e for e in facts.logged() if "different Context" in e["message"]]
    if first and first["errors"] and contexts:
        yield facts.finding(
            "wait_for_anext",
            line,
            f"{first['deltas']} deltas came, then a false error event: {contexts[0]['message'][:120]}",
        )
    elif silence and _ends_in_silence(silence):
        yield facts.finding(
            "wait_for_anext",
            line,
            f"the model was silent for 400 s in the middle: the stream ended at {silence['seconds']:g} s after "
            f"{silence['deltas']} of 20 deltas, without an error and without a finished message",
        )
    elif first and not facts.answered() and _ends_in_silence(first):
        yield facts.finding(
            "wait_for_anext",
            line,
            f"the stream ended after {first['deltas']} deltas without an error and without a finished message",
        )


def _ends_in_silence(seen: dict[str, Any]) -> bool:
    said = seen["errors"] or seen["notices"] or seen["done"]
    return seen["ended"] == "end" and not said


def timeout_round_yield(facts: Facts) -> Iterator[Finding]:
    line, slow = facts.source.timeout_round_yield(), facts.probe("slow_reader")
    if line and slow and (slow["ended"] != "end" or not slow["done"]):
        how = {
            "cancelled": "the reader's own task was cancelled",
            "error": f"the reader got {slow['error']}",
        }
        yield facts.finding(
            "timeout_round_yield",
            line,
            f"a client that takes 30 s for each event: {how.get(slow['ended'], 'the answer was cut')} after "
            f"{slow['deltas']} deltas; the time limit counts the client's time, and it fires in the client's code",
        )


def no_interruption(facts: Facts) -> Iterator[Finding]:
    seen = facts.probe("interrupt")
    if not seen or not seen["streaming"] or not facts.answered():
        return
    if seen["after"] > UNDER_WAY and seen["second"]["deltas"]:
        yield facts.finding(
            "no_interruption",
            facts.source.run_line(),
            f"a second message came in the middle of an answer: both were answered at once, and the model made "
            f"{seen['after']} more deltas of the first",
        )


RULES: tuple[Rule, ...] = (
    wait_for_anext, timeout_round_yield, no_history, duplicate_ids, model_not_stopped, partial_lost,
    no_interruption,
)  # fmt: skip
