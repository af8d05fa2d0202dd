"""What this machine has: facts for the doctor, looked up and not judged."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .chromium import chromium_version, find_chromium
from .lab import PORT as LAB_PORT
from .lab import port_is_free

SERVE_PORT = 8000
KERNEL = "python3"


@dataclass(frozen=True)
class Kernel:
    """What starting the notebooks' kernel came to: the environment it runs in, or the error."""

    prefix: str = ""
    error: str = ""


@dataclass(frozen=True)
class Browser:
    """The Chromium found, with what it calls itself; empty where it does not start."""

    path: str
    version: str


@dataclass(frozen=True)
class Machine:
    """All facts that the checks judge. No key is in here: only whether there is one."""

    python: tuple[int, int, int] = (3, 11, 0)
    prefix: str = "/course/.venv"
    in_environment: bool = True
    # None: the package itself is not installed. Ranges as in pyproject.toml: "rich>=15,<16".
    requirements: tuple[str, ...] | None = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    kernel: Kernel = Kernel("/course/.venv")
    taken_ports: frozenset[int] = frozenset()
    chromium: Browser | None = None
    chromium_chosen: str = ""  # the variable CHROMIUM
    read_only: tuple[str, ...] = ()
    has_node: bool = False
    has_key: bool = False
    model: str = "offline"
    model_error: str = ""


def look(env: Mapping[str, str] = os.environ) -> Machine:
    """Look at this machine: about 3 seconds, most of them for the first import of the SDKs."""
    model, model_error = _model(env)
    folders = {Path.cwd(), Path(__file__).resolve().parent.parent}
    requirements = _requirements()
    return Machine(
        python=sys.version_info[:3],
        prefix=sys.prefix,
        in_environment=sys.prefix != sys.base_prefix,
        requirements=requirements,
        versions=_versions(),
        kernel=_kernel(),
        taken_ports=frozenset(p for p in (SERVE_PORT, LAB_PORT) if not port_is_free(p)),
        chromium=_chromium(env),
        chromium_chosen=env.get("CHROMIUM", ""),
        read_only=tuple(sorted(str(folder) for folder in folders if not _is_writable(folder))),
        has_node=shutil.which("node") is not None,
        has_key=bool(env.get("OPENAI_API_KEY", "").strip()),
        model=model,
        model_error=model_error,
    )


def _requirements() -> tuple[str, ...] | None:
    try:
        return tuple(importlib.metadata.requires("lesson-kit") or ())
    except importlib.metadata.PackageNotFoundError:
        return None


def _versions() -> dict[str, str]:
    # A half-removed package has metadata without a name; it counts as not installed.
    found = importlib.metadata.distributions()
    return {d.name.lower().replace("_", "-"): d.version for d in found if d.metadata["Name"]}


def _kernel() -> Kernel:
    """Start the kernel's Python as Jupyter would, and import what a lesson imports first."""
    try:
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
    except ImportError as error:
        return Kernel(error=str(error))
    try:
        python = KernelSpecManager().get_kernel_spec(KERNEL).argv[0]
    except NoSuchKernel:
        return Kernel(error=f"no kernel called {KERNEL}")
    if python in ("python", "python3"):  # jupyter_client puts its own Python in their place
        python = sys.executable
    code = "import sys, ipykernel_launcher, anywidget, lesson_kit; print(sys.prefix)"
    try:
        answer = subprocess.run(
            [python, "-c", code], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Kernel(error=str(error))
    if answer.returncode:
        last = answer.stderr.strip().splitlines()[-1:] or [f"exit code {answer.returncode}"]
        return Kernel(error=last[0])
    return Kernel(prefix=answer.stdout.strip())


def _chromium(env: Mapping[str, str]) -> Browser | None:
    path = find_chromium(env)
    return Browser(str(path), chromium_version(path) or "") if path else None


def _is_writable(folder: Path) -> bool:
    # Trying is the only sure way: rights, a read-only disk and a full one all count.
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
    except OSError:
        return False
    return True


def _model(env: Mapping[str, str]) -> tuple[str, str]:
    """The model's name, and why it cannot be used."""
    wanted = env.get("LESSON_KIT_MODEL", "").strip() or "offline"
    try:
        from .model import ModelChoiceError, choose_model
    except ImportError as error:
        return wanted, f"the packages cannot be imported: {error}"
    # People paste the key into the wrong variable, and a model's name is shown.
    secret = env.get("OPENAI_API_KEY", "").strip()
    if re.search(r"\bsk-", wanted, re.IGNORECASE) or (secret and secret in wanted):
        return (
            "",
            "LESSON_KIT_MODEL: expected openai/<name>, but something like a key came. Mend it.",
        )
    try:
        return choose_model(env).name, ""
    except ModelChoiceError as error:
        return wanted, str(error)
