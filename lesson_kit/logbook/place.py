"""Where the course lies, seen from wherever a notebook or a terminal was opened."""

from __future__ import annotations

from pathlib import Path

__all__ = ["course_folder", "logbook_file"]

# Any of these marks the folder of a course.
_MARKS = ("notebooks", "exercises", "solutions")


def course_folder(start: Path | None = None) -> Path:
    """Find the course from a folder (the working directory) upwards; else the one that this kit was installed from.

    Where neither is a course, it is `start` itself: a student may keep the answers anywhere.
    """
    start = (start or Path.cwd()).resolve()
    checkout = Path(__file__).resolve().parents[2]
    for folder in (start, *start.parents, checkout):
        # One mark may stand anywhere ("notebooks" in a home folder); two together are a course.
        if sum((folder / mark).is_dir() for mark in _MARKS) >= 2:
            return folder
    return start


def logbook_file(start: Path | None = None) -> Path:
    """The logbook's place: `.lesson_kit/progress.sqlite` in the folder of the course."""
    return course_folder(start) / ".lesson_kit" / "progress.sqlite"
