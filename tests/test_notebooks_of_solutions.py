"""The solutions' notebooks: outputs compared by nbval."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernels.nursery import Nursery, Outcome
from tests.test_notebooks import ROOT, code_of, paths_asked_for

SOLUTIONS = sorted((ROOT / "solutions").glob("ex*.ipynb"))


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest, kernels: Nursery) -> dict[Path, Outcome]:
    return kernels.nbval(*paths_asked_for(request))


@pytest.mark.notebooks
@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_running_it_gives_the_outputs_that_are_committed(
    path: Path, outcomes: dict[Path, Outcome]
) -> None:
    assert outcomes[path] == Outcome(passed=len(code_of(path)))
