"""Does the workbook still hold with the newest SDK releases? `make rot` tries it in a throwaway environment.

The pins in requirements.lock keep the course working; this tells what will break when they move. Nothing in this
folder or in `.venv` is changed. Exit codes: 0 all holds, 1 something broke, 2 it could not be tried.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from tools.advice import advice
from tools.environment import UNWANTED

ROOT = Path(__file__).resolve().parent.parent
SDKS = ("openai-agents", "openai-chatkit", "openai")
# Live and browser tests prove this machine, not the SDKs.
CHOSEN = ("-m", "not live and not browser", "-n", "auto", "--maxprocesses=4", "--dist=loadgroup")
LINES = 200
"""Characters of a failure's first line that are shown."""


class Ended(NamedTuple):
    """How a command ended: its exit code, and all that it printed."""

    code: int
    text: str


Run = Callable[[Sequence[str]], Ended]


@dataclass(frozen=True)
class Failure:
    """One failing test: its file, its function, its case ("" for none), the first line of the reason."""

    file: str
    name: str
    case: str
    reason: str

    @property
    def path(self) -> str:
        """The test's file; `file` also names the class in it, if there is one."""
        parts = self.file.split("/")
        modules = [place for place, part in enumerate(parts, 1) if part.startswith("test_")]
        return "/".join(parts[: modules[0] if modules else len(parts)]) + ".py"


class CouldNotTry(Exception):
    """The trial itself failed; the message says what to do."""


