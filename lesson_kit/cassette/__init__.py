"""Cassettes: a model's calls as they were heard, to be replayed as a script."""

from .cassette import Cassette
from .fault import Fault, ReplayedError
from .lines import CassetteError
from .take import Piece, Take

__all__ = ["Cassette", "CassetteError", "Fault", "Piece", "ReplayedError", "Take"]
