"""What this machine lacks for the course: each check is a pure function of the facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from packaging.requirements import Requirement
from packaging.version import Version

from .chromium import HOW_TO_GET
from .lab import PORT as LAB_PORT
from .machine import SERVE_PORT, Machine, look

__all__ = ["CHECKS", "Finding", "examine", "judge"]

SET_UP = "run make check; without make, the pip commands of README.md"


@dataclass(frozen=True)
class Finding:
    """One judgement: `fail` stops the course, `warn` stops a part of it."""

    subject: str
    state: Literal["ok", "warn", "fail"]
    found: str
    todo: str = ""


def examine() -> list[Finding]:
    """Look at this machine, then judge: one finding per check, in the order of CHECKS."""
    return judge(look())


def judge(machine: Machine) -> list[Finding]:
    """The findings for these facts."""
    return [check(machine) for check in CHECKS]


def python(machine: Machine) -> Finding:
    version = ".".join(map(str, machine.python))
    if machine.python < (3, 11):
        todo = f"install Python 3.11 or newer, then {SET_UP}"
        return Finding("Python", "fail", f"{version}, expected 3.11 or newer", todo)
    if not machine.in_environment:
        found = f"{version}, outside an environment of its own"
        return Finding("Python", "warn", found, f"{SET_UP} (they make the folder .venv)")
    return Finding("Python", "ok", version)


def packages(machine: Machine) -> Finding:
    if machine.requirements is None:
        return Finding("packages", "fail", "lesson-kit itself is not installed", SET_UP)
    wrong = []
    needed = _that_apply(machine.requirements)
    for requirement in needed:
        name = requirement.name.lower().replace("_", "-")
        found = machine.versions.get(name)
        if found is None:
            wrong.append(f"{name} is missing")
        elif not requirement.specifier.contains(Version(found), prereleases=True):
            wrong.append(f"{name} {found}, expected {requirement.specifier}")
    if wrong:
        return Finding("packages", "fail", "; ".join(wrong), f"remove .venv, then {SET_UP}")
    return Finding("packages", "ok", f"all {len(needed)} in the expected ranges")


def kernel(machine: Machine) -> Finding:
    if machine.kernel.error:
        return Finding("kernel", "fail", machine.kernel.error, f"remove .venv, then {SET_UP}")
    if machine.kernel.prefix != machine.prefix:
        found = f"notebooks would run in {machine.kernel.prefix}, not in {machine.prefix}"
        todo = "remove the other kernel: jupyter kernelspec list, jupyter kernelspec remove python3"
        return Finding("kernel", "fail", found, todo)
    return Finding("kernel", "ok", "starts, and finds the course")


def ports(machine: Machine) -> Finding:
    mends = {
        SERVE_PORT: f"lesson-kit serve --port {SERVE_PORT + 1}",
        LAB_PORT: "nothing, lesson-kit lab takes the next free one",
    }
    taken = [port for port in mends if port in machine.taken_ports]
    if not taken:
        return Finding("ports", "ok", " and ".join(f"{port} is free" for port in mends))
    found = " and ".join(f"{port} is taken" for port in taken)
    todo = "; ".join(f"for {port}: {mends[port]}" for port in taken)
    return Finding("ports", "warn", found, todo)


def chromium(machine: Machine) -> Finding:
    browser = machine.chromium
    if browser is None:
        if machine.chromium_chosen:
            found = f"CHROMIUM is {machine.chromium_chosen}, and there is no such program"
            return Finding("Chromium", "warn", found, "mend the variable CHROMIUM or unset it")
        found = "none (only the browser tests need it)"
        return Finding("Chromium", "warn", found, HOW_TO_GET.partition(": ")[2])
    if not browser.version:
        found = f"{browser.path} does not start"
        return Finding("Chromium", "warn", found, HOW_TO_GET.partition(": ")[2])
    return Finding("Chromium", "ok", f"{browser.version} ({browser.path})")


def folders(machine: Machine) -> Finding:
    if machine.read_only:
        found = "cannot write in " + ", ".join(machine.read_only)
        return Finding("folders", "fail", found, "free some disk space, or give yourself the right")
    return Finding("folders", "ok", "can be written")


def node(machine: Machine) -> Finding:
    found = "found, and not needed" if machine.has_node else "not found, and not needed"
    return Finding("Node", "ok", found)


def model(machine: Machine) -> Finding:
    if machine.model_error:
        # Not quoted here: people put keys into the wrong variable. The error knows what to hide.
        return Finding("model", "fail", "cannot be used", machine.model_error)
    return Finding("model", "ok", machine.model)


def key(machine: Machine) -> Finding:
    """Whether a key is there; what it is stays unknown, and nobody is asked if it is valid."""
    if machine.has_key:
        return Finding("key", "ok", "OPENAI_API_KEY is set (never shown)")
    return Finding("key", "ok", "OPENAI_API_KEY is not set; the course needs none")


CHECKS: tuple[Callable[[Machine], Finding], ...] = (
    *(python, packages, kernel, folders),
    *(ports, model, key, chromium, node),
)


def _that_apply(texts: Sequence[str]) -> list[Requirement]:
    """The requirements for this system, without those of the extras (tests, tools)."""
    parsed = [Requirement(text) for text in texts]
    return [r for r in parsed if r.marker is None or r.marker.evaluate({"extra": ""})]
