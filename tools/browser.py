"""A Chromium for the browser tests: the machine's own, on Debian as root from its packages."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from lesson_kit.chromium import HOW_TO_GET, find_chromium

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("apt-get", "update"),
    ("apt-get", "install", "-y", "--no-install-recommends", "chromium"),
)


def has_debian_chromium(os_release: str) -> bool:
    """Whether `apt-get install chromium` gives a browser there; the text is /etc/os-release.

    Not so on Ubuntu and its kin: their package only asks for a snap.
    """
    fields = dict(line.split("=", 1) for line in os_release.splitlines() if "=" in line)
    kin = f"{fields.get('ID', '')} {fields.get('ID_LIKE', '')}".replace('"', "").split()
    return "debian" in kin and "ubuntu" not in kin


def may_install(os_release: str, *, is_root: bool, has_apt: bool) -> bool:
    """Whether this machine lets us install the browser without asking anybody."""
    return is_root and has_apt and has_debian_chromium(os_release)


def install(commands: Sequence[Sequence[str]], env: Mapping[str, str]) -> bool:
    """Run the commands in order until one fails; their output is shown."""
    for command in commands:
        print("  " + " ".join(command), flush=True)
        ended = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, check=False)
        if ended.returncode:
            return False
    return True


def main() -> int:
    """Find or install; a missing browser is no error, its tests are skipped."""
    if find_chromium() or "CHROMIUM" in os.environ:
        return 0
    release = Path("/etc/os-release")
    text = release.read_text(encoding="utf-8") if release.exists() else ""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if not may_install(text, is_root=is_root, has_apt=bool(shutil.which("apt-get"))):
        print(f"browser tests will be skipped: {HOW_TO_GET}")
        return 0
    print("no Chromium found; installing it from Debian's packages for the browser tests:")
    if not install(COMMANDS, {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}):
        print("that failed (offline?): the browser tests will be skipped.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
