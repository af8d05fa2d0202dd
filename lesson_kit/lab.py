"""JupyterLab, started on a notebook of the course.

Pure functions decide; `launch` is the thin rest that touches this machine.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

__all__ = ["FIRST_NOTEBOOK", "LabError", "has_display", "lab_command", "lab_environment", "launch"]

FIRST_NOTEBOOK = "notebooks/00_start_here.ipynb"
PORT = 8888  # Jupyter's own
PORTS_TRIED = 50

# Switches off the question about news from the internet, which every new user would meet first.
OUR_CONFIG = Path(__file__).parent / "jupyter"


class LabError(Exception):
    """JupyterLab cannot start; the message is one line that says what to do."""


def lab_command(
    root: Path,
    notebook: str,
    *,
    port: int,
    browser: bool,
    is_root: bool,
    python: str = sys.executable,
    extra: Sequence[str] = (),
) -> list[str]:
    """The call of JupyterLab on `notebook`, a path below the folder `root`.

    The token stays on: whoever opens the port without it gets a login page. `extra` goes to
    JupyterLab as it is, and last, so that it wins.
    """
    return [
        *(python, "-m", "jupyterlab"),
        f"--ServerApp.root_dir={root}",
        f"--ServerApp.port={port}",
        # The printed address too leads to the notebook, not only the window that opens.
        f"--LabApp.default_url=/lab/tree/{quote(notebook)}",
        "--LabApp.extension_manager=readonly",  # the default one asks PyPI at every start
        *([] if browser else ["--no-browser"]),
        *(["--allow-root"] if is_root else []),
        *extra,
    ]


def lab_environment(env: Mapping[str, str]) -> dict[str, str]:
    """The environment for JupyterLab: the caller's, with our small settings folder added."""
    before = env.get("JUPYTER_CONFIG_PATH", "")
    paths = [before, str(OUR_CONFIG)] if before else [str(OUR_CONFIG)]
    return {**env, "JUPYTER_CONFIG_PATH": os.pathsep.join(paths)}


def has_display(env: Mapping[str, str], platform: str = sys.platform) -> bool:
    """Whether a browser window can open here."""
    if not platform.startswith(("linux", "freebsd")):
        return True
    return any(env.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def choose_port(wanted: int, is_free: Callable[[int], bool]) -> int:
    """`wanted`, or the first free port after it; 0 leaves the choice to the system.

    Raises LabError where 50 ports in a row are taken.
    """
    if wanted == 0:
        return 0
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
        if is_free(port):
            return port
    raise LabError(
        f"expected a free port from {wanted} on, but {PORTS_TRIED} in a row are taken. "
        "Let the system choose: lesson-kit lab --port 0"
    )


def find_root(notebook: str, places: Sequence[Path]) -> Path:
    """The first of `places` that holds `notebook`. Raises LabError where none does."""
    for place in places:
        if (place / notebook).is_file():
            return place
    looked = " or ".join(str(place) for place in places)
    raise LabError(
        f"expected the notebook {notebook} in {looked}, found none. "
        "Start in the workbook's folder, or name a notebook: lesson-kit lab path/to/it.ipynb"
    )


def notes(*, is_root: bool, display: bool, browser: bool, wanted: int, port: int) -> list[str]:
    """What a person should know before Jupyter's own lines come, one sentence each."""
    told = []
    if is_root:
        told.append("Running as root: JupyterLab gets --allow-root. Its token stays on.")
    if browser and not display:
        told.append("No display here: open the address below in a browser yourself.")
    if port != wanted:
        told.append(f"Port {wanted} is taken: using {port}.")
    return told


def launch(
    notebook: str = FIRST_NOTEBOOK,
    *,
    port: int = PORT,
    browser: bool = True,
    extra: Sequence[str] = (),
    say: Callable[[str], None] = lambda line: print(line, flush=True),  # noqa: T201
) -> int:
    """Run JupyterLab until it ends; its exit code. Raises LabError before it starts.

    On Unix this does not return: JupyterLab takes the place of this process, so that Ctrl-C
    and its question whether to stop go straight to it.
    """
    root = find_root(notebook, [Path.cwd(), Path(__file__).resolve().parent.parent])
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    display = has_display(os.environ)
    chosen = choose_port(port, port_is_free)
    for line in notes(is_root=is_root, display=display, browser=browser, wanted=port, port=chosen):
        say(line)
    opens = browser and display
    command = lab_command(root, notebook, port=chosen, browser=opens, is_root=is_root, extra=extra)
    env = lab_environment(os.environ)
    if os.name != "nt":
        os.execve(command[0], command, env)
    return subprocess.run(command, env=env, check=False).returncode


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        if os.name != "nt":  # there the option would let two servers share one port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
