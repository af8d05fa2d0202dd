"""Make `.venv` right: what `make lab`, `make test` and `make check` call first.

Any Python from 3.6 on can read this file, so that an old one gets a sentence and no SyntaxError.
"""

import os
import subprocess
import sys

OLDEST = (3, 11)
OTHERS = ("python3.13", "python3.12", "python3.11", "python3.14")
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def newer_python() -> str:
    """The name of a Python that is new enough and starts, or an empty string."""
    check = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    for name in OTHERS:
        # A name on PATH proves nothing: version switchers leave names that refuse to start.
        try:
            if subprocess.call([name, "-c", check], stderr=subprocess.DEVNULL) == 0:
                return name
        except OSError:
            continue
    return ""


def main() -> int:
    """Set up with this Python, or hand over to a newer one."""
    if sys.version_info < OLDEST:  # the very case that this file is for
        other = newer_python()
        if other:
            return subprocess.call([other, os.path.abspath(__file__), *sys.argv[1:]])
        found = ".".join(str(part) for part in sys.version_info[:3])
        print(
            f"expected Python 3.11 or newer, found {found} ({sys.executable}). Install a newer "
            "Python, then run: make lab PYTHON=/path/to/python3",
            file=sys.stderr,
        )
        return 1
    sys.path.insert(0, ROOT)
    from tools.environment import ensure

    return ensure(ROOT, insist_on_python="--this-python" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
