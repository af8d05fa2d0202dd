"""A bug that no pitfall describes."""

from __future__ import annotations

from typing import Any, ClassVar

from chatkit.server import ChatKitServer
from chatkit.types import ProgressUpdateEvent


class Assistant(ChatKitServer[Any]):
    prices: ClassVar = {"tea": 2}

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        yield ProgressUpdateEvent(text=f"That is {self.prices['coffee']}")  # mend: unknown
