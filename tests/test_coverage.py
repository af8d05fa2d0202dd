"""COVERAGE.md: every claim of the documents has a cell that teaches it, or a reason why not."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from tools.ledger import as_markdown, read_ledger

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"


def write(folder: Path, ledger: str, *tags: str) -> Path:
    (folder / "ledger.toml").write_text(ledger, encoding="utf-8")
    cell = nbformat.v4.new_markdown_cell("text", id="99-01", metadata={"tags": list(tags)})  # type: ignore[no-untyped-call]
    notebook = nbformat.v4.new_notebook(cells=[cell])  # type: ignore[no-untyped-call]
    nbformat.write(notebook, folder / "99_topic.ipynb")  # type: ignore[no-untyped-call]
    return folder


def row(id: str, more: str = "") -> str:
    return f'[{id}]\nsays = "something"\nholds = "no"\n{more}\n'


def test_every_claim_has_a_cell_or_a_reason() -> None:
    rows, complaints = read_ledger(NOTEBOOKS)
    assert complaints == []
    assert list(rows) == [f"A{n}" for n in range(1, 59)] + [f"B{n}" for n in range(1, 41)]


def test_the_committed_file_is_what_the_tags_say() -> None:
    rows, _ = read_ledger(NOTEBOOKS)
    committed = (NOTEBOOKS / "COVERAGE.md").read_text(encoding="utf-8")
    assert committed == as_markdown(rows), "run: python -m tools.ledger"


def test_a_tag_makes_a_link_to_the_cell(tmp_path: Path) -> None:
    rows, complaints = read_ledger(write(tmp_path, row("B1"), "B1", "wrong-form"))
    assert complaints == []
    assert rows["B1"].taught == "[99_topic](99_topic.ipynb) 99-01"


@pytest.mark.parametrize(
    ("ledger", "tags", "complaint"),
    [
        (row("B1"), (), "B1 (something) has no cell"),
        (row("B1"), ("B1", "B2"), "the tag B2 is no row"),
        (row("B1", 'left_out = "no browser"'), ("B1",), "B1 is taught, so its reason"),
    ],
)
def test_what_is_amiss_is_said(
    tmp_path: Path, ledger: str, tags: tuple[str, ...], complaint: str
) -> None:
    _, complaints = read_ledger(write(tmp_path, ledger, *tags))
    assert len(complaints) == 1
    assert complaint in complaints[0]


def test_a_reason_is_enough(tmp_path: Path) -> None:
    rows, complaints = read_ledger(write(tmp_path, row("B1", 'left_out = "no browser here"')))
    assert complaints == []
    assert "no browser here" in as_markdown(rows)
