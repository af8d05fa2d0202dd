"""`lesson-kit next`: the exercise to open now."""

from __future__ import annotations

from .exercises import desk_or_leave
from .say import out, printable


def next_exercise() -> None:
    """Say which exercise comes next: the first that is not done.

    Examples:

      lesson-kit next
    """
    out.print(printable(desk_or_leave().progress().what_next), markup=False)
