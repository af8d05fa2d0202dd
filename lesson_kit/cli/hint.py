"""`lesson-kit hint`: one more hint for an exercise."""

from __future__ import annotations

from .exercises import ExerciseName, at_desk, leave


def hint(exercise: ExerciseName) -> None:
    """Show one more hint for an exercise with each call. There are three, the last says nearly all.

    Examples:

      lesson-kit hint ex03
    """
    desk, name = at_desk(exercise)
    leave(desk.hint(name))
