"""The truth check: what the texts of the workbook say about the SDKs, held against the installed packages."""

from .check import check, check_texts
from .report import Problem

__all__ = ["Problem", "check", "check_texts"]
