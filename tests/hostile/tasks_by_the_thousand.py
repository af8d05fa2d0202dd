# right: failed
# ruff: noqa
import asyncio


from chatkit.server import ChatKitServer
from chatkit.types import ProgressUpdateEvent


class ThinkingServer(ChatKitServer):
    def __init__(self, model, store):
        super().__init__(store)

    async def respond(self, thread, input_user_message, context):
        yield ProgressUpdateEvent(text="Thinking...")
        self.tasks = [asyncio.create_task(asyncio.sleep(10**6)) for _ in range(2000)]
