"""Exercise ex04: six sick servers, each with a symptom; the cause is to be named, and mended."""

from __future__ import annotations

from random import Random

from lesson_kit.grader import Exercise, Miss
from lesson_kit.scene import Ask, Call, Reply, Scene, Seen, question, words

EXERCISE = Exercise(
    "ex04_diagnose_stall",
    title="Six sick servers",
    defines=["causes", "ServerA", "ServerB", "ServerC", "ServerD", "ServerE", "ServerF"],
    hints=(
        "Read the table of evidence row by row. First: did the model make all its words? All six models did, so the fault "
        "lies behind the model. Then: how many did the user see, when, and how many are kept? A: some seen, none kept. "
        "B: all seen, none kept. C: none seen, none kept. F: an answer is kept, and it is empty.",
        "Now read the code. A: what does the loop do after its tenth event? B: the helper of ChatKit sends a last event "
        "by itself; who sends it here? C: which line reads what `pass_on` gives? D: when does the first event in `waiting` "
        "go out? E: can anybody else run while `look_up()` runs? F: take the `try` away in SickF, and ask it again: "
        "what does the error say?",
        "A, D: `async for event in stream_agent_response(ctx, result): yield event`, and nothing else in the loop. "
        "B: after the loop `yield ThreadItemDoneEvent(item=message)`. C: `async for event in self.pass_on(ctx, result): "
        "yield event`. E: `books = await asyncio.to_thread(look_up)`. F: no `try`, and in the loop "
        '`if event.type == "raw_response_event" and event.data.type == TEXT:`. The causes are, from A to F: '
        "closed_generator, never_done, forgotten_yield, held_back, blocking_call, swallowed_error.",
    ),
)

SOON = 0.2
"""Seconds in which each piece of text must pass. The model makes one each 0.05 s; the sick ServerD holds them 0.4 s."""
LEAST = 8
"""Pieces of text that the sick ServerA shows."""

HELD = "held_back"
CAUSES = {
    "ServerA": "closed_generator",
    "ServerB": "never_done",
    "ServerC": "forgotten_yield",
    "ServerD": HELD,
    "ServerE": "blocking_call",
    "ServerF": "swallowed_error",
}
# What the evidence says of each, for somebody whose guess it does not fit.
EVIDENCE = {
    "ServerA": "the user saw 8 of 24 words, none is kept, and the model made all 24",
    "ServerB": "the user saw all 24 words, and none is kept",
    "ServerC": "the model made 24 words, and not one left the server",
    "ServerD": "all words came and are kept, but in lumps, and the model spoke evenly",
    "ServerE": "alone it looks healthy, but a user of another server waits while it works",
    "ServerF": "the model made 24 words, and an answer without any word is kept",
}
ASK_YOURSELF = {
    "ServerA": "Who ends the answer, and does anybody send the last event then?",
    "ServerB": "Which event makes ChatKit save a message?",
    "ServerC": "Who reads the events, and passes them on?",
    "ServerD": "Where do the words wait between the model and the user?",
    "ServerE": "Which line waits without an await?",
    "ServerF": "What happens in this server when its own code makes an error?",
}


@EXERCISE.scene
def named(chance: Random) -> Scene:
    """The list of causes."""
    return Scene(uses="causes", call=Call())


def one_question(chance: Random, server: str) -> Scene:
    """One question to one server; a healthy model that speaks evenly."""
    reply = Reply(words(chance, chance.randint(17, 20)), thinking=0.5)
    return Scene(uses=server, replies=(reply,), asks=(question(chance),))


@EXERCISE.scene
def patient_a(chance: Random) -> Scene:
    """ServerA, and a long answer."""
    return one_question(chance, "ServerA")


@EXERCISE.scene
def patient_b(chance: Random) -> Scene:
    """ServerB."""
    return one_question(chance, "ServerB")


@EXERCISE.scene
def patient_c(chance: Random) -> Scene:
    """ServerC."""
    return one_question(chance, "ServerC")


@EXERCISE.scene
def patient_d(chance: Random) -> Scene:
    """ServerD."""
    return one_question(chance, "ServerD")


@EXERCISE.scene
def patient_e(chance: Random) -> Scene:
    """ServerE, and two users at a time."""
    replies = (Reply(words(chance, 10), thinking=0.5), Reply(words(chance, 8), thinking=0.5))
    asks = (question(chance), Ask(question(chance), after=0.02, thread=1))
    return Scene(uses="ServerE", replies=replies, asks=asks)


@EXERCISE.scene
def patient_f(chance: Random) -> Scene:
    """ServerF: an answer, and then a model that fails."""
    replies = (Reply(words(chance, 9), thinking=0.5), Reply(words(chance, 4), error="rate_limit"))
    return Scene(uses="ServerF", replies=replies, asks=(question(chance), question(chance)))


