"""Exercise ex02: respond() that knows the conversation, streams each token, and ends with a saved message."""

from __future__ import annotations

from random import Random

from lesson_kit.grader import Exercise, Miss
from lesson_kit.scene import Ask, Reply, Scene, Seen, question, words

EXERCISE = Exercise(
    "ex02_streaming_respond",
    title="Stream an answer",
    defines=["StreamingServer"],
    hints=(
        "Four things, in this order: load what the thread holds, turn it into the model's input, start the run, pass its "
        "events on. A stream is not made by `run_streamed`; it is made by a `yield` for each event.",
        "The message to answer is in the store already, so the history is all that the model needs, also when "
        '`input_user_message` is `None`. Load the newest items first (`"desc"`), and turn them round: `page.data[::-1]`. '
        "`stream_agent_response` wants an `AgentContext`, not the `context` that `respond` was given.",
        '`page = await self.store.load_thread_items(thread.id, None, 20, "desc", context)`, then '
        "`history = await simple_to_agent_input(page.data[::-1])`, then "
        "`agent_context = AgentContext(thread=thread, store=self.store, request_context=context)`, then "
        "`result = Runner.run_streamed(self.agent, history, context=agent_context)`, then "
        "`async for event in stream_agent_response(agent_context, result):` with `yield event` in it.",
    ),
)

SOON = 0.1
"""Seconds from the making of a token until it stands on the screen."""
MANY = 12
"""Questions of the long conversation: more items than a page of 20 holds."""


@EXERCISE.scene
def one_question(chance: Random) -> Scene:
    """A model that thinks for a second or two, then makes 20 tokens a second."""
    thinking = chance.randint(10, 20) / 10
    return Scene(replies=(Reply(words(chance, 30), thinking=thinking),), asks=(question(chance),))


@EXERCISE.scene
def two_threads(chance: Random) -> Scene:
    """Two questions on one thread; between them, somebody else asks something on another one."""
    replies = tuple(Reply(words(chance, 6)) for _ in range(3))
    other = Ask(question(chance), thread=1)
    return Scene(replies=replies, asks=(question(chance), other, question(chance)))


@EXERCISE.scene
def tool_output(chance: Random) -> Scene:
    """The browser sends the output of a client tool: there is no message to answer."""
    before = (question(chance), "".join(words(chance, 6)))
    return Scene(held=(before,), replies=(Reply(words(chance, 10)),), asks=(Ask(None),))


@EXERCISE.scene
def long_talk(chance: Random) -> Scene:
    """The last question of a conversation that is longer than one page of the store."""
    held = tuple((question(chance), words(chance, 1)[0]) for _ in range(MANY - 1))
    return Scene(held=held, replies=(Reply(words(chance, 3)),), asks=(question(chance),))


def no_text(seen: Seen, k: int = 0) -> Miss:
    """The same words for all checks that need an answer."""
    asked = "The model was never asked." if len(seen.asked) <= k else "The model answered."
    return Miss(
        expected="The model's answer on the screen.",
        seen=f"{asked} No text of it came.",
        next_step="Start the run with Runner.run_streamed, and yield each event of stream_agent_response.",
    )


@EXERCISE.check("each token is on the screen at once", points=3, scene=one_question)
def streams(seen: Seen) -> Miss | None:
    if not seen.made or not seen.text():
        return no_text(seen)
    late = seen.delays()
    worst, made = max(late, default=0.0), len(seen.made)
    if len(late) == made and worst <= SOON and seen.said() in seen.text():
        return None
    pieces = seen.recording().deltas
    first = seen.recording().first_token or 0.0
    told = f"{pieces} pieces came, the slowest {worst:.2f} s after it was made."
    if pieces < 2:
        told = f"All came in one piece, after {first:.2f} s. The first token was made {worst:.2f} s before."
    elif len(late) < made:
        told = f"Only {len(late)} of them came."
    return Miss(
        expected=f"Each of the {made} tokens on the screen within {SOON:.1f} s.",
        seen=told,
        next_step="Yield each event inside the loop, as it comes. Wait for nothing there.",
    )


@EXERCISE.check("the answer is finished and saved", points=2, scene=one_question)
def finished(seen: Seen) -> Miss | None:
    if not seen.made or not seen.text():
        return no_text(seen)
    done, saved = seen.finished(), seen.saved_answers()
    whole, ended = done == saved == [seen.said()], seen.recording().outcome
    if whole and ended == "done":
        return None
    if whole:
        told = "The answer came, and after it the stream broke off with an error."
        advice = "After the loop, respond just ends. Take out what stands there, such as the stub's bare `yield`."
    elif not done:
        told = "No done event came for the message. After a reload, the answer is gone."
        advice = "Pass on every event: the last one, thread.item.done, saves the message."
    elif done == saved and len(done) > 1:
        told = f"{len(done)} messages were finished and saved."
        advice = "Finish one message, once: stream_agent_response does it."
    else:
        kept = len(saved[0]) if saved else 0
        told = f"The store holds {kept} of {len(seen.said())} characters."
        advice = "Give the done event the whole text."
    return Miss("One message with the whole answer, done and in the store.", told, advice)


def spoken(seen: Seen, call: int) -> list[tuple[str, str]]:
    """What the model was asked, only the messages of user and assistant."""
    return [one for one in seen.asked_texts(call) if one[0] in ("user", "assistant")]


def typed(seen: Seen, k: int) -> str:
    """What the user typed in request `k`."""
    return seen.scene.asks[k].text or ""


def same(got: list[tuple[str, str]], wanted: list[tuple[str, str]]) -> bool:
    """Tell whether the messages are these, in this order."""
    return len(got) == len(wanted) and all(
        role == role_wanted and text_wanted.strip() in text
        for (role, text), (role_wanted, text_wanted) in zip(got, wanted, strict=True)
    )


