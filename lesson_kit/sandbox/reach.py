"""What a guest may read: Python, its packages, and the rooms of this kit that are loaded anyway."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

__all__ = ["KIT", "importable", "libraries", "readable"]

KIT = Path(__file__).parent.parent
# Devices that give nothing away, and what the C library looks up when it loads a module or tells the time.
_OF_THE_SYSTEM = (
    "/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", "/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types",
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo", "/usr/share/locale",
)  # fmt: skip


def libraries() -> list[str]:
    """The folders of Python's library and of installed packages."""
    kinds = ("stdlib", "platstdlib", "purelib", "platlib")
    found = {path for kind in kinds if (path := sysconfig.get_path(kind))}
    # In a virtual environment the paths above are its own; the library is that of the Python below it.
    found |= {os.path.join(prefix, "lib") for prefix in (sys.prefix, sys.base_prefix)}
    packages = {"site-packages", "dist-packages"}
    found |= {path for path in sys.path if packages & set(Path(path).parts)}
    return sorted(os.path.realpath(path) for path in found if path and os.path.isdir(path))


def importable() -> list[str]:
    """What of `sys.path` a guest may read.

    For a module that is not loaded yet, Python lists each folder that has changed since it last looked: the course's own
    folder, too, and that look would be forbidden.
    """
    inside = libraries()
    places = [(path, os.path.join(os.path.realpath(path), "")) for path in sys.path if path]
    return [
        path for path, place in places if any(place.startswith(f"{one}{os.sep}") for one in inside)
    ]


def readable() -> list[str]:
    """Everything that a guest's process may open to read, by real path; call it when the act is loaded.

    Of this kit only the folders of loaded rooms: the checks, the answers and the server that an exercise asks for are
    not among them. Of what lies beside it (exercises, solutions, submissions) nothing.
    """
    modules = [module for name, module in sys.modules.items() if name.startswith("lesson_kit")]
    loaded = [Path(module.__file__) for module in modules if module.__file__]
    rooms = {str(file.parent) if file.parent != KIT else str(file) for file in loaded}
    return sorted({*libraries(), *rooms, *_OF_THE_SYSTEM})