# --- the causes ---


def answered(seen: Seen) -> dict[str, str] | Miss:
    """The causes that were named, in plain spelling; a Miss where there is no dictionary."""
    given = seen.returned
    if not isinstance(given, dict) or not given:
        return Miss(
            expected='A dictionary such as {"ServerA": "never_done", "ServerB": ...}.',
            seen=f"causes() gave {given!r:.60}."
            if seen.called.gave == "value"
            else "causes() is no plain function.",
            next_step="Return a dictionary with the names of the six servers and a cause for each.",
        )
    return {str(key).strip(): str(value).strip().lower() for key, value in given.items()}


def right_ones(given: dict[str, str]) -> list[str]:
    return [server for server, cause in CAUSES.items() if given.get(server) == cause]


def not_yet(given: dict[str, str], expected: str) -> Miss:
    """Point at the first server whose cause is missing or wrong, by its evidence, not by its answer."""
    right = right_ones(given)
    server = next(one for one in CAUSES if one not in right)
    told = f"{server} is called {given[server]!r}" if server in given else f"{server} is not in it"
    if given.get(server) in ("", "..."):
        told = f"{server} has no cause yet"
    return Miss(
        expected=expected,
        seen=f"{len(right)} of 6 are right. {told}, but the evidence says: {EVIDENCE[server]}.",
        next_step=f"Look at {server} again. {ASK_YOURSELF[server]}",
    )


@EXERCISE.check("three causes are named", points=1, scene=named)
def three(seen: Seen) -> Miss | None:
    given = answered(seen)
    if isinstance(given, Miss):
        return given
    return None if len(right_ones(given)) >= 3 else not_yet(given, "Three right causes or more.")


@EXERCISE.check("all six causes are named", points=2, scene=named)
def all_six(seen: Seen) -> Miss | None:
    given = answered(seen)
    if isinstance(given, Miss):
        return given
    return (
        None
        if len(right_ones(given)) == 6
        else not_yet(given, "The right cause for each of the six.")
    )


# --- the mended servers ---


def nothing_came(seen: Seen, k: int = 0) -> Miss | None:
    """No text on the screen at all."""
    if seen.text(k):
        return None
    made, pieces = len(seen.made_in(seen.call_of(k))), seen.recording(k).deltas
    if seen.finished(k) and pieces:
        return Miss(
            expected="The text stays on the screen.",
            seen=f"{pieces} pieces of text came, and then the message was finished with an empty text.",
            next_step="The last event carries the whole text: keep what you send in the message, too.",
            pitfall="never_done",
        )
    logged = seen.trouble("logged")
    if made and logged:
        return Miss(
            expected="The model's answer on the screen.",
            seen=f"The model made {made} pieces of text, and the stream broke off: {logged.message[:90]}.",
            next_step="Yield single events, inside a loop: `async for event in ...: yield event`.",
        )
    return Miss(
        expected="The model's answer on the screen.",
        seen=f"The model made {made} pieces of text, and the user saw none.",
        next_step="Read the model's events with `async for`, and yield them."
        if made
        else "Keep the line with self.start: it starts the model.",
    )


def not_whole(seen: Seen, k: int = 0) -> Miss | None:
    """Text is missing, or was changed."""
    if seen.text(k) == seen.said(seen.call_of(k)):
        return None
    shown, whole = len(seen.text(k).split()), len(seen.said(seen.call_of(k)).split())
    if shown > whole:
        return Miss(
            expected=f"The answer's {whole} words, once.",
            seen=f"{shown} words stood on the screen.",
            next_step="Send each event once, and one ThreadItemDoneEvent for each message.",
        )
    return Miss(
        expected=f"All {whole} words of the model, in their order.",
        seen=f"{shown} words stood on the screen at the end.",
        next_step="Let nothing end the loop but the end of the model's events.",
    )


def not_kept(seen: Seen, k: int = 0) -> Miss | None:
    """The message is not finished, or not saved: after a reload it is gone."""
    shown, kept = seen.text(k), seen.saved_answers(seen.clients[k].thread)
    if shown in seen.finished(k) and shown in kept:
        if len(seen.finished(k)) == 1:
            return None
        return Miss(
            expected="One message for one answer.",
            seen=f"{len(seen.finished(k))} messages were finished: the user reads the answer twice.",
            next_step="Send one ThreadItemDoneEvent for each message. stream_agent_response sends its own.",
        )
    many = len(shown.split())
    if seen.finished(k):
        return Miss(
            expected=f"The {many} words that the user saw, in the store.",
            seen=f"The message was finished with {len(seen.finished(k)[0].split())} words.",
            next_step="Give the ThreadItemDoneEvent the message with its whole text.",
            pitfall="never_done",
        )
    return Miss(
        expected="The message is finished, and stays after a reload.",
        seen=f"The user saw {many} words, no thread.item.done came, and the store holds {len(kept)} answers.",
        next_step="The last event of a message must be a ThreadItemDoneEvent: only that saves it.",
        pitfall="never_done",
    )


