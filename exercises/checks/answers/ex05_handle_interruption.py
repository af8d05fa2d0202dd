"""Answers that prove the checks of ex05: typical wrong ones, and right ones in other words."""

from __future__ import annotations

from .ex05.right import RIGHT
from .ex05.wrong import WRONG

__all__ = ["RIGHT", "WRONG"]
