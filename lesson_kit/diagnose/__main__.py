"""What the processes of diagnose run: the nursery, or a single job where there is no fork.

Run as a module, not with `python -c`: the line of that would look like a line of the author's own.
"""

from __future__ import annotations

import sys

from .child import main
from .nursery import serve

if __name__ == "__main__":
    if len(sys.argv) > 1:
        main()
    else:
        serve()
