# right: failed
# ruff: noqa
BIG = 10**1_000_000
print(BIG % 7)


from chatkit.server import ChatKitServer
from chatkit.types import ProgressUpdateEvent


class ThinkingServer(ChatKitServer):
    def __init__(self, model, store):
        super().__init__(store)

    async def respond(self, thread, input_user_message, context):
        yield ProgressUpdateEvent(text="Thinking...")
        raise ValueError(BIG)
