# right: forbidden | behind the look: failed crashed forbidden
# ruff: noqa
import os

for descriptor in range(300):
    try:
        os.write(descriptor, b'{"seen": {"clients": []}}\n')
    except OSError:
        pass


class ThinkingServer:
    pass
