"""The programs that some tests need beside Python: the machine's own, on Debian as root from its packages."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lesson_kit.chromium import find_chromium
from tools.nginx import find_nginx

POSTGRES = Path("/usr/lib/postgresql")  # Debian keeps the server out of PATH, one folder a version


def find_postgres() -> Path | None:
    """The folder of the newest PostgreSQL that has all that the tests use, or None."""
    folders = sorted(POSTGRES.glob("*/bin"), key=_version, reverse=True)
    if server := shutil.which("postgres"):
        folders.append(Path(server).resolve().parent)
    used = ("initdb", "postgres", "psql")
    return next((f for f in folders if all((f / name).exists() for name in used)), None)


def _version(folder: Path) -> list[int]:
    return [int(number) for number in re.findall(r"[0-9]+", folder.parent.name)]


@dataclass(frozen=True)
class Program:
    """A program, how to find it, and the Debian package that has it."""

    name: str
    package: str
    is_there: Callable[[], object]
    tests: str


PROGRAMS = (
    Program(
        "Chromium",
        "chromium",
        lambda: find_chromium() or "CHROMIUM" in os.environ,
        "browser tests",
    ),
    Program("nginx", "nginx-light", find_nginx, "tests behind nginx"),
    Program("PostgreSQL", "postgresql", find_postgres, "tests on PostgreSQL"),
)


def is_debian(os_release: str) -> bool:
    """Whether these packages hold programs there; the text is /etc/os-release.

    Not so on Ubuntu and its kin: their package of Chromium only asks for a snap.
    """
    fields = dict(line.split("=", 1) for line in os_release.splitlines() if "=" in line)
    kin = f"{fields.get('ID', '')} {fields.get('ID_LIKE', '')}".replace('"', "").split()
    return "debian" in kin and "ubuntu" not in kin


def may_install(os_release: str, *, is_root: bool, has_apt: bool) -> bool:
    """Whether this machine lets us install packages without asking anybody."""
    return is_root and has_apt and is_debian(os_release)


def commands(missing: Iterable[Program]) -> list[list[str]]:
    """What installs all of them in one run of apt-get."""
    packages = [program.package for program in missing]
    return [
        ["apt-get", "update"],
        ["apt-get", "install", "-y", "--no-install-recommends", *packages],
    ]


def environment(env: Mapping[str, str]) -> dict[str, str]:
    """The environment for apt-get: no questions, no services.

    Debian's packages start their server when they are installed. RUNLEVEL=1, "single user", lets `invoke-rc.d` leave that
    out where the program `runlevel` is installed. Elsewhere a server may start: our tests start their own and do not mind.
    """
    return {**env, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}


def install(commands: Sequence[Sequence[str]], env: Mapping[str, str]) -> bool:
    """Run the commands in order until one fails; their output is shown."""
    for command in commands:
        print("  " + " ".join(command), flush=True)
        ended = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, check=False)
        if ended.returncode:
            return False
    return True


def main(programs: Sequence[Program] = PROGRAMS) -> int:
    """Find or install; a missing program is no error, its tests are skipped."""
    missing = [program for program in programs if not program.is_there()]
    if not missing:
        return 0
    release = Path("/etc/os-release")
    text = release.read_text(encoding="utf-8") if release.exists() else ""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if may_install(text, is_root=is_root, has_apt=bool(shutil.which("apt-get"))):
        names = ", ".join(program.name for program in missing)
        print(f"not found: {names}; installing from Debian's packages for the tests:")
        if not install(commands(missing), environment(os.environ)):
            print("that failed (offline?).", file=sys.stderr)
        missing = [program for program in missing if not program.is_there()]
    for program in missing:
        print(
            f"{program.tests} will be skipped: no {program.name} found "
            f"(Debian: apt-get install {program.package})"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
