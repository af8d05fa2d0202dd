"""The grader: judges what was seen of an answer, and never runs a line of it."""

from .catalog import UnknownExercise, find_exercise, load_exercises
from .exercise import Check, Exercise, Miss, Right, Wrong
from .judge import Judged, judge
from .result import CheckResult, Result, Status

__all__ = [
    "Check",
    "CheckResult",
    "Exercise",
    "Judged",
    "Miss",
    "Result",
    "Right",
    "Status",
    "UnknownExercise",
    "Wrong",
    "find_exercise",
    "judge",
    "load_exercises",
]
