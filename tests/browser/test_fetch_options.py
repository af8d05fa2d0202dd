"""What lesson 16 says of `fetch`, asked of a real browser: no option of the document turns compression off."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tools.record_fetch import FILE, record

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parent.parent.parent


def test_this_browser_sends_what_the_lesson_shows(page: Page) -> None:
    found = record(page)
    shown = json.loads((ROOT / FILE).read_text(encoding="utf-8"))
    plain, high, fresh = found.values()
    assert high == plain
    assert fresh == plain | {"cache-control": "no-cache", "pragma": "no-cache"}
    assert "gzip" in plain["accept-encoding"]
    assert shown.keys() == found.keys()
    # Browsers learn new ways to compress, so this one line may differ from what was recorded.
    for headers in (*found.values(), *shown.values()):
        del headers["accept-encoding"]
    assert found == shown
