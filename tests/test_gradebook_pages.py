"""The pages in a real browser: nothing of a student's runs, all can be read on a phone and with a keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from lesson_kit.gradebook import Left, Record, write_reports
from lesson_kit.grader import CheckResult
from tests.browser.axe import violations

pytestmark = pytest.mark.browser

HTML = """</pre></code></td></title><script>alert(1)</script><img src=x onerror="alert(2)"><svg onload=alert(3)>
<style>*{display:none}</style><meta http-equiv=refresh content="0;url=http://example.org/"><base href=//example.org>
<form action=//example.org><button autofocus onfocus=alert(4)>"""
NAMES = (
    HTML.replace("\n", ""),
    "javascript:alert(5)",
    "x" * 120,
    "محمد بن موسى الخوارزمي",
    "Ada Lovelace",
)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("grades")
    told = f"{HTML} `{HTML}` {'W' * 300}"
    failed = CheckResult(name=HTML, status="failed", points=0, max_points=3, expected=told, seen=told, next_step=told, line=7, pitfall="blocked_loop")  # fmt: skip
    crashed = CheckResult(name="it ends", status="crashed", points=0, max_points=3, seen=told)
    broken = crashed.model_copy(update={"status": "grader_error"})
    shape = (1, 2, 3, 4)
    write_reports(
        folder,
        [
            Record(student=name, exercise="ex03_line", checks=[failed, crashed if k else broken], message=told, file=told, source=f"{told}\n" * 30, isolation=HTML, shape=shape if k < 2 else ())
            for k, name in enumerate(NAMES)
        ],
        [Left(HTML, HTML)],
        {"ex03_line": HTML},
    )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def addresses(out: Path) -> list[str]:
    return [path.as_uri() for path in (out / "class.html", *sorted((out / "feedback").iterdir()))]


@pytest.fixture(params=["light", "dark"])
def narrow(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A phone's screen. Only the axe of the test may get past the pages' policy."""
    context = browser.new_context(viewport={"width": 360, "height": 700}, color_scheme=request.param, bypass_csp=True)  # fmt: skip
    yield context.new_page()
    context.close()


def test_nothing_of_a_students_runs_or_is_loaded(page: Page, addresses: list[str]) -> None:
    happened: list[str] = []
    page.on("dialog", lambda dialog: (happened.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda message: happened.append(message.text))
    page.on("pageerror", lambda error: happened.append(str(error)))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for address in addresses:
        page.goto(address)
        for summary in page.query_selector_all("summary"):
            summary.click()
        assert page.url == address
        assert page.is_visible("h1")
    assert (happened, asked) == ([], addresses)
    assert "<script>alert(1)</script>" in page.inner_text("main")


def test_a_phone_shows_all_and_a_screen_reader_stumbles_over_nothing(
    narrow: Page, addresses: list[str]
) -> None:
    for address in addresses[:2]:  # the overview and a student's: the others are made alike
        narrow.goto(address)
        for summary in narrow.query_selector_all("summary"):
            summary.click()
        assert narrow.evaluate("document.documentElement.scrollWidth") <= 360
        assert violations(narrow) == []


def test_every_student_is_found_from_the_overview(page: Page, addresses: list[str]) -> None:
    page.goto(addresses[0])
    page.get_by_role("link", name="Ada Lovelace").first.click()
    assert page.inner_text("h1") == "Feedback for Ada Lovelace"
