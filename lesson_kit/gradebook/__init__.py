"""The gradebook: a class's submissions collected, graded by many workers, told in every form that a teacher needs."""

from .collecting import NothingFound, collect
from .grading import NoWorkers, default_workers, grade_all, processes
from .journal import Journal
from .record import Record
from .submission import Collected, Left, Submission
from .writing import write_reports

__all__ = [
    "Collected",
    "Journal",
    "Left",
    "NoWorkers",
    "NothingFound",
    "Record",
    "Submission",
    "collect",
    "default_workers",
    "grade_all",
    "processes",
    "write_reports",
]
