"""Pages of a list that is ordered by time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["LONGEST", "check_page", "instant"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A client may ask for any number; more than this does not fit every database's LIMIT.
LONGEST = 2**31 - 2


def instant(moment: datetime) -> int:
    """Return microseconds since 1970 in UTC, so that naive and aware times can be put in one order.

    A naive time is local time: ChatKit stamps with `datetime.now()` (chatkit/server.py).
    """
    if moment.utcoffset() is None:
        try:
            moment = moment.astimezone()
        except (OverflowError, OSError, ValueError):
            # Years near 1 and 9999 have no local time, and on Windows none before 1970 has.
            moment = moment.replace(tzinfo=UTC)
    return (moment - EPOCH) // timedelta(microseconds=1)


def check_page(limit: int, order: str) -> tuple[int, bool]:
    """Return what a page request means: (most items, newest first); `ValueError` if nothing."""
    if limit < 1:
        raise ValueError(
            f"limit must be 1 or more, but it is {limit}. A page has at least one item."
        )
    if order not in ("asc", "desc"):
        raise ValueError(
            f"order must be 'asc' (oldest first) or 'desc' (newest first), but it is {order!r}."
        )
    return min(limit, LONGEST), order == "desc"
