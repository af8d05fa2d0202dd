"""Answers that prove the checks of ex10: typical wrong ones, and right ones in other words."""

from __future__ import annotations

from .ex10.right import RIGHT
from .ex10.wrong import WRONG

__all__ = ["RIGHT", "WRONG"]
