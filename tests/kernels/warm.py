"""The warm process: it loads what every notebook imports, then forks a real kernel for each that asks.

A kernel of its own loads the SDKs for three seconds of computing; thirty notebooks would take more than the rest of the tests.
Whoever asks sends one line of JSON, {"file": connection file, "folder": ..., "environment": {...}}, gets the pid of the kernel, and
then the end of the file when the kernel has ended. A kernel whose asker has gone ends itself.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
import threading


def load() -> None:
    import agents  # noqa: F401
    import ipykernel.kernelapp  # noqa: F401
    import ipywidgets  # noqa: F401

    import lesson_kit
    from lesson_kit.conversation import warm_up

    for name in lesson_kit.__all__:
        getattr(lesson_kit, name)
    warm_up()
    gc.collect()
    gc.freeze()  # a collection in the child would touch, and so copy, every page


def serve(address: str) -> None:
    load()
    # One thread, or a fork may copy a lock that nobody will ever open.
    assert threading.active_count() == 1, threading.enumerate()
    signal.signal(signal.SIGCHLD, reap)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.bind(address)
        door.listen(16)
        print("ready", flush=True)
        while True:
            asker, _ = door.accept()
            job = json.loads(asker.makefile("r", encoding="utf-8").readline())
            pid = os.fork()
            if pid == 0:
                door.close()
                be_a_kernel(job, asker)
            asker.sendall(f"{pid}\n".encode())
            asker.close()


def reap(*_: object) -> None:
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return
        except ChildProcessError:
            return


def be_a_kernel(job: dict[str, object], asker: socket.socket) -> None:
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.chdir(str(job["folder"]))
        os.environ.clear()
        os.environ.update(job["environment"])  # type: ignore[call-overload]
        threading.Thread(target=leave_with, args=(asker,), daemon=True).start()
        from ipykernel.kernelapp import IPKernelApp

        sys.argv = ["warm-kernel", "-f", str(job["file"])]
        IPKernelApp.launch_instance()
        code = 0
    finally:
        os._exit(code)


def leave_with(asker: socket.socket) -> None:
    asker.recv(1)
    os._exit(1)


if __name__ == "__main__":
    serve(sys.argv[1])
