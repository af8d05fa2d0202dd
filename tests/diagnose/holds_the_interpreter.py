"""C code that never gives the interpreter lock away: no thread of this process can even look."""

from __future__ import annotations

from typing import Any

from chatkit.server import ChatKitServer


class Holder(ChatKitServer[Any]):
    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        yield 7 ** (7**12)
