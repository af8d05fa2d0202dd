"""The logbook: what a student has tried, passed and asked for, kept over restarts."""

from .book import Logbook
from .entry import Deed, Entry
from .place import course_folder, logbook_file

__all__ = ["Deed", "Entry", "Logbook", "course_folder", "logbook_file"]
