"""What browser tests look at: JupyterLab, and the front end's modules in a Chromium without any server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

import lesson_kit
from lesson_kit.panel.joined import one_module
from tests.attacks.watch import Watch
from tests.browser.chat import LIMIT
from tests.browser.lab import Lab, running_lab
from tests.conftest import BROWSER_ARGS
from tests.kernels.nursery import nursery

TYPES = {".js": "text/javascript", ".css": "text/css"}
FRONT = Path(lesson_kit.__file__).parent / "page"
EMPTY = (
    '<!doctype html><html lang="en"><link rel="stylesheet" href="/palette.css">'
    '<link rel="stylesheet" href="/panel.css"><div id="root"></div>'
)


@pytest.fixture(scope="session")
def one_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One JupyterLab for all tests in it: to start it takes longer than most of them."""
    with (
        nursery(tmp_path_factory.mktemp("warm")) as warm,
        running_lab(tmp_path_factory.mktemp("lab"), warm.environment) as running,
    ):
        yield running


@pytest.fixture
def lab(one_lab: Lab) -> Iterator[Lab]:
    """JupyterLab without any kernel of an earlier test."""
    yield one_lab
    one_lab.end_kernels()


@pytest.fixture(scope="module")
def watch(browser: Browser) -> Iterator[Watch]:
    watching = Watch(browser)
    watching.page.set_default_timeout(LIMIT)
    yield watching
    watching.context.close()


@pytest.fixture(scope="module")
def view(chromium: Path) -> Iterator[Page]:
    """One page for all tests here: they are many and quick."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=BROWSER_ARGS)
        page = running.new_page(viewport={"width": 800, "height": 700})
        page.route("http://kit.test/**", serve)
        yield page
        running.close()


def serve(route: Route) -> None:
    name = route.request.url.rpartition("/")[2]
    if not name:
        route.fulfill(body=EMPTY, content_type="text/html")
    elif name == "joined.js":
        route.fulfill(body=one_module(), content_type="text/javascript")
    elif (FRONT / name).is_file():
        file = FRONT / name
        route.fulfill(body=file.read_text(encoding="utf-8"), content_type=TYPES[file.suffix])
    else:
        route.fulfill(status=404)


def fresh(page: Page) -> Page:
    """Load an empty page, for tests that leave something behind."""
    page.goto("http://kit.test/")
    return page


def loaded(page: Page) -> Page:
    """Load an empty page unless one is there, for tests that leave nothing behind."""
    return page if page.url == "http://kit.test/" else fresh(page)