def late(seen: Seen, k: int = 0) -> Miss | None:
    """Words that wait on the server."""
    slowest = max(seen.delays(k, seen.call_of(k)), default=0.0)
    if slowest <= SOON:
        return None
    pieces = seen.recording(k).deltas
    return Miss(
        expected=f"Each piece of text on the screen within {SOON:.1f} s, one by one.",
        seen=f"{'No single pieces' if not pieces else f'{pieces} pieces'} came, and one had waited {slowest:.2f} s on the server.",
        next_step="Yield each event in the loop as soon as you have it. Keep none back.",
    )


@EXERCISE.check("ServerA is mended: it does not freeze", points=1, scene=patient_a)
def mended_a(seen: Seen) -> Miss | None:
    shown, whole = seen.text(), seen.said()
    if missing := nothing_came(seen):
        return missing
    # It may still be short, if what it shows is finished and kept.
    short = whole.startswith(shown) and len(shown.split()) >= LEAST and shown in seen.finished()
    if shown != whole and not short:
        return Miss(
            expected=f"All {len(whole.split())} words; or fewer, if the message is then finished.",
            seen=f"The text stood still after {len(shown.split())} words, and no thread.item.done came.",
            next_step="Take out what ends the loop early: the end of an answer comes by itself.",
            pitfall="closed_generator",
        )
    return not_kept(seen) or late(seen)


@EXERCISE.check("ServerB is mended: its answer stays", points=1, scene=patient_b)
def mended_b(seen: Seen) -> Miss | None:
    return nothing_came(seen) or not_whole(seen) or not_kept(seen) or late(seen)


@EXERCISE.check("ServerC is mended: it speaks", points=1, scene=patient_c)
def mended_c(seen: Seen) -> Miss | None:
    return nothing_came(seen) or not_whole(seen) or not_kept(seen) or late(seen)


@EXERCISE.check("ServerD is mended: the words come one by one", points=1, scene=patient_d)
def mended_d(seen: Seen) -> Miss | None:
    return nothing_came(seen) or late(seen) or not_whole(seen) or not_kept(seen)


@EXERCISE.check("ServerE is mended: nobody else waits", points=1, scene=patient_e)
def mended_e(seen: Seen) -> Miss | None:
    for k in (0, 1):
        if (
            miss := nothing_came(seen, k)
            or not_whole(seen, k)
            or not_kept(seen, k)
            or late(seen, k)
        ):
            return miss
    told = [asked.instructions for asked in seen.asked]
    if all("3 books on tea" in one for one in told):
        return None
    return Miss(
        expected="The model is told what look_up() found, for each question.",
        seen=f"Its instructions were {told[0]!r:.60}." if told else "The model was never asked.",
        next_step="Keep the look-up, and give what it returns to self.start as instructions.",
    )


@EXERCISE.check("ServerF is mended: its answer is not empty", points=1, scene=patient_f)
def mended_f(seen: Seen) -> Miss | None:
    empty = [text for text in seen.finished() if not text]
    if empty and not seen.text():
        return Miss(
            expected=f"The model's {len(seen.said().split())} words in the answer.",
            seen=f"An empty answer came, and no error. The model had made {len(seen.made_in(0))} pieces of text.",
            next_step="Only a raw_response_event has .data: look at event.type first.",
            pitfall="swallowed_error",
        )
    return nothing_came(seen) or not_whole(seen) or not_kept(seen)


@EXERCISE.check("ServerF tells the user when the model fails", points=1, scene=patient_f)
def tells_f(seen: Seen) -> Miss | None:
    if miss := mended_f(seen):
        return miss
    if len(seen.asked) < 2:
        return Miss(
            expected="A model that fails at the second question.",
            seen=f"The model was asked {len(seen.asked)} time(s).",
            next_step="Start a run for every question.",
        )
    if seen.errors(1):
        return None
    empty = "an empty answer" if seen.finished(1) else "nothing at all"
    return Miss(
        expected="An error on the screen, with a way to try again.",
        seen=f"The model failed at the second question, and the user saw {empty} and no error.",
        next_step="Let the error out of respond: ChatKit then tells the user. Or raise a CustomStreamError.",
        pitfall="swallowed_error",
    )
