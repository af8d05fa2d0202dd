"""The warm process: it loads what every notebook imports, then forks a real kernel for each that asks.

A kernel of its own loads the SDKs for three seconds of computing; thirty notebooks would take more than the rest of the tests.
A kernel whose asker has gone ends itself.

    python -m tests.kernels.warm DOOR [DOOR OF PRELOADED SANDBOXES]
"""

from __future__ import annotations

import gc
import os
import socket
import sys
import threading
from typing import Any

from tests.kernels.door import serve


def load() -> None:
    import agents  # noqa: F401
    import ipykernel.kernelapp  # noqa: F401
    import ipywidgets  # noqa: F401

    import lesson_kit
    from lesson_kit.conversation import warm_up

    for name in lesson_kit.__all__:
        getattr(lesson_kit, name)
    warm_up()


def lean_on(sandboxes: str) -> None:
    """Let the kernels' sandboxes come warm too: two seconds of computing for each that checks an answer."""
    from lesson_kit.sandbox.keeper import Keeper

    asker = os.path.join(os.path.dirname(__file__), "asker.py")
    Keeper.command = (sys.executable, "-I", "-S", asker, sandboxes)


def be_a_kernel(job: dict[str, Any], asker: socket.socket, descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
    threading.Thread(target=leave_with, args=(asker,), daemon=True).start()
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = ["warm-kernel", "-f", job["arguments"][0]]
    IPKernelApp.launch_instance()


def leave_with(asker: socket.socket) -> None:
    asker.recv(1)
    os._exit(1)


if __name__ == "__main__":
    load()
    for sandboxes in sys.argv[2:]:
        lean_on(sandboxes)
    gc.collect()
    gc.freeze()  # a collection in the child would touch, and so copy, every page
    serve(sys.argv[1], be_a_kernel)