def requirements(pyproject: str) -> list[str]:
    """The dependencies of pyproject.toml, those for tests included, without an upper bound for the SDKs."""
    project = tomllib.loads(pyproject)["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    return [_lifted(one) if _name(one) in SDKS else one for one in wanted]


def _lifted(requirement: str) -> str:
    """`openai>=3.52,<4` becomes `openai>=3.52`; `==` and `~=` are upper bounds too."""
    name, _, bounds = re.match(r"([^<>=~! ]+)(\s*)(.*)", requirement).groups()  # type: ignore[union-attr]
    kept = [bound for bound in bounds.split(",") if bound.strip().startswith((">", "!="))]
    return name + ",".join(kept)


def _name(requirement: str) -> str:
    return re.split(r"[\[<>=~! ;]", requirement, maxsplit=1)[0].lower()


def pins(lock: str) -> dict[str, str]:
    """The versions in requirements.lock."""
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", lock, re.MULTILINE))


def changes(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """What moved, the SDKs first: `openai 3.52.0 -> 4.0.1`. Packages on one side only are left out."""
    both = sorted(before.keys() & after.keys(), key=lambda name: (name not in SDKS, name))
    moved = [
        f"{name} {before[name]} -> {after[name]}" for name in both if before[name] != after[name]
    ]
    same = [
        f"{name} {after[name]} (no newer release)"
        for name in both
        if name in SDKS and before[name] == after[name]
    ]
    return same + moved


def failures(junit: str) -> list[Failure]:
    """The failing tests in pytest's JUnit report."""
    return list(_failures(ElementTree.fromstring(junit)))


def _failures(report: ElementTree.Element) -> Iterator[Failure]:
    for case in report.iter("testcase"):
        broken = [found for kind in ("failure", "error") for found in case.findall(kind)]
        if broken:
            name, _, parameters = case.get("name", "").partition("[")
            lines = (broken[0].get("message") or broken[0].text or "").strip().splitlines()
            reason = lines[0][:LINES] if lines else "no reason given"
            place = case.get("classname", "").replace(".", "/")
            yield Failure(place or "collection", name, parameters.removesuffix("]"), reason)


def grouped(found: Sequence[Failure]) -> list[str]:
    """The failures, grouped by file and test: one line each, with the reason of the first case."""
    groups: dict[tuple[str, str], list[Failure]] = {}
    for failure in found:
        groups.setdefault((failure.file, failure.name), []).append(failure)
    lines: list[str] = []
    last = ""
    for (file, name), cases in sorted(groups.items()):
        lines += [file] if file != last else []
        last = file
        many = f" ({len(cases)} cases)" if len(cases) > 1 else ""
        lines.append(f"  {name}{many}: {cases[0].reason}")
    return lines


def run_here(command: Sequence[str]) -> Ended:
    """Run a command in the workbook's folder, without what would send packages elsewhere."""
    env = {name: value for name, value in os.environ.items() if name not in UNWANTED}
    done = subprocess.run(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        text=True, encoding="utf-8", errors="replace", check=False,
    )  # fmt: skip
    return Ended(done.returncode, done.stdout)


def plan(python: str, junit: str, wanted: Sequence[str]) -> dict[str, list[str]]:
    """The commands of a trial, in order."""
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return {
        "install the newest releases": [*pip, "--upgrade", *wanted],
        "install the workbook": [*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT)],
        "list what is installed": [python, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"],
        "tests and notebooks": [
            *(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *CHOSEN),
            *("--tb=short", f"--junitxml={junit}"),
        ],
        "truth check": [python, "-m", "tools.truth"],
    }  # fmt: skip


def trial(folder: Path, run: Run, make: Callable[[Path], str]) -> int:
    """Try the newest releases in `folder`, and print what changed. Raises `CouldNotTry`."""
    junit = folder / "report.xml"
    wanted = requirements((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    install, project, listing, tests, truth = plan(
        make(folder / "venv"), str(junit), wanted
    ).items()
    for label, command in (install, project):
        _step(label, command, run)
    installed = json.loads(_step(*listing, run).text)
    after = {one["name"].lower(): one["version"] for one in installed}
    print("versions, pinned -> newest:")
    before = pins((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    print("\n".join(f"  {line}" for line in changes(before, after)))
    tested, told = _timed(*tests, run), _timed(*truth, run)
    if not junit.is_file():
        raise CouldNotTry(
            f"pytest wrote no report. The end of what it printed:\n{tested.text[-2000:]}"
        )
    found = failures(junit.read_text(encoding="utf-8"))
    return _conclude(found, with_the_pins(found, folder, run), tested, told)


def with_the_pins(found: Sequence[Failure], folder: Path, run: Run) -> set[Failure]:
    """Those of the failures that also fail here, with the pinned releases: no new release is to blame for them."""
    files = sorted({failure.path for failure in found if (ROOT / failure.path).is_file()})
    if not files:
        return set()
    junit = folder / "pinned.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *CHOSEN]
    _timed(
        "the failing files once more, with the pins", [*command, f"--junitxml={junit}", *files], run
    )
    here = failures(junit.read_text(encoding="utf-8")) if junit.is_file() else []
    known = {(failure.file, failure.name, failure.case) for failure in here}
    return {one for one in found if (one.file, one.name, one.case) in known}


def _step(label: str, command: Sequence[str], run: Run) -> Ended:
    done = _timed(label, command, run)
    if done.code:
        raise CouldNotTry(f"{label} failed: {_advice(done.text)}\n{done.text[-2000:]}")
    return done


def _advice(log: str) -> str:
    # Without a network pip sees no release at all, and with few retries that is all it says.
    return advice("Network is unreachable" if "(from versions: none)" in log else log)


def _timed(label: str, command: Sequence[str], run: Run) -> Ended:
    print(f"rot: {label} ...", flush=True)
    return run(command)


def _conclude(found: Sequence[Failure], known: set[Failure], tested: Ended, told: Ended) -> int:
    if not found and not tested.code and not told.code:
        print("rot: everything holds with the newest releases.")
        return 0
    new = [failure for failure in found if failure not in known]
    if new:
        print(f"{len(new)} tests fail with the newest releases only:", *grouped(new), sep="\n")
    if known:
        old = [failure for failure in found if failure in known]
        print(f"{len(old)} tests fail with the pinned releases too:", *grouped(old), sep="\n")
    if tested.code and not found:
        print(f"pytest ended with {tested.code}:\n{tested.text[-2000:]}")
    if told.code:
        print(f"the truth check:\n{told.text[-4000:]}")
    advice = (
        "mend the above, then `make lock UPGRADE=1`"
        if new or told.code
        else "run `make test` first"
    )
    print(f"rot: {advice}. Nothing here was changed.")
    return 1


def make_environment(folder: Path) -> str:
    """An empty environment; gives the path of its Python."""
    venv.create(folder, with_pip=True)
    return str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def main(
    arguments: Sequence[str], run: Run = run_here, make: Callable[[Path], str] = make_environment
) -> int:
    """Try the newest releases; `--dry-run` only says how."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.rot", description=__doc__.partition("\n")[0]
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be done, and do nothing"
    )
    if parser.parse_args(arguments).dry_run:
        wanted = requirements((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        for label, command in plan("python", "report.xml", wanted).items():
            print(f"{label}:\n  {' '.join(command)}")
        return 0
    try:
        with tempfile.TemporaryDirectory(prefix="rot-") as folder:
            return trial(Path(folder), run, make)
    except CouldNotTry as error:
        print(f"rot: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
