"""A script that ends when it is imported."""

from __future__ import annotations

import sys
from typing import Any

from chatkit.server import ChatKitServer

sys.exit("no config")  # mend: unknown


class Assistant(ChatKitServer[Any]):
    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        yield
