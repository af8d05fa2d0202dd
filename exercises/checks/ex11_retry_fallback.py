"""Exercise ex11: ask again, or ask another model, but only as long as the user has seen nothing."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import Any, TypeGuard

from pydantic import JsonValue

from lesson_kit.grader import Exercise, Miss
from lesson_kit.scene import Ask, Call, Reply, Scene, Seen, question, words

EXERCISE = Exercise(
    "ex11_retry_fallback",
    title="Ask again, or ask another",
    defines=["PatientServer", "pause", "waits"],
    hints=(
        "Two questions decide everything. Has the user seen a word of this answer? Then it is too late. If not: can the "
        "same model answer a little later, or only another one, or nobody? Put `pause` right first: it is three lines.",
        "In `respond`, a `while True:` loop is one try each time. Inside: `held, begun = [], False`, and a `try` round "
        "`async for event in self.ask(agent, thread, context)`. Until the first text, `held.append(event)`; when `is_text(event)` is true for the "
        "first time, yield all of `held`, then each event as it comes. After the `async for`: `return`. In the `except`, "
        "look at `begun` first.",
        "After an error, in this order: `if begun:` raise a CustomStreamError with allow_retry=True. Else count: "
        "`failed += 1`. `wait = pause(failed, asked_to_wait(error))` if the error can pass, `failed < TRIES` and the agent is "
        "`self.main`. With a wait: `await asyncio.sleep(wait)`. Without one: a BadRequestError is raised as a "
        "CustomStreamError; for all others `agent = self.spare`, unless it was the spare one that failed: then raise.",
    ),
)

TRIES = 4
"""How often the main model may be asked for one answer."""
LONGEST = 8.0
"""The longest wait, in seconds."""
QUICK = 0.2
"""Seconds after the request in which a failing model of these scenes says so."""
EARLY, LATE = 0.05, 0.4
"""Seconds that a measured wait may be too short or too long: the store takes 0.02 s a call."""
AT_ONCE = 0.2
"""Seconds in which each piece of text must pass, and the spare model must be asked where no wait can help."""
PASSING = ("rate_limit", "server", "connection", "timeout")
"""Errors after which the same model may well answer."""


def refusal(name: str) -> Reply:
    """A try that fails before the first word."""
    return Reply("Never said.", thinking=QUICK, error=name)


def announced(chance: Random) -> Reply:
    """A try that begins a message, with an empty piece of text, and breaks off before its first word."""
    return Reply(["", *words(chance, 5)], thinking=QUICK, gap=0, error="connection", error_at=1)


def refusals(chance: Random, many: int) -> list[Reply]:
    """That many tries that fail, in which a later one may help."""
    return [refusal(name) for name in chance.sample(PASSING, many)]


@EXERCISE.scene
def healthy_model(chance: Random) -> Scene:
    """A model without any trouble."""
    return Scene(replies=(Reply(words(chance, 20)),), asks=(question(chance),))


@EXERCISE.scene
def busy_model(chance: Random) -> Scene:
    """Two users; for each the main model fails three times, and answers then."""
    replies = []
    for _ in range(2):
        tries = [*refusals(chance, 2), announced(chance)]
        chance.shuffle(tries)
        replies += [*tries, Reply(words(chance, chance.randint(12, 18)))]
    asks = (Ask(question(chance)), Ask(question(chance), thread=1))
    return Scene(replies=tuple(replies), asks=asks)


@EXERCISE.scene
def many_waits(chance: Random) -> Scene:
    """What `pause` gives: after very many failures, and where the model's server says how long to wait."""
    late = [[chance.randint(30, 60)] for _ in range(3)]
    asked = [[1, chance.randint(30, 75) / 10], [1, float(chance.randint(20, 90))]]
    return Scene(uses="waits", call=Call([[*late, *asked]]))


@EXERCISE.scene
def breaks_off(chance: Random) -> Scene:
    """An answer that breaks off after some words; a second try would find a model in good health."""
    broken = Reply(words(chance, 20), error="connection", error_at=chance.randint(5, 12))
    return Scene(replies=(broken, Reply(words(chance, 20))), asks=(question(chance),), then_repeat=True)  # fmt: skip


@EXERCISE.scene
def main_model_is_dead(chance: Random) -> Scene:
    """The main model fails whenever it is asked; for two more users it says why waiting will not help."""
    tired = [*refusals(chance, 3), refusal("server")]
    replies = [*tired, Reply(words(chance, 14))]
    for name in chance.sample(("authentication", "quota"), 2):
        replies += [refusal(name), Reply(words(chance, 10))]
    asks = tuple(Ask(question(chance), thread=k) for k in range(3))
    return Scene(replies=tuple(replies), asks=asks)


