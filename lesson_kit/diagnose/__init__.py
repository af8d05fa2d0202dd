"""Diagnose: why does a ChatKit server's stream misbehave, by which line, and what mends it?

It runs the code, and measures; the source only tells the place. What it cannot explain it calls "unknown".
"""

from .diagnosing import diagnose
from .finding import BadInput, Diagnosis, Finding

__all__ = ["BadInput", "Diagnosis", "Finding", "diagnose"]
