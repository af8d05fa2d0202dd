"""`python -m tools.truth [FILE ...]`: says what the texts name and the installed packages do not have."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .check import ROOT, check
from .readers import files


def main(names: list[str]) -> int:
    """Print the findings; 0 for none, 1 for some, 2 for a file that cannot be read."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.truth",
        description="Check every SDK name in the workbook's texts against the installed packages.",
        epilog="example: python -m tools.truth README.md notebooks/05_respond.ipynb",
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="all texts, if none is given")
    named = parser.parse_args(names).files
    chosen = [Path(name).resolve() for name in named] or files(ROOT)
    try:
        found = check(ROOT, chosen)
    except (OSError, ValueError) as error:
        print(f"truth: {error}", file=sys.stderr)
        return 2
    for problem in found:
        print(problem)
    print(
        f"truth: {len(chosen)} files read, {len(found) or 'no'} false name{'' if len(found) == 1 else 's'}."
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
