"""axe-core on the panel. Apart from the page's own test: the two keep a browser open in different ways."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.axe import violations
from tests.browser.test_panel_page import delta, panel, tell

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_panel(view: Page, scheme: Any) -> None:
    view.emulate_media(color_scheme=scheme)
    shown = panel(view)
    assert violations(shown, "#root") == []
    tell(shown, delta("r1", 0, "Some words"))
    assert violations(shown, "#root") == []
    view.emulate_media(color_scheme="light")
