# right: forbidden
# ruff: noqa
import asyncio

PROGRAM = asyncio.SubprocessProtocol


from chatkit.server import ChatKitServer
from chatkit.types import ProgressUpdateEvent


class ThinkingServer(ChatKitServer):
    def __init__(self, model, store):
        super().__init__(store)

    async def respond(self, thread, input_user_message, context):
        yield ProgressUpdateEvent(text="Thinking...")
        await asyncio.get_running_loop().subprocess_exec(PROGRAM, "true")
