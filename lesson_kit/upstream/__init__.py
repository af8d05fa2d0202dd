"""A model's server to order: it plays a script over real HTTP, and fails when it is told to."""

from .asked import Asked
from .trouble import Trouble
from .upstream import Upstream

__all__ = ["Asked", "Trouble", "Upstream"]
