"""The offline tutor: fixed answers to the questions about streaming that the course suggests.

It makes the live panel worth using without a key. It never repeats what the user wrote, so there is nothing that a
page could take for markup, and it says what it is. The facts are those that the course measured (the ledger).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .script import Script
from .script.play import ModelCall
from .script.reply import Reply

__all__ = ["QUESTIONS", "tutor"]

# Seconds, like a quick real model: a short thought, then 25 words a second.
THINKING = 0.8
GAP = 0.04

# Only so much of a message is searched: no question is longer, and a huge paste costs nothing.
_LONGEST = 2_000


@dataclass(frozen=True)
class Lesson:
    """A question that the tutor can answer.

    `signs` are beginnings of words, as a regular expression: a message with one of them asks about this. Lessons
    with a low `rank` are looked for first: "why did my stream freeze" is about freezing, not about streaming.
    """

    question: str
    rank: int
    signs: str
    answer: str


_LESSONS = (
    Lesson(
        "Why stream an answer?",
        3,
        r"why (should \w+ |do \w+ |use |to )?stream|what is streaming|streaming instead|blocking\b",
        """Because waiting in front of an empty page feels long. A streamed answer takes just as long in all, but you \
read the first words while the rest is still being made.

There is a second reason: who can read along can stop early when the answer goes the wrong way. That saves time, and \
money too, if the server really stops the model.

How soon the first word comes is up to the model. So do not trust a number that you read somewhere: measure it.""",
    ),
    Lesson(
        "What is a delta?",
        2,
        r"deltas?\b",
        """A delta is one small piece of an answer. The model sends it as soon as it is made, and the page adds it to \
the text that is already there.

A delta is not always a token. It can be part of a word, a word or a whole sentence. So count deltas to see how \
smooth a stream is, but read the usage at the end to see what it cost.

In the Agents SDK its type is response.output_text.delta. Check the type: the arguments of a tool call come as deltas \
too, and they are not meant for the reader.""",
    ),
    Lesson(
        "What is first token latency?",
        1,
        r"first[ -](token|delta|word|text)|latenc|ttft\b",
        """It is the time from your question to the first piece of the answer. It is also called TTFT, time to first \
token. For a reader it counts most, because until then nothing moves.

Most of it is the model's own: it reads the question, and some models think for many seconds before they speak. Your \
server adds little, unless it waits for a slow database first.

Measure it apart from the gaps between deltas. The two have different causes, and one average hides both.""",
    ),
    Lesson(
        "What happens when I press Stop?",
        2,
        r"stop\b|cancel|disconnect|close the (tab|page)",
        """Your page closes the connection. ChatKit's protocol has no message that says "cancel", so that is all the \
server gets to see.

By itself it stops nothing: the Agents SDK lets the model go on to the end. The server must call result.cancel(), and \
then no more text is made.

The text so far is the next trap. ChatKit tries to save it in a task that is being cancelled, so any store that \
really waits loses it. This course's server protects that save. Try it: press Stop now, and see what is kept.""",
    ),
    Lesson(
        "Why did my stream freeze?",
        1,
        r"freez|froze|stuck\b|hang(s|ing)?\b|hung\b|stall|time\.sleep|stream (has |just )?(stop|end|broke)",
        """Look at who else froze. If all users stood still at once, your code blocked the event loop: one time.sleep, \
or one slow database call in an async function, holds up every stream of the process. Move it to asyncio.to_thread, or \
use an async library. The course's watch names the line.

If only one stream stood still, the model may have gone silent. Set three time limits: for the first token, between \
two tokens, and for the whole answer. Keep the text that came before, and offer to try again.""",
    ),
    Lesson(
        "Why do my deltas come in bursts?",
        0,
        r"burst|all at once|in chunks|buffer|jerky",
        """Somebody collects them on the way to you. There are three usual places.

The model's server may send several words at a time. Then bursts go in and bursts come out, and no helper changes that.

A proxy may hold the text until its buffer is full. The header X-Accel-Buffering: no asks nginx not to.

Or your own event loop is blocked for a moment, and all that waited arrives together. To find out which, note the time \
of each delta at the model, at the server and at the client: the gaps begin where the fault is.""",
    ),
    Lesson(
        "What is backpressure?",
        0,
        r"back[ -]?pressure|slow (reader|client|consumer)",
        """Backpressure is how a slow reader tells a fast writer to wait.

In this stack it ends at the socket. When your browser stops reading, the server's send waits. But the model does not: \
the Agents SDK puts its events into a queue without a limit, so the answer is made to its end and lies there unread.

A small queue of your own does not help: the pile only moves one step up. What helps is a cap on the turns that run at \
once, a time limit for the whole answer, or to cancel when too much lies unread.""",
    ),
    Lesson(
        "How does ChatKit save a message?",
        1,
        r"save[sd]?\b|saving|persist|stored?\b.*(message|answer|item|thread)|(message|answer|item|thread).*\bstore",
        """ChatKit saves an item of the answer when you yield its ThreadItemDoneEvent. The events before that, Added \
and Updated, only change what the reader sees.

So an answer that never comes to Done is gone after a reload. That happens when the model breaks off, when a time \
limit passes, or when the reader leaves.

The cure: keep the text that was sent so far, and when something goes wrong yield a Done event with it yourself. And \
give each message an id of its own.""",
    ),
    Lesson(
        "Why did my second answer overwrite the first?",
        0,
        r"overwr|(duplicate|same) ids?\b|__fake_id__",
        """Both have the same id. ChatKit takes a message's id from the model, and the store keeps one item for each id.

A model behind the Responses API sends a new id with every message. Behind Chat Completions there is no such id, so the \
Agents SDK writes the same word each time: __fake_id__. The second answer then takes the place of the first.

The cure is a small step in between: give every new message an id from the store, and use it for its updates and its \
Done event too.""",
    ),
)

QUESTIONS: tuple[str, ...] = tuple(lesson.question for lesson in _LESSONS)
"""The questions that the tutor can answer, in the words that the course suggests."""

_SIGNED = "{answer}\n\n(Offline tutor, fixed answer. Ask me next: {next})"

_HONEST = """I am the offline tutor. There is no AI model behind me, only a script with {many} fixed answers about \
streaming, and what you wrote is not a question that I know. So I leave it, rather than make something up.

You can still watch me stream: my words come to you the same way as a real model's. Or ask me one of these:

{questions}

To talk to a real model here, set LESSON_KIT_MODEL and OPENAI_API_KEY, and start again."""


def tutor() -> Script:
    """Make the offline tutor: it answers the `QUESTIONS`, and says so when it cannot answer."""
    return Script.answering(_reply)


def _reply(question: str, call: ModelCall) -> Reply:
    return Reply(_answer(question), thinking=THINKING, gap=GAP)


def _answer(question: str) -> str:
    words = " ".join(question[:_LONGEST].lower().split())
    for lesson in sorted(_LESSONS, key=lambda lesson: lesson.rank):
        if re.search(rf"\b(?:{lesson.signs})", words):
            following = QUESTIONS[(_LESSONS.index(lesson) + 1) % len(QUESTIONS)]
            return _SIGNED.format(answer=lesson.answer, next=following)
    return _HONEST.format(many=len(QUESTIONS), questions="\n".join(QUESTIONS))
