"""What is started in place of a kernel or a preloaded sandbox: it asks a warm process for one, and stands for it until it ends.

The first argument is the warm process's door; the others are for what it becomes.
"""

import json
import os
import signal
import socket
import sys


def main(address: str, *arguments: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.connect(address)
        job = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}
        # The two descriptors go with the first piece; the rest of a long line follows.
        line = json.dumps(job).encode() + b"\n"
        sent = socket.send_fds(door, [line], [0, 1])
        door.sendall(line[sent:])
        # Whoever reads them must see the end when the other has ended, and not wait for this process.
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        told = door.makefile("rb")
        pid = int(told.readline())
        # Jupyter interrupts a kernel with a signal, and the process that it knows is this one.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, _: os.kill(pid, number))
        told.read()


main(*sys.argv[1:])
