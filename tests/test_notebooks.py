"""The notebooks: outputs compared by nbval, and what a static reader and a stranger's machine need."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.kernels.nursery import Nursery, Outcome

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
GLOSSARY = ROOT / "notebooks" / "glossary.ipynb"  # words only: nothing to run, and no rhythm
LESSONS = [path for path in NOTEBOOKS if path != GLOSSARY]
RHYTHM = ["See it", "Predict", "Run", "Explain", "Change it", "Check yourself", "Where next"]


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def outputs(path: Path) -> list[Any]:
    return [out for cell in read(path).cells for out in cell.get("outputs", [])]


def code_of(path: Path) -> list[str]:
    return [cell.source for cell in read(path).cells if cell.cell_type == "code"]


def headings_of(path: Path) -> set[str]:
    """The anchors of a notebook's headings, as JupyterLab makes them (seen in 4.6).

    Spaces become hyphens, and capitals stay: `#first-token` is found, `#first%20token` and `#First-Token` are not.
    """
    sources = [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]
    found = re.findall(r"^#{1,6} (.+)$", "\n".join(sources), re.MULTILINE)
    return {heading.strip().replace(" ", "-") for heading in found}


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest, kernels: Nursery) -> dict[Path, Outcome]:
    """What nbval says of all notebooks that this session asks for: one call, since its start costs more than a notebook."""
    return kernels.nbval(*paths_asked_for(request))


def paths_asked_for(request: pytest.FixtureRequest) -> list[Path]:
    wanted = [
        item for item in request.session.items if "outcomes" in getattr(item, "fixturenames", ())
    ]
    return [item.callspec.params["path"] for item in wanted if item.path == request.path]  # type: ignore[attr-defined]


@pytest.mark.notebooks
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_running_it_gives_the_outputs_that_are_committed(
    path: Path, outcomes: dict[Path, Outcome]
) -> None:
    assert outcomes[path] == Outcome(passed=len(code_of(path)))


@pytest.mark.notebooks
def test_one_changed_output_fails(tmp_path: Path, kernels: Nursery) -> None:
    notebook = read(ROOT / "notebooks" / "01_why_stream.ipynb")
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"][:1]
    assert notebook.cells[0].outputs[0].text == "84 words\n"
    notebook.cells[0].outputs[0].text = "85 words\n"
    path = tmp_path / "changed.ipynb"
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]
    outcome = kernels.nbval(path)[path]
    assert outcome.passed == 0
    assert "85 words" in outcome.told


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestWhatIsCommitted:
    def test_it_is_a_valid_notebook_with_all_its_outputs(self, path: Path) -> None:
        notebook = read(path)
        nbformat.validate(notebook)
        counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
        assert counts == list(range(1, len(counts) + 1)), (
            "run it from top to bottom: make notebooks"
        )

    def test_no_widget_state_or_view_is_kept(self, path: Path) -> None:
        assert "widgets" not in read(path).metadata
        assert not [
            out for out in outputs(path) if any("widget" in kind for kind in out.get("data", {}))
        ]

    def test_it_shows_no_secret_and_no_path_of_a_machine(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"sk-[A-Za-z0-9]{8}|/home/|/root/|/Users/|/tmp/ipykernel|C:\\\\", text)

    def test_it_imports_public_names_only(self, path: Path) -> None:
        for source in code_of(path):
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.ImportFrom):
                    assert not any(part.startswith("_") for part in (node.module or "").split("."))
                    assert not any(alias.name.startswith("_") for alias in node.names)

    def test_the_notebooks_it_links_to_exist(self, path: Path) -> None:
        for target in re.findall(r"\]\(([\w./]+\.ipynb)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).is_file(), target

    def test_its_links_into_the_glossary_lead_to_a_heading(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        wanted = set(re.findall(r"glossary\.ipynb#([^)\s\"\\]+)", text))
        if path == GLOSSARY:
            wanted |= set(re.findall(r"\]\(#([^)]+)\)", text))
        assert wanted <= headings_of(GLOSSARY), (
            f"the glossary has no {wanted - headings_of(GLOSSARY)}: add the word there, or mend the link"
        )


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
class TestALesson:
    def test_a_reader_without_a_kernel_sees_a_picture(self, path: Path) -> None:
        assert [out for out in outputs(path) if "<svg" in out.get("data", {}).get("text/html", "")]

    def test_it_keeps_the_rhythm_of_the_course(self, path: Path) -> None:
        sources = [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]
        found = re.findall(r"^## (.+)$", "\n".join(sources), re.MULTILINE)
        assert [heading for heading in found if heading in RHYTHM] == RHYTHM

    def test_its_cells_are_short(self, path: Path) -> None:
        assert max(source.count("\n") for source in code_of(path)) <= 30