@EXERCISE.check("the model gets the question as a message", points=1, scene=one_question)
def asked(seen: Seen) -> Miss | None:
    if not seen.asked:
        return no_text(seen)
    wanted, got = [("user", typed(seen, 0))], spoken(seen, 0)
    if same(got, wanted):
        return None
    if not got:
        told = f"It got {str(seen.asked[0].input)[:90]}: no message of the user."
        advice = "Convert what the store holds with simple_to_agent_input. `.content` is a list of ChatKit's own objects."
        return Miss("One message of the user, with the question.", told, advice, "content_as_input")
    if len(got) > 1:
        told = f"It got the question {len(got)} times."
        advice = "The question is in the store already: do not add it to the history."
    else:
        told = f"It got another text: {got[0][1][:60]!r}"
        advice = "Convert what the store holds with simple_to_agent_input."
    return Miss("One message of the user, with the question.", told, advice)


@EXERCISE.check("the model knows what was said before", points=2, scene=two_threads)
def remembers(seen: Seen) -> Miss | None:
    if len(seen.asked) < 3 or not seen.text(2):
        return no_text(seen, 2)
    wanted = [("user", typed(seen, 0)), ("assistant", seen.said(0)), ("user", typed(seen, 2))]
    got = spoken(seen, 2)
    if same(got, wanted) and same(spoken(seen, 1), [("user", typed(seen, 1))]):
        return None
    told, advice = mixed_up(seen, got, wanted) or too_few_or_many(seen, got)
    return Miss(
        expected="The model gets question 1, its answer, and question 2, in this order.",
        seen=told,
        next_step=advice,
        pitfall="no_history" if told.startswith("It got 1 message only") else "",
    )


def mixed_up(
    seen: Seen, got: list[tuple[str, str]], wanted: list[tuple[str, str]]
) -> tuple[str, str] | None:
    """What came, and what to do: the right messages in a wrong form, or those of another thread."""
    heard = " ".join(text for _, text in got)
    if typed(seen, 1) in heard or typed(seen, 0) in " ".join(text for _, text in spoken(seen, 1)):
        return (
            "It also got what another user said, in another thread.",
            "Keep no history in the server: load it from the store, for this thread.",
        )
    if same(got[::-1], wanted):
        return (
            "It got them in the wrong order, the newest first.",
            'Turn the items round: `page.data[::-1]`, or load them with "asc".',
        )
    if len(got) == 1 and all(text.strip() in heard for _, text in wanted):
        return (
            "It got all of them in one message of the user.",
            "Give the items to simple_to_agent_input: it keeps who said what.",
        )
    return None


def too_few_or_many(seen: Seen, got: list[tuple[str, str]]) -> tuple[str, str]:
    """What came, and what to do: not these three messages."""
    roles = ", ".join(role for role, _ in got)
    told = f"It got {len(got)} messages ({roles}), and not these three."
    if not got:
        told = "It got no message at all."
    elif len(got) == 1:
        told = f"It got 1 message only, of the {roles}."
    elif len(got) > 3:
        told = f"It got {len(got)} messages ({roles}), not 3."
    advice = "Load the thread's items from the store, and convert them all."
    if seen.said(0) not in seen.saved_answers():
        advice = "Answer 1 is not in the store. Mend the check about finishing and saving first."
    elif len(got) > 3:
        advice = "The store holds each message once: give the model these items, and nothing more."
    return told, advice


@EXERCISE.check("it answers without a new message", points=1, scene=tool_output)
def no_message(seen: Seen) -> Miss | None:
    expected = (
        "When a client tool has answered, `input_user_message` is None, and the model goes on."
    )
    if not seen.asked:
        return Miss(
            expected=expected,
            seen="The model was not asked. The user saw no word.",
            next_step="`input_user_message` is None then. Ask the model with the history alone.",
        )
    before, _ = seen.scene.held[0]
    if before not in " ".join(text for _, text in seen.asked_texts()):
        return Miss(
            expected=expected,
            seen="The model was asked without the conversation.",
            next_step="Load the history from the store; the tool's output is in it.",
        )
    if not any("output" in kind for kind, _ in seen.asked_texts()):
        return Miss(
            expected=expected,
            seen="The model did not get the tool's output.",
            next_step="Convert all items of the thread with simple_to_agent_input.",
        )
    if seen.said() in seen.text() and seen.said() in seen.saved_answers():
        return None
    return Miss(
        expected=expected,
        seen="The model answered, but its answer was not shown and saved.",
        next_step="Stream this answer like any other one.",
    )


@EXERCISE.check("a long conversation keeps its newest part", points=1, scene=long_talk)
def newest(seen: Seen) -> Miss | None:
    if not seen.asked or not seen.text():
        return no_text(seen)
    before, said = seen.scene.held[-1]
    wanted = [("user", before), ("assistant", said), ("user", typed(seen, 0))]
    got = spoken(seen, 0)
    if same(got[-3:], wanted):
        return None
    told = f"The last messages that it got are of: {', '.join(role for role, _ in got[-3:])}."
    advice = "Mend the checks above first."
    if typed(seen, 0) not in " ".join(text for _, text in got):
        told = f"It got {len(got)} messages, the oldest ones: question {MANY} is not among them."
        advice = 'Load the newest items first ("desc"), and turn them round: `page.data[::-1]`.'
    return Miss(
        expected=f"After {MANY - 1} questions, the model gets question {MANY} and what was said just before.",
        seen=told if got else "It got no message of the user.",
        next_step=advice if got else "Mend the checks above first.",
    )
