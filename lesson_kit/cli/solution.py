"""`lesson-kit solution`: the solution of an exercise, when it is time for it."""

from __future__ import annotations

from .exercises import ExerciseName, at_desk, leave


def solution(exercise: ExerciseName) -> None:
    """Show the solution of an exercise: open once you have passed, or checked three different answers.

    Exit code 0 when it was shown, 1 when it is still closed.

    Examples:

      lesson-kit solution ex03
    """
    desk, name = at_desk(exercise)
    leave(desk.solution(name))
