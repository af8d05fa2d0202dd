"""Canned answers: nothing streams, and no model is asked."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

from chatkit.server import ChatKitServer
from chatkit.types import AssistantMessageContent, AssistantMessageItem, ThreadItemDoneEvent


@dataclasses.dataclass
class Answer:
    text: str

    def item(self, server: Any, thread: Any, context: Any) -> AssistantMessageItem:
        return AssistantMessageItem(
            id=server.store.generate_item_id("message", thread, context),
            thread_id=thread.id,
            created_at=datetime.now(),
            content=[AssistantMessageContent(text=self.text)],
        )


class Canned(ChatKitServer[Any]):
    answers = (Answer("Yes."), Answer("No."))

    async def respond(self, thread: Any, input_user_message: Any, context: Any) -> Any:
        page = await self.store.load_thread_items(thread.id, None, 20, "asc", context)
        yield ThreadItemDoneEvent(item=self.answers[len(page.data) % 2].item(self, thread, context))