@EXERCISE.scene
def nobody_answers(chance: Random) -> Scene:
    """A request that no model takes; then both models out of order."""
    replies = (
        refusal("bad_request"),
        *refusals(chance, 4),
        refusal("server"),
        *refusals(chance, 4),
    )
    asks = tuple(Ask(question(chance), thread=k) for k in range(2))
    return Scene(replies=replies, asks=asks)


def calls(seen: Seen, k: int = 0) -> list[int]:
    """The calls of the model that were made for question k."""
    wanted = seen.scene.asks[k].text
    return [
        call
        for call in range(len(seen.asked))
        if [text for role, text in seen.asked_texts(call) if role == "user"][-1:] == [wanted]
    ]


def model_of(seen: Seen, call: int) -> str:
    """Which model was asked: "main" or "spare"."""
    return "spare" if "spare" in seen.asked[call].instructions else "main"


def pauses(seen: Seen, k: int = 0) -> list[float]:
    """Seconds from each failed try until the next one."""
    asked = [seen.asked[call].t for call in calls(seen, k)]
    return [after - before - QUICK for before, after in pairwise(asked)]


def messages(seen: Seen, k: int = 0) -> list[str]:
    """The texts of the assistant's messages on the screen, the empty ones too."""
    items = [item for item in seen.recording(k).items if item.get("type") == "assistant_message"]
    return ["".join(part.get("text", "") for part in item.get("content", [])) for item in items]


def unannounced(seen: Seen, k: int) -> bool:
    """Whether text came for a message that the browser had not been told of."""
    begun = {item_of(event).get("id") for _, event in seen.events("thread.item.added", k)}
    texts = [event for _, event in seen.events("thread.item.updated", k)]
    return any(event.get("item_id") not in begun for event in texts)


def item_of(event: dict[str, Any]) -> dict[str, Any]:
    item = event.get("item")
    return item if isinstance(item, dict) else {}


def listed(seconds: list[float]) -> str:
    """ "0.51 s, 1.62 s and 2.20 s"."""
    told = [f"{each:.2f} s" for each in seconds]
    return " and ".join(filter(None, (", ".join(told[:-1]), told[-1]))) if told else "none"


def told_to_the_user(seen: Seen, k: int, allow_retry: bool, what: str) -> Miss | None:
    """The error that ends an answer: in words, and with a second try where one can help."""
    errors = seen.errors(k)
    if not errors:
        return Miss(
            expected=f"{what}: the user reads so.",
            seen="No error came: half an answer, or none, looks like a whole one.",
            next_step="When nothing is left to try, raise a CustomStreamError.",
            pitfall="swallowed_error",
        )
    error = errors[-1]
    if error.code != "custom" or not error.message.strip() or "Error code" in error.message:
        return Miss(
            expected=f"{what}: the user reads so, in your own words.",
            seen=f"The user reads: {error.message!r}." if error.message else "An error event without words came.",
            next_step='Raise CustomStreamError("Your words.", allow_retry=...) from error.',
        )  # fmt: skip
    if error.allow_retry == allow_retry:
        return None
    return Miss(
        expected=f"{what}: a second try by the user is {'' if allow_retry else 'not '}offered.",
        seen=f"{error.message!r} came, and the second try was {'' if error.allow_retry else 'not '}offered.",
        next_step=f"Here belongs allow_retry={allow_retry}.",
    )


def whole_answer(seen: Seen, k: int, call: int, what: str) -> Miss | None:
    """One message with the text of that call of the script, on the screen and in the store."""
    said, shown = seen.said(call), messages(seen, k)
    if errors := seen.errors(k):
        return Miss(
            expected=f"{what}: the whole answer, and no error.",
            seen=f"After {len(calls(seen, k))} request(s) to a model an error came: {errors[-1].message or errors[-1].code!r}.",
            next_step="Before the first word an error is no reason to give up: look it up in the table.",
        )
    if len(shown) > 1:
        return Miss(
            expected=f"{what}: one message on the screen.",
            seen=f"{len(shown)} messages are on it, with {', '.join(str(len(text)) for text in shown)} characters.",
            next_step="Hold the events of a try back until its first text. A try that fails earlier then leaves no trace.",
        )
    if shown == [said] and seen.saved_answers(k) == [said] and not unannounced(seen, k):
        return None
    if shown == [said] and unannounced(seen, k):
        return Miss(
            expected=f"{what}: a message begins, and then its text comes.",
            seen="Text came for a message that was never begun (thread.item.added): a browser shows none of it.",
            next_step="At the first text yield all the events that you held, in their order.",
        )
    return Miss(
        expected=f"{what}: the whole answer, {len(said)} characters, shown and saved.",
        seen=f"{len(seen.text(k))} characters are on the screen, and {sum(map(len, seen.saved_answers(k)))} in the store.",
        next_step="Yield every event of the try that succeeds: those that you held, and then each one as it comes.",
    )


