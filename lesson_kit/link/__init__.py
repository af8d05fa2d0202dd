"""A connection in this process, with faults to order."""

from .link import Link

__all__ = ["Link"]
