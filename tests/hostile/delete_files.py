# right: forbidden | behind the look: forbidden
# ruff: noqa
import shutil

shutil.rmtree("CANARY", ignore_errors=True)


class ThinkingServer:
    pass