@EXERCISE.check("a good answer passes at once", points=1, scene=healthy_model)
def good(seen: Seen) -> Miss | None:
    if len(seen.asked) > 1:
        return Miss(
            expected="A model without trouble: one request.",
            seen=f"{len(seen.asked)} requests were made, and each is on the bill.",
            next_step="After a try that went well, return.",
        )
    if missed := whole_answer(seen, 0, 0, "A model without trouble"):
        return missed
    if (slowest := max(seen.delays(0), default=0)) <= AT_ONCE:
        return None
    return Miss(
        expected=f"Each piece of text on the screen within {AT_ONCE:.1f} s.",
        seen=f"The slowest piece came {slowest:.2f} s after it was made.",
        next_step="Hold events back only until the first text. From then on yield each one as it comes.",
    )


@EXERCISE.check("after the first word nothing is asked again", points=2, scene=breaks_off)
def too_late(seen: Seen) -> Miss | None:
    place = seen.scene.replies[0].error_at
    part = "".join(seen.scene.replies[0].deltas[:place])
    if len(calls(seen)) > 1 or len(messages(seen)) > 1:
        return Miss(
            expected=f"The model breaks off after {place} words. The user has read them: no second request.",
            seen=f"{len(calls(seen))} requests, {len(messages(seen))} message(s) on the screen with {len(seen.text())} characters, "
            f"and {len(seen.made)} words on the bill.",
            next_step="Remember whether a text has been yielded. If so, raise: do not ask again.",
        )
    if seen.text() != part:
        return Miss(
            expected=f"The {place} words that came, and then an error.",
            seen=f"{len(seen.text())} of their {len(part)} characters are on the screen.",
            next_step="Yield the events of a try from its first text on, each as it comes.",
        )
    return told_to_the_user(seen, 0, True, "The answer broke off")


@EXERCISE.check("before the first word the model is asked again", points=1, scene=busy_model)
def again(seen: Seen) -> Miss | None:
    for k, call in ((0, 3), (1, 7)):
        asked = [model_of(seen, one) for one in calls(seen, k)]
        if "spare" in asked:
            return Miss(
                expected=f"The main model is asked up to {TRIES} times.",
                seen=f"For user {k + 1} the spare one was asked already at request {asked.index('spare') + 1}.",
                next_step=f"Ask self.main until {TRIES} tries of this answer have failed.",
            )
        what = f"User {k + 1}: three tries fail, the fourth goes well"
        if missed := whole_answer(seen, k, call, what):
            return missed
    return None


@EXERCISE.check("the waits grow, and chance shortens them", points=1, scene=busy_model)
def waits(seen: Seen) -> Miss | None:
    if missed := again(seen):
        return missed
    both = [pauses(seen, 0), pauses(seen, 1)]
    for k, found in enumerate(both):
        for place, wait in enumerate(found):
            whole = 2.0**place
            if not whole / 2 - EARLY <= wait <= whole + LATE:
                return Miss(
                    expected=f"After failure {place + 1} a wait of {whole / 2:g} to {whole:g} s.",
                    seen=f"User {k + 1} waited {listed(found)}.",
                    next_step="Wait `pause(failed, ...)` seconds between two tries, and count the failures of this answer."
                    if wait > EARLY
                    else "A model that is overloaded needs a rest: `await asyncio.sleep(pause(failed, ...))` before the next try.",
                )
    if any(abs(one - other) > 0.005 for one, other in zip(*both, strict=True)):
        return None
    return Miss(
        expected="Two users do not come back at the same moment: chance shortens each wait.",
        seen=f"Both waited {listed(both[0])}.",
        next_step="Multiply each wait by random.uniform(0.5, 1), without a seed.",
    )


