"""An exercise: its checks with their scenes, its hints, and the answers that prove the checks right.

A check file `exercises/checks/exNN_topic.py` makes one:

    EXERCISE = Exercise("ex03_thinking_indicator", title="Show that the model thinks", defines=["ThinkingServer"], hints=(...))

    @EXERCISE.scene
    def slow_model(chance: Random) -> Scene:
        ...

    @EXERCISE.check("the thinking line comes at once", points=2, scene=slow_model)
    def at_once(seen: Seen) -> Miss | None:
        ...

The answers that prove the checks stand in `exercises/checks/answers/exNN_topic.py`, as the lists WRONG and RIGHT. They are
read when somebody asks for them: a student's Check never does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import TypeAlias

from ..scene import Scene, Seen

__all__ = ["MAY_USE", "Check", "Exercise", "Miss", "Right", "Wrong"]

# What every answer may import; a notebook states it, and anything else is `forbidden`.
MAY_USE: tuple[str, ...] = (
    "__future__", "abc", "agents", "anyio", "asyncio", "chatkit", "collections", "contextlib", "dataclasses", "datetime",
    "enum", "functools", "heapq", "itertools", "json", "logging", "math", "openai", "operator", "pydantic", "queue",
    "random", "re", "statistics", "string", "textwrap", "time", "typing", "typing_extensions", "uuid",
)  # fmt: skip


@dataclass(frozen=True)
class Miss:
    """Why a check was not passed: what was expected, what was seen, what to do next (short sentences)."""

    expected: str
    seen: str
    next_step: str
    pitfall: str = ""
    line: int | None = None


MakeScene: TypeAlias = Callable[[Random], Scene]
Judge: TypeAlias = Callable[[Seen], Miss | None]


@dataclass(frozen=True)
class Check:
    """One thing that an answer must do: `judge` looks at what was seen in the scene of that name."""

    name: str
    points: float
    scene: str
    judge: Judge


@dataclass(frozen=True)
class Wrong:
    """A typical wrong answer, and the check that it must fail.

    `source` is a whole answer; or `edits`, pairs of (old, new) text, make it out of the solution. `check` is the name of
    the first check that must fail, and `says` a part of what the student must then read.
    """

    name: str
    check: str
    says: str
    source: str = ""
    edits: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Right:
    """A right answer that is written differently from the solution: it must pass every check."""

    name: str
    source: str = ""
    edits: Sequence[tuple[str, str]] = ()


@dataclass
class Exercise:
    """One exercise. `name` is exNN_topic; `defines` are the classes or functions that an answer must define, in order.

    `may_use` are the modules that an answer may import. `hints` are three, of rising directness.
    """

    name: str
    title: str
    defines: Sequence[str]
    hints: Sequence[str] = ()
    may_use: Sequence[str] = MAY_USE
    scenes: dict[str, MakeScene] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    answers: Callable[[], tuple[list[Wrong], list[Right]]] = lambda: ([], [])

    @property
    def number(self) -> str:
        """The short name: "ex03"."""
        return self.name.split("_")[0]

    @property
    def max_score(self) -> float:
        """The points of all checks."""
        return sum(check.points for check in self.checks)

    @cached_property
    def wrong(self) -> list[Wrong]:
        """Typical wrong answers; each must fail in its check, and be told what it needs."""
        return self.answers()[0]

    @cached_property
    def right(self) -> list[Right]:
        """Right answers in other words than the solution's."""
        return self.answers()[1]

    def scene(self, make: MakeScene) -> MakeScene:
        """Register a scene under the name of the function that makes it from chance."""
        self.scenes[make.__name__] = make
        return make

    def check(self, name: str, *, points: float, scene: MakeScene) -> Callable[[Judge], Judge]:
        """Register a check: the function gets what was seen in the scene, and returns a `Miss` or None.

        Raises `ValueError` for a scene that is not registered, or a name that is taken.
        """
        if self.scenes.get(scene.__name__) is not scene:
            raise ValueError(
                f"expected a scene of {self.name}, but {scene.__name__} is none. Put @EXERCISE.scene above it."
            )
        if any(check.name == name for check in self.checks):
            raise ValueError(
                f"{self.name} has two checks called {name!r}. Give each a name of its own."
            )

        def register(judge: Judge) -> Judge:
            self.checks.append(Check(name, points, scene.__name__, judge))
            return judge

        return register
