"""Runs the notebooks and saves their outputs, the same on every machine: `make notebooks`.

The solutions of the exercises are run by `lesson-kit build`, in the same way.
"""

from __future__ import annotations

import sys
from pathlib import Path

from lesson_kit.workshop.running import RunError, run_notebook


def main(names: list[str]) -> int:
    paths = [Path(name) for name in names] or sorted(Path("notebooks").glob("*.ipynb"))
    for path in paths:
        print(f"{path} ...", flush=True)
        try:
            path.write_text(run_notebook(path), encoding="utf-8")
        except FileNotFoundError:
            print(f"{path} does not exist. Name a notebook, or none for all.", file=sys.stderr)
            return 2
        except RunError as error:
            print(f"{path} was not saved, because a cell failed:\n{error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
