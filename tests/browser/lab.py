"""A real JupyterLab on loopback, with its token on and nothing of the user's own settings."""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

START_LIMIT = 180.0  # seconds


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab that serves `root`."""

    url: str
    token: str
    root: Path

    def notebook(self, name: str) -> str:
        """The address of a notebook, in the plain layout: one document, no side bars."""
        return f"{self.url}/doc/tree/{name}?token={self.token}"

    def end_kernels(self) -> None:
        """Shut all kernels down: a heartbeat or a stream that nobody looks at any more would go on beside the next tests."""
        for kernel in json.loads(self._ask("GET", "/api/kernels")):
            self._ask("DELETE", f"/api/kernels/{kernel['id']}")

    def _ask(self, method: str, path: str) -> bytes:
        request = urllib.request.Request(
            self.url + path, method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            body: bytes = response.read()
        return body

    def copy(self, notebook: Path) -> str:
        """Copy a notebook below `root`, so that nothing changes the original; return its name."""
        shutil.copy(notebook, self.root)
        return notebook.name

    def write(self, name: str, *cells: str) -> str:
        """Write a notebook of code cells below `root`; return its name.

        Its kernel comes warm; a copied notebook gets a kernel of its own, as a student's does.
        """
        document = {
            "cells": [
                {
                    "cell_type": "code",
                    "execution_count": None,
                    "id": f"cell-{number}",
                    "metadata": {},
                    "outputs": [],
                    "source": source,
                }
                for number, source in enumerate(cells)
            ],
            "metadata": {
                "kernelspec": {"display_name": "Warm", "language": "python", "name": "warm"}
            },
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        (self.root / name).write_text(json.dumps(document), encoding="utf-8")
        return name


@contextlib.contextmanager
def running_lab(folder: Path, environment: Mapping[str, str]) -> Iterator[Lab]:
    """Start JupyterLab with all its state below `folder`, and stop it with its kernels."""
    root = folder / "notebooks"
    root.mkdir(parents=True)
    # Lab asks every new user about news from the internet; no student of ours sees that question either.
    page_config = folder / "config" / "labconfig" / "page_config.json"
    page_config.parent.mkdir(parents=True)
    disabled = {"@jupyterlab/apputils-extension:announcements": True}
    page_config.write_text(json.dumps({"disabledExtensions": disabled}), encoding="utf-8")
    port, token = _free_port(), secrets.token_hex(16)
    lab = Lab(f"http://127.0.0.1:{port}", token, root)
    log = folder / "lab.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            _command(port, root),
            stdout=output,
            stderr=output,
            env={**environment, **_own(folder, token)},
        )
        try:
            _until_it_answers(lab, process, log)
            yield lab
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _command(port: int, root: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        f"--ServerApp.root_dir={root}",
        "--LabApp.extension_manager=readonly",  # the default one asks PyPI
        "--LabApp.expose_app_in_browser=True",  # so that a test can await what a person sees
    ]


def _own(folder: Path, token: str) -> dict[str, str]:
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    paths = {name: str(folder / part) for name, part in own.items()}
    return {**paths, "JUPYTER_TOKEN": token}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _until_it_answers(lab: Lab, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{lab.url}/api/status?token={lab.token}", timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    told = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise RuntimeError(f"JupyterLab did not answer within {START_LIMIT:g} s. Its log ends:\n{told}")
