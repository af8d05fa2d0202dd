"""The environment variables of a guest: a handful, none of them the user's."""

from __future__ import annotations

import os
import sys

from .reach import KIT

__all__ = ["GUEST", "of_the_preloaded"]

# What a guest sees. No HOME, no key, and the same order of every set on every run.
GUEST = {
    "OPENAI_API_KEY": "no-key",
    "OPENAI_AGENTS_DISABLE_TRACING": "1",
    "LESSON_KIT_MODEL": "offline",
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
}


def of_the_preloaded() -> dict[str, str]:
    """The environment of the process that loads the act, before there is any guest."""
    paths = [str(KIT.parent), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    env = GUEST | {
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(path for path in paths if path)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        # Each thread with an arena of its own would take 64 MiB of the address space that is limited.
        "MALLOC_ARENA_MAX": "2",
    }
    if sys.platform == "win32":
        env |= {n: os.environ[n] for n in ("SYSTEMROOT", "TEMP", "TMP") if n in os.environ}
    return env
