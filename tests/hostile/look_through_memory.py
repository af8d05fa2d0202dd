# right: forbidden | behind the look: forbidden
# ruff: noqa
import gc

gc.get_objects()


class ThinkingServer:
    pass
