# right: forbidden | behind the look: failed
# ruff: noqa
import chatkit.server

chatkit.server.ChatKitServer.process = None


class ThinkingServer:
    pass
