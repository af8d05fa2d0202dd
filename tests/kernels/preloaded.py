"""The warm sandbox: it has the act loaded, as a preloaded process has, and forks one for each kernel that checks an answer.

What it forks is `python -m lesson_kit.sandbox` from its first line on: it puts up its own walls and has its own jobs.

    python -P tests/kernels/preloaded.py DOOR
"""

from __future__ import annotations

import gc
import os
import socket
import sys
from pathlib import Path
from typing import Any

from lesson_kit.sandbox import preload

ACT = "lesson_kit.scene.play:act"


def be_preloaded(job: dict[str, Any], asker: socket.socket, descriptors: list[int]) -> None:
    asker.close()  # the door tells it of the end
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.argv = ["lesson-kit-sandbox", *job["arguments"]]
    preload.main()


if __name__ == "__main__":
    preload.load(ACT)
    gc.collect()
    gc.freeze()
    sys.path.append(str(Path(__file__).parent))
    from door import serve

    sys.path.pop()
    serve(sys.argv[1], be_preloaded)
