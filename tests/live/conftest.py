"""What live tests share: one PostgreSQL server, where one is installed."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.live.postgres import Postgres


NO_POSTGRES = "no PostgreSQL for the tests"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tests that lack a PostgreSQL are one line of the summary, not one line each."""
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple):
        reason = str(report.longrepr[2])
        if NO_POSTGRES in reason:
            report.longrepr = (str(Path(__file__).parent), None, reason)  # type: ignore[assignment]
    return report


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running server of this process's own, or one skip line that says what is missing."""
    pytest.importorskip("pwd", reason=f"{NO_POSTGRES}: it is started on Unix only")
    from tests.live.postgres import running, why_not

    if missing := why_not():
        pytest.skip(f"{NO_POSTGRES}: {missing}")
    with running() as server:
        yield server
