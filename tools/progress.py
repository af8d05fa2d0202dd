"""Run one long command: its output goes to a log, a person sees how far it is."""

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    """How the command ended, with all that it printed."""

    code: int
    text: str


@dataclass
class Count:
    """How far pip is: it names each package that it fetches, then falls silent and unpacks."""

    total: int
    site: Path
    fetched: int = 0
    unpacking: bool = False

    def read(self, line: str) -> None:
        """Take in one line of pip's output."""
        if re.match(r"Collecting |Requirement already satisfied", line):
            self.fetched += 1
        elif line.startswith("Ignoring "):  # a package for another system
            self.total -= 1
        elif line.startswith("Installing collected packages"):
            self.unpacking = True

    def __str__(self) -> str:
        if not self.total:
            return ""
        if not self.unpacking:
            return f"fetched {min(self.fetched, self.total)} of {self.total}"
        done = sum(1 for _ in self.site.glob("*.dist-info"))
        return f"unpacked {min(done, self.total)} of {self.total}"


def say_now(line: str) -> None:
    """Print at once: a log of CI is no terminal, and Python would hold the lines back."""
    print(line, flush=True)


def run(
    command: Sequence[str],
    *,
    label: str,
    log: Path,
    env: Mapping[str, str],
    count: Count,
    held: int,
    say: Callable[[str], None] = say_now,
) -> Outcome:
    """Run `command` to its end and show progress: in place on a terminal, else every 10 seconds.

    The child inherits the lock's descriptor `held`: when this process is killed and the child
    lives on, the next set-up waits for it instead of deleting files under its hands.
    """
    inherit = {} if os.name == "nt" else {"pass_fds": (held,)}
    child = subprocess.Popen(
        list(command),
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        **inherit,  # type: ignore[call-overload]
    )
    ended = threading.Event()
    ticker = threading.Thread(target=_tick, args=(ended, label, count, say), daemon=True)
    ticker.start()
    lines: list[str] = []
    try:
        with log.open("a", encoding="utf-8") as file:
            for line in child.stdout:
                count.read(line)
                lines.append(line)
                file.write(line)
        return Outcome(child.wait(), "".join(lines))
    finally:
        if child.poll() is None:
            child.terminate()
            child.wait()
        ended.set()
        ticker.join()


def _tick(ended: threading.Event, label: str, count: Count, say: Callable[[str], None]) -> None:
    """Show one state after another until the command has ended."""
    terminal = sys.stdout.isatty()
    started = time.monotonic()
    if not terminal:
        say(label)
    while not ended.wait(0.5 if terminal else 10):
        state = f"{label}: {count}" if str(count) else label
        state += f" ({time.monotonic() - started:.0f} s)"
        if terminal:
            print(f"\r{state:<78}", end="", flush=True)
        else:
            say(state)
    if terminal:
        seconds = f"{label} ({time.monotonic() - started:.0f} s)"
        print(f"\r{seconds:<78}", flush=True)
