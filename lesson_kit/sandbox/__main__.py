"""`python -m lesson_kit.sandbox`: the preloaded process, or a fresh one for a single job."""

import sys

if sys.argv[1] == "--once":
    from .plain import main
else:
    from .preload import main

main()
