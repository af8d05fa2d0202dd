"""The scene: what an answer is put through, and what is then seen of it."""

from ..script import Reply, ToolCall
from .scene import Ask, Call, Feed, Scene
from .seen import Seen
from .words import question, words

__all__ = ["Ask", "Call", "Feed", "Reply", "Scene", "Seen", "ToolCall", "question", "words"]
