"""`lesson-kit reset`: an exercise as it was at the beginning."""

from __future__ import annotations

from .exercises import ExerciseName, at_desk, leave


def reset(exercise: ExerciseName) -> None:
    """Bring the untouched notebook of an exercise back.

    What was there is kept beside it as exNN_topic.backup-1.ipynb, and your points stay.

    Examples:

      lesson-kit reset ex03
    """
    desk, name = at_desk(exercise)
    leave(desk.reset(name))
