"""requirements.lock, written anew from pyproject.toml: every package, every hash, every system.

Needs uv and the network; students need neither. Without `--upgrade` the pins stay where the
ranges allow it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def compile_command(uv: str, extra: Sequence[str] = ()) -> list[str]:
    """The call of uv. No index address gets into the file: each machine has its own.

    Of the extras only dev: a lock is installed whole, and nobody needs a cluster or another grader to learn.
    """
    options = ["--universal", "--generate-hashes", "--extra", "dev", "--no-emit-index-url"]
    options += ["--no-emit-find-links", "--quiet", *extra]
    return [uv, "pip", "compile", *options, "pyproject.toml", "-o", "requirements.lock"]


def borrow_uv(folder: Path) -> str:
    """The path of uv in a throw-away environment in `folder`."""
    print("no uv on PATH; fetching it into a temporary folder.", flush=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    inner = folder / ("Scripts" if os.name == "nt" else "bin")
    subprocess.run([str(inner / "python"), "-m", "pip", "install", "--quiet", "uv"], check=True)
    return str(inner / "uv")


def main(arguments: Sequence[str]) -> int:
    """Write requirements.lock; the exit code of uv."""
    env = {**os.environ, "UV_CUSTOM_COMPILE_COMMAND": "make lock"}
    with tempfile.TemporaryDirectory() as folder:
        uv = shutil.which("uv") or borrow_uv(Path(folder))
        command = compile_command(uv, arguments)
        code = subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
    if code == 0:
        print("requirements.lock is written; `make test` now installs and tries it.")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
