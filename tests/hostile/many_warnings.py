# right: failed
# ruff: noqa
import logging

for _ in range(2_000):
    logging.getLogger("chatkit").warning("x" * 1000)


class ThinkingServer:
    pass
