"""What a model says, when, and how it fails: written down before it is asked.

The real Agents SDK drives the model that a script makes, so everything after the model is real:

    model = Script.say("Hello there, how are you?", thinking=0.8, gap=0.05).model()
    agent = Agent(name="demo", model=model)
    result = Runner.run_streamed(agent, "Hi")
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Sequence
from typing import Any

from .chance import random_replies
from .play import AnswerFunction, Made, ModelCall, ScriptEnded, ScriptModel
from .reply import Reply, ToolCall

__all__ = ["Made", "ModelCall", "Reply", "Script", "ScriptEnded", "ScriptModel", "ToolCall"]

_FIELDS = tuple(field.name for field in dataclasses.fields(Reply))


@dataclasses.dataclass(frozen=True, init=False, repr=False)
class Script:
    """The replies of a model in order: one for each time that the model is called.

    After a reply with tool calls the Runner calls the tools and then the model again, so the next reply answers.
    When all replies are used up, the next call raises `ScriptEnded`, or starts over with `then_repeat=True`.
    Scripts are immutable and comparable. Raises `TypeError` for arguments that make no script.
    """

    replies: tuple[Reply, ...]
    then_repeat: bool
    answer: AnswerFunction | None

    def __init__(self, *replies: Reply, then_repeat: bool = False) -> None:
        for reply in replies:
            if not isinstance(reply, Reply):
                raise TypeError(
                    f"Script takes Reply objects, but {reply!r} came. "
                    'Write Script(Reply("..."), Reply("...")), or Script.say("...") for a single one.'
                )
        if not replies:
            raise ValueError(
                'a script needs a reply: Script.say("Hello"), or Script(Reply("..."), ...).'
            )
        self._fill(replies, then_repeat, None)

    def _fill(
        self, replies: tuple[Reply, ...], then_repeat: bool, answer: AnswerFunction | None
    ) -> None:
        object.__setattr__(self, "replies", replies)
        object.__setattr__(self, "then_repeat", then_repeat)
        object.__setattr__(self, "answer", answer)

    @classmethod
    def say(
        cls,
        text: str | Sequence[str],
        *,
        thinking: float = 1.0,
        gap: float | Sequence[float] = 0.05,
        then_repeat: bool = False,
        **faults: Any,
    ) -> Script:
        """Make a script of one reply: the everyday form.

        A str is split into words ("Hello", " world"); a list of texts is taken as the deltas. `thinking` and `gap`
        are seconds. `faults` are the other arguments of `Reply`, such as `stall_at=3` or `error="rate_limit"`.
        """
        for name in faults:
            if name not in _FIELDS:
                near = difflib.get_close_matches(name, _FIELDS, 1)
                hint = f"Did you mean {near[0]}=? " if near else ""
                raise TypeError(
                    f"Script.say has no argument {name}=. {hint}It takes: {', '.join(_FIELDS[1:])}."
                )
        return cls(Reply(text, thinking=thinking, gap=gap, **faults), then_repeat=then_repeat)

    @classmethod
    def answering(cls, function: AnswerFunction) -> Script:
        """Make a script that answers whatever is asked: `function(question, call)` returns the Reply.

        `question` is the text of the last message that the user typed, `call` is the whole call of the model:
        `call.input`, `call.system_instructions`, `call.tools` and more (agents.testing.ModelCall).
        """
        if not callable(function):
            raise TypeError(
                f"Script.answering takes a function(question, call) that returns a Reply, but {function!r} came. "
                "For fixed words use Script.say."
            )
        script = object.__new__(cls)
        script._fill((), False, function)
        return script

    @classmethod
    def random(cls, seed: int, *, replies: int = 1, faults: bool = False) -> Script:
        """Make a script from a seed, for tests: the same seed gives the same script.

        Deltas hold emoji, line ends and other troublemakers; times are whole milliseconds. With `faults`, most
        replies also stall, break, refuse or come in bursts.
        """
        return cls(*random_replies(seed, replies, faults))

    def model(self, *, record: bool = True) -> ScriptModel:
        """Make a fresh model that plays this script from its start; see `ScriptModel` for `record`."""
        return ScriptModel(
            self.replies, then_repeat=self.then_repeat, answer=self.answer, record=record
        )

    def __repr__(self) -> str:
        if self.answer is not None:
            return f"Script.answering({getattr(self.answer, '__name__', self.answer)})"
        repeat = ", then_repeat=True" if self.then_repeat else ""
        if len(self.replies) == 1:
            return f"Script.say({self.replies[0].arguments()}{repeat})"
        return f"Script({', '.join(map(repr, self.replies))}{repeat})"
