# right: forbidden | behind the look: forbidden
# ruff: noqa
import logging

logging.basicConfig(filename="CANARY/log.txt")
logging.error("here")


class ThinkingServer:
    pass
