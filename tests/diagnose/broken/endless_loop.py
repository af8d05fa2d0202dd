"""A search that never gives the event loop its turn."""

from __future__ import annotations

import itertools
from typing import Any

from chatkit.server import ChatKitServer


class Spinner(ChatKitServer[Any]):
    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        yield next(number for number in itertools.count() if number < 0)  # mend: blocking_call
