"""`python -m lesson_kit.cli`: the same commands where the script is not on the path."""

from . import main

main()
