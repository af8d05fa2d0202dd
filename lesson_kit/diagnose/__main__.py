"""What the processes of diagnose run: the nursery, or a single job where there is no fork.

Run as a module, not with `python -c`: the line of that would look like a line of the author's own.
"""

from __future__ import annotations

import gc
import sys

if __name__ == "__main__":
    # Before the SDKs: they stay for good, so to look through them for garbage, while they load and again in each child
    # (which would copy every page that it looks at), is a fifth of the cost of a verdict.
    gc.disable()
    if len(sys.argv) > 1:
        from .child import main

        main()
    else:
        from .nursery import serve

        serve()
