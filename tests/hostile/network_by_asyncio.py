# right: forbidden | behind the look: forbidden
# ruff: noqa
import asyncio


from chatkit.server import ChatKitServer
from chatkit.types import ProgressUpdateEvent


class ThinkingServer(ChatKitServer):
    def __init__(self, model, store):
        super().__init__(store)

    async def respond(self, thread, input_user_message, context):
        yield ProgressUpdateEvent(text="Thinking...")
        await asyncio.open_connection("127.0.0.1", 9)
