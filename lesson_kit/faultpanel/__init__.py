"""The fault panel: a stream broken on purpose, with sliders."""

from .settings import PRESETS, Settings
from .widget import FaultPanel

__all__ = ["PRESETS", "FaultPanel", "Settings"]
