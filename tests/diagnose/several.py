"""Two servers in one file."""

from __future__ import annotations

from typing import Any

from chatkit.server import ChatKitServer

from lesson_kit.server import LessonServer


class Bad(ChatKitServer[Any]):
    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        return


class Good(LessonServer):
    pass
