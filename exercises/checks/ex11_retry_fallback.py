"""Exercise ex11: ask again, or ask another model, but only as long as the user has seen nothing."""

from __future__ import annotations

from lesson_kit.grader import Exercise, Miss
from lesson_kit.scene import Seen

from .ex11.failures import (
    breaks_off,
    busy_model,
    ends_at_once,
    healthy_model,
    main_model_is_dead,
    many_waits,
    nobody_answers,
    server_says_when,
)
from .ex11.requests import (
    call_of_pause,
    calls,
    is_number,
    listed,
    messages,
    model_of,
    paused,
    pauses,
    seconds_of,
)
from .ex11.verdicts import told_to_the_user, whole_answer

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
EARLY, LATE = 0.05, 0.4
"""Seconds that a measured wait may be too short or too long: the store takes 0.02 s a call."""
AT_ONCE = 0.2
"""Seconds in which each piece of text must pass, and the spare model must be asked where no wait can help."""

for make in (
    healthy_model,
    busy_model,
    ends_at_once,
    many_waits,
    breaks_off,
    main_model_is_dead,
    server_says_when,
    nobody_answers,
):
    EXERCISE.scene(make)


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


@EXERCISE.check("after the first word nothing is asked again", points=1, scene=breaks_off)
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


@EXERCISE.check("a stream that ends without a word is a failed try", points=1, scene=ends_at_once)
def ended(seen: Seen) -> Miss | None:
    asked = [model_of(seen, call) for call in calls(seen)]
    if asked != ["main", "main"]:
        return Miss(
            expected="The main model's stream ends before its first word: the same model is asked again.",
            seen=f"The requests went to: {', '.join(asked) or 'nobody'}.",
            next_step="This is agents.ModelBehaviorError. Look it up in the table: it can pass.",
        )
    what = "The first try ends without a word, the second goes well"
    if missed := whole_answer(seen, 0, 1, what):
        return missed
    if pauses(seen)[0] >= 0.5 - EARLY:
        return None
    return Miss(
        expected="After a try that failed, a wait of 0.5 to 1 s.",
        seen=f"The next request was made {pauses(seen)[0]:.2f} s later.",
        next_step="Treat this error as all others that can pass: `await asyncio.sleep(pause(failed, ...))`.",
    )


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


@EXERCISE.check("the spare model helps out", points=1, scene=main_model_is_dead)
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


@EXERCISE.check("an answer waits as long as the server says", points=1, scene=server_says_when)
def says_when(seen: Seen) -> Miss | None:
    soon, late = (seen.scene.replies[call].retry_after for call in (0, 2))
    for k, seconds, then in ((0, soon, "main"), (1, late, "spare")):
        what = f"The model's server refuses, with Retry-After: {seconds:g}"
        same = f"the same model is asked again, {seconds:g} s later"
        asked = [model_of(seen, call) for call in calls(seen, k)]
        if asked != ["main", then]:
            return Miss(
                expected=f"{what}: {same if then == 'main' else 'nobody waits so long, the spare model is asked'}.",
                seen=f"The requests went to: {', '.join(asked) or 'nobody'}.",
                next_step="In respond, let pause decide: `wait = pause(failed, asked_to_wait(error))`. None means: the spare model.",
            )
        wait = pauses(seen, k)[0]
        low, high = (seconds, LONGEST + LATE) if then == "main" else (0.0, AT_ONCE)
        if not low - EARLY <= wait <= high:
            return Miss(
                expected=f"{what}: {same if then == 'main' else 'the spare model is asked at once'}.",
                seen=f"The next request was made {wait:.2f} s later.",
                next_step="In respond, hand the header on: `pause(failed, asked_to_wait(error))`.",
            )
        if missed := whole_answer(seen, k, 2 * k + 1, what):
            return missed
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
