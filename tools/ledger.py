"""Says where each claim of the documents is taught, and writes notebooks/COVERAGE.md: python -m tools.ledger [--check]

A claim is a row of notebooks/ledger.toml; a cell of a notebook teaches it when it carries the row's id as a tag.
"""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

FOLDER = Path("notebooks")
ROW = re.compile(r"[AB]\d+")

HEAD = """\
# Where each claim is taught

Made by `python -m tools.ledger` from the tags of the notebooks' cells and from `ledger.toml`; do not edit it by hand.
A is the reference document that this course grew out of, B its lesson. *Holds* is told of the SDKs that
`requirements.lock` pins: run the cell to see it.

"""


@dataclass
class Row:
    """One claim: what a document says, whether it holds, and the cells that teach it."""

    id: str
    says: str
    holds: str
    left_out: str = ""
    cells: dict[str, list[str]] = field(default_factory=dict)

    @property
    def taught(self) -> str:
        """The places as links, or the reason why there is none."""
        links = (
            f"[{name}]({name}.ipynb) {', '.join(cells)}"
            for name, cells in sorted(self.cells.items())
        )
        return "; ".join(links) or self.left_out


def read_ledger(folder: Path = FOLDER) -> tuple[dict[str, Row], list[str]]:
    """Read the rows and the tags; returns the rows by id, and a complaint for each thing that is amiss."""
    table = tomllib.loads((folder / "ledger.toml").read_text(encoding="utf-8"))
    rows = {id: Row(id, **entry) for id, entry in table.items()}
    complaints = []
    for path in sorted(folder.glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:  # type: ignore[no-untyped-call]
            for tag in filter(ROW.fullmatch, cell.metadata.get("tags", [])):
                if tag in rows:
                    rows[tag].cells.setdefault(path.stem, []).append(cell.id)
                else:
                    complaints.append(
                        f"{path.name}, cell {cell.id}: the tag {tag} is no row of ledger.toml."
                    )
    for row in rows.values():
        if row.cells and row.left_out:
            complaints.append(f"{row.id} is taught, so its reason for being left out must go.")
        if not row.cells and not row.left_out:
            complaints.append(
                f"{row.id} ({row.says}) has no cell. Tag the cell that teaches it, or give a left_out reason."
            )
    return rows, complaints


def as_markdown(rows: dict[str, Row]) -> str:
    """The text of COVERAGE.md."""
    lines = ["| row | the document says | holds | taught in |", "|---|---|---|---|"]
    lines += [f"| {row.id} | {row.says} | {row.holds} | {row.taught} |" for row in rows.values()]
    return HEAD + "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    rows, complaints = read_ledger()
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    target, text = FOLDER / "COVERAGE.md", as_markdown(rows)
    if arguments and target.read_text(encoding="utf-8") != text:
        complaints.append("stale")
        print(f"{target} is out of date. Run: python -m tools.ledger", file=sys.stderr)
    if not arguments:
        target.write_text(text, encoding="utf-8")
    taught = sum(bool(row.cells) for row in rows.values())
    print(f"{taught} of {len(rows)} claims have a cell.")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
