"""A trouble of the upstream: how it is written short, and what is none."""

from __future__ import annotations

from typing import Any

import pytest

from lesson_kit.upstream import Trouble


@pytest.mark.parametrize(
    ("written", "trouble"),
    [
        ("ok", Trouble()),
        ("503", Trouble(503)),
        ("429+2.5", Trouble(429, retry_after=2.5)),
        ("slow:10", Trouble(slow=10)),
        ("stall:3", Trouble(stall_at=3)),
        ("error:0", Trouble(error_at=0)),
        ("reset:3", Trouble(reset_at=3)),
        (" Malformed:1 ", Trouble(malformed_at=1)),
    ],
)
def test_a_trouble_can_be_written_short(written: str, trouble: Trouble) -> None:
    assert Trouble.parse(written) == trouble


@pytest.mark.parametrize(
    "written",
    ["", "200", "50", "stall", "stall:1.5", "slow", "reset+2", "429:2", "ok:1", "503 503"],
)
def test_what_is_no_trouble_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"expected one of|takes an HTTP error"):
        Trouble.parse(written)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"status": 503, "reset_at": 1}, "status, reset_at came"),
        ({"stall_at": 1, "error_at": 1}, "stall_at, error_at came"),
        ({"retry_after": 1}, "needs a status="),
        ({"slow": -1}, "slow= must be 0 or more"),
    ],
)
def test_a_trouble_is_one_fault(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Trouble(**fields)