def paused(seen: Seen) -> list[tuple[list[float], JsonValue]]:
    """The calls of `pause` and what each gave."""
    calls: Any = seen.scene.call.args[0] if seen.scene.call else []
    given = seen.returned if isinstance(seen.returned, list) else []
    return list(zip(calls, [*given, *["nothing"] * len(calls)], strict=False))


def call_of_pause(args: list[float]) -> str:
    return f"pause({', '.join(f'{each:g}' for each in args)})"


def seconds_of(given: JsonValue) -> str:
    return f"{given:,.2f} s"[:60] if is_number(given) else str(given)[:60]


def is_number(given: JsonValue) -> TypeGuard[float]:
    return isinstance(given, int | float) and not isinstance(given, bool)


@EXERCISE.check(f"no wait is longer than {LONGEST:g} s", points=1, scene=many_waits)
def bounded(seen: Seen) -> Miss | None:
    for args, given in paused(seen)[:3]:
        if is_number(given) and LONGEST / 2 <= given <= LONGEST:
            continue
        short = is_number(given) and given < LONGEST / 2
        return Miss(
            expected=f"{call_of_pause(args)} is between {LONGEST / 2:g} and {LONGEST:g} s.",
            seen=f"It gave {seconds_of(given)}.",
            next_step="Let chance take away half of the wait at most: random.uniform(0.5, 1)."
            if short
            else "Take min(..., 8) before chance shortens the wait.",
        )
    return None


@EXERCISE.check("Retry-After counts, and nobody waits for a minute", points=1, scene=many_waits)
def retry_after(seen: Seen) -> Miss | None:
    (args, given), (long, none) = paused(seen)[3:]
    if not is_number(given) or not args[1] <= given <= LONGEST:
        return Miss(
            expected=f"The server says Retry-After: {args[1]:g}. {call_of_pause(args)} is between {args[1]:g} and {LONGEST:g} s.",
            seen=f"It gave {seconds_of(given)}.",
            next_step="Return the longer one of your own wait and retry_after.",
        )
    if none is None:
        return None
    return Miss(
        expected=f"{call_of_pause(long)} is None: more than {LONGEST:g} s is no wait for a user.",
        seen=f"It gave {seconds_of(none)}.",
        next_step=f"Return None when retry_after is above {LONGEST:g}. In respond, None means: go on to the spare model.",
    )


@EXERCISE.check("the spare model helps out", points=2, scene=main_model_is_dead)
def spare(seen: Seen) -> Miss | None:
    for k, call in ((0, 4), (1, 6), (2, 8)):
        reason = str(seen.scene.replies[5 + 2 * (k - 1)].error) if k else ""
        why = {
            "": f"The main model fails {TRIES} times",
            "authentication": "The main model refuses the key",
        }
        what = why.get(reason, "The main model's budget is used up")
        asked = [model_of(seen, one) for one in calls(seen, k)]
        wanted = ["main"] * (1 if k else TRIES) + ["spare"]
        if asked != wanted:
            return Miss(
                expected=f"{what}: {len(wanted) - 1} request(s) to it, and then one to the spare model.",
                seen=f"The requests went to: {', '.join(asked) or 'nobody'}.",
                next_step="Look in the table which errors the same model may get over. For the others ask the spare one at once.",
            )
        if missed := whole_answer(seen, k, call, what):
            return missed
        if k and pauses(seen, k)[0] > AT_ONCE:
            return Miss(
                expected=f"{what}: the spare one is asked at once.",
                seen=f"The user waited {pauses(seen, k)[0]:.2f} s for nothing.",
                next_step="Wait only before you ask the same model again.",
            )
    return None


@EXERCISE.check("in the end the user is told", points=1, scene=nobody_answers)
def gives_up(seen: Seen) -> Miss | None:
    if (many := len(calls(seen, 0))) != 1:
        return Miss(
            expected="The request is wrong (400): one request, and no other.",
            seen=f"{many} requests were made: each one gets the same answer.",
            next_step="After a BadRequestError ask nobody again, the spare model neither.",
        )
    if missed := told_to_the_user(seen, 0, False, "The request is wrong"):
        return missed
    if (many := len(calls(seen, 1))) != TRIES + 1:
        return Miss(
            expected=f"{TRIES} requests to the main model and one to the spare one, then an end.",
            seen=f"{many} requests were made.",
            next_step="When the spare model has failed too, raise.",
        )
    return told_to_the_user(seen, 1, True, "No model answers at the moment")
