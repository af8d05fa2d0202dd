"""Judges for the tests to end: each is a process of its own with a sandbox and a guest that waits.

`python judges.py user` runs honest and hostile guests as whoever runs it, and prints how they ended.
"""

from __future__ import annotations

import sys

from lesson_kit.sandbox import Job, Limits, Sandbox
from tests.sandbox.processes import BEGINS, PATIENCE

ACT = "tests.sandbox.acts:act"


def wait() -> None:
    """Run a guest that sleeps for longer than any test."""
    with Sandbox(act=ACT) as sandbox:
        sandbox.start()
        sandbox.run(Job(f"{BEGINS}time.sleep({PATIENCE})", limits=Limits(wall=PATIENCE)))


def user(outside: str) -> None:
    """Print the walls that stand, then a guest's ending per line."""
    guests = [
        "import decimal, sqlite3\nsay(1)",
        "while True: pass",
        "x = 'a' * (3 << 30)",
        f"say(open({outside!r}).read())",
        "say(syscall(57))",
    ]
    with Sandbox(act=ACT) as sandbox:
        print(sandbox.isolation)
        for source in guests:
            limits = Limits(cpu=0.2) if source.startswith("while") else Limits()
            ending = sandbox.run(Job(source, limits=limits))
            print(ending.status, ending.lines, ending.line)


if __name__ == "__main__":
    wait() if sys.argv[1] == "wait" else user(sys.argv[2])
