"""The Chromium of this machine: browser tests drive it, `lesson-kit doctor` reports it.

Nothing is downloaded: a browser from the machine's own packages gets its security updates there.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Where macOS and Windows keep browsers: there they are not on PATH.
PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
)

HOW_TO_GET = (
    "no Chromium found: install it (Debian: apt-get install chromium) "
    "or set CHROMIUM to the path of a Chromium or Chrome"
)


def find_chromium(
    env: Mapping[str, str] = os.environ,
    which: Callable[[str], str | None] = shutil.which,
) -> Path | None:
    """The path of a Chromium or Chrome, or None.

    A `CHROMIUM` variable decides alone, so that a wrong value shows instead of being replaced
    by another browser.
    """
    chosen = env.get("CHROMIUM")
    for name in (chosen,) if chosen else (*COMMANDS, *PLACES):
        if path := which(name):
            return Path(path)
    return None


def chromium_version(path: Path, *, limit: float = 20.0) -> str | None:
    """What the browser calls itself, or None where it does not start.

    Ubuntu's `chromium-browser` is such a case: a script that asks for a snap. `limit` is in
    seconds.
    """
    try:
        answer = subprocess.run(
            [str(path), "--version"], capture_output=True, text=True, timeout=limit, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None
