"""What the model is asked: the thread's items as the Agents SDK's input, oldest first.

`input.content` is not that. The SDK accepts it without an error, and the model then reads
`[["type","input_text"],["text","hello"]]` (ledger, finding 2); and the last message alone is no conversation (B9).
"""

from __future__ import annotations

from typing import Any

from agents import TResponseInputItem
from chatkit.agents import ThreadItemConverter
from chatkit.store import Store
from chatkit.types import (
    AssistantMessageItem,
    Attachment,
    ThreadItem,
    ThreadMetadata,
    UserMessageItem,
    UserMessageTagContent,
)
from openai.types.responses import EasyInputMessageParam, ResponseInputTextParam

PAGE = 100


class LessonConverter(ThreadItemConverter):
    """ChatKit's converter, with words for the two kinds of content that it raises on, and answers that every API takes."""

    async def assistant_message_to_input(self, item: AssistantMessageItem) -> EasyInputMessageParam:
        # ChatKit writes an answer as a message of `output_text` parts, and on Chat Completions the Agents SDK raises on
        # these in the second turn (agents/models/chatcmpl_converter.py). A plain text is right for both APIs.
        said = "".join(part.text for part in item.content)
        return EasyInputMessageParam(type="message", role="assistant", content=said)

    async def attachment_to_message_content(self, attachment: Attachment) -> ResponseInputTextParam:
        return _text(f"[The user attached the file {attachment.name!r}; its content is not shown.]")

    async def tag_to_message_content(self, tag: UserMessageTagContent) -> ResponseInputTextParam:
        return _text(f"[The user mentioned {tag.text!r}.]")


async def load_history(
    store: Store[Any],
    thread: ThreadMetadata,
    message: UserMessageItem | None,
    context: Any,
    *,
    most: int = 200,
) -> list[TResponseInputItem]:
    """Load the newest `most` items of the thread as model input; `message` is added if the store lacks it."""
    newest_first: list[ThreadItem] = []
    after: str | None = None
    while len(newest_first) < most:
        page = await store.load_thread_items(
            thread.id, after, min(PAGE, most - len(newest_first)), "desc", context
        )
        newest_first += page.data
        if not page.has_more:
            break
        after = page.after
    items = newest_first[::-1]
    if message and all(item.id != message.id for item in items):
        items.append(message)
    return await LessonConverter().to_agent_input(items)


def _text(text: str) -> ResponseInputTextParam:
    return ResponseInputTextParam(type="input_text", text=text)
