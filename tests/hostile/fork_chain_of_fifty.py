# right: forbidden | behind the look: forbidden
# ruff: noqa
import os
import time

for _ in range(50):
    try:
        if os.fork() == 0:
            time.sleep(2)
            os._exit(0)
    except OSError:
        pass


class ThinkingServer:
    pass
