"""The desk of a student in a notebook: check an answer, take a hint, see where one stands, start anew."""

from .card import Card
from .desk import Desk
from .note import Note
from .notebook import check, get_ready, hint, progress, reset, solution
from .sheet import Line, Sheet
from .standing import Standing

__all__ = [
    "Card",
    "Desk",
    "Line",
    "Note",
    "Sheet",
    "Standing",
    "check",
    "hint",
    "progress",
    "reset",
    "solution",
]

get_ready()
