"""What every test gets: a process without keys or outside network, and a browser where one is.

Fixtures for live tests: `chromium` (path, or the test is skipped), `browser`, `page`,
`free_port`, `refused`.
"""

import gc
import os
import socket
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from lesson_kit.chromium import HOW_TO_GET, chromium_version, find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.kernels.nursery import Nursery

# Children get the same guard through PYTHONPATH: Python runs the sitecustomize.py in this folder.
# Workers of xdist are such children too, so this must be the very module that they already have.
GUARD = Path(__file__).parent / "guard"
sys.path.insert(0, str(GUARD))
import loopback_only  # noqa: E402
import without_iri  # noqa: E402

# With a key or a chosen model the same test would take another path on another machine; a proxy
# would take even loopback requests outside.
UNWANTED = (
    *("OPENAI_API_KEY", "OPENAI_BASE_URL", "LESSON_KIT_MODEL"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"),
)

BROWSER_ARGS = [
    "--no-sandbox",  # as root, in a container, Chromium refuses to start with its sandbox
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]


def prepare_environment() -> None:
    """Set what this process, and every child of it, may see."""
    for name in UNWANTED:
        os.environ.pop(name, None)
    # A container's Python often saves no bytecode: each of the hundred processes of a test run would then compile
    # this kit, and each worker rewrite all assertions (5 seconds of computing).
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    # Tracing starts a thread, and with a key it tries the network when Python exits.
    os.environ["OPENAI_AGENTS_DISABLE_TRACING"] = "1"
    paths = [str(GUARD), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(path for path in paths if path))


prepare_environment()
loopback_only.install()
without_iri.install()
gc.disable()  # until all tests are collected: until then next to nothing is garbage

# The same examples on every run and no limit on how long one takes: a slow machine is not a bug.
# `HYPOTHESIS_PROFILE=search` looks for new examples.
settings.register_profile("same", derandomize=True, deadline=None, database=None)
settings.register_profile("search", deadline=None, database=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


def pytest_collection_finish() -> None:
    """What is loaded now stays: collections, those that tests ask for too, no longer look through it."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from tests.scheduling import ByWhatIsShared

    return ByWhatIsShared(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        from tests.scheduling import turn_of

        items.sort(key=lambda item: turn_of(item.nodeid))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Four workers at the least: JupyterLab, Chromium and the kernels mostly wait, and leave their core to the others.

    Unit tests never wait, and each more worker loads the SDKs and all tests once more.
    """
    cores = os.cpu_count() or 1
    return cores if "not live" in config.option.markexpr else max(4, cores)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tests that lack a browser are one line of the summary, not one line each."""
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple):
        reason = str(report.longrepr[2])
        if reason.endswith(HOW_TO_GET):
            report.longrepr = (str(Path(__file__).parent / "browser"), None, reason)  # type: ignore[assignment]
    return report


@pytest.fixture(scope="session")
def refusal_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file in which this process and its children note what the guard refused."""
    log = tmp_path_factory.mktemp("guard") / "refused.txt"
    log.touch()
    os.environ[loopback_only.LOG] = str(log)
    return log


@pytest.fixture
def refused(refusal_log: Path) -> Callable[[], list[str]]:
    """Hand over the refusals noted so far, and forget them: for tests that provoke one."""

    def take() -> list[str]:
        lines = refusal_log.read_text(encoding="utf-8").splitlines()
        refusal_log.write_text("", encoding="utf-8")
        return lines

    return take


@pytest.fixture(autouse=True)
def nothing_leaves_this_machine(refusal_log: Path) -> Iterator[None]:
    """Fail a test that tried, also where the code under test swallowed the refusal."""
    yield
    if lines := refusal_log.read_text(encoding="utf-8").splitlines():
        refusal_log.write_text("", encoding="utf-8")
        pytest.fail("expected loopback traffic only; refused: " + "; ".join(lines), pytrace=False)


@pytest.fixture
def free_port() -> int:
    """A loopback port that nobody held a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def kernels(refusal_log: Path, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Nursery]":
    """Real kernels that start at once, for the notebooks."""
    from tests.kernels.nursery import nursery

    with nursery(tmp_path_factory.mktemp("kernels"), sandboxes=True) as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The machine's Chromium, or one skip line that says how to get it."""
    path = find_chromium()
    if path is None or chromium_version(path) is None:
        pytest.skip(HOW_TO_GET)
    return path


@pytest.fixture(scope="module")
def browser(chromium: Path) -> "Iterator[Browser]":
    """A running Chromium, driven by Playwright's sync API.

    One per module: to start it takes a second of computing. Not one for all: the sync API keeps an
    asyncio loop running in this thread until it is stopped, and would break every asyncio test after it.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=BROWSER_ARGS)
        yield running
        running.close()


@pytest.fixture
def page(browser: "Browser") -> "Iterator[Page]":
    """An empty page of desktop size."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()
