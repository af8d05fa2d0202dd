# right: forbidden | behind the look: forbidden
# ruff: noqa
import subprocess

subprocess.run(["true"], check=False)


class ThinkingServer:
    pass
