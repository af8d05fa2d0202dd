# right: failed timeout crashed
# ruff: noqa
import asyncio


from chatkit.server import ChatKitServer
from chatkit.types import ProgressUpdateEvent


class ThinkingServer(ChatKitServer):
    def __init__(self, model, store):
        super().__init__(store)

    async def respond(self, thread, input_user_message, context):
        yield ProgressUpdateEvent(text="Thinking...")
        asyncio.get_running_loop().time = lambda: 0.0
        await asyncio.sleep(1)
