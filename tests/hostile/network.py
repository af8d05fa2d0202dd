# right: forbidden | behind the look: forbidden
# ruff: noqa
import socket

socket.create_connection(("127.0.0.1", 9))


class ThinkingServer:
    pass
