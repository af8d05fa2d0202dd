# right: forbidden | behind the look: crashed
# ruff: noqa
from chatkit.server import ChatKitServer

from lesson_kit.scene.senses import Senses

Senses.now = None


class ThinkingServer(ChatKitServer):
    def __init__(self, model, store):
        super().__init__(store)
