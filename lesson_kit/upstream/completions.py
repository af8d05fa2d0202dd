"""The Chat Completions API, POST /v1/chat/completions: what most other servers speak.

It has no ids for messages. The Agents SDK then calls every item `__fake_id__` (agents/models/fake_id.py; ledger,
finding 8).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from agents import ModelResponse
from agents.items import TResponseOutputItem, TResponseStreamEvent

from .dialect import Dialect, sse

__all__ = ["Completions"]


class Completions(Dialect):
    """Says the model's events as chunks with a `delta` each."""

    path = "chat/completions"

    def __init__(self, request: Mapping[str, Any]) -> None:
        super().__init__(request)
        options = request.get("stream_options")
        self._with_usage = isinstance(options, Mapping) and bool(options.get("include_usage"))
        self._id = ""
        self._calls: dict[int, int] = {}  # place in the model's output -> place among the calls

    @classmethod
    def question(cls, request: Mapping[str, Any]) -> tuple[str | None, Any]:
        messages = request.get("messages")
        found = messages if isinstance(messages, list) else []
        if not found or not all(isinstance(message, Mapping) for message in found):
            raise ValueError(f"'messages' must be a list of messages, but {messages!r:.40} came.")
        told = [m for m in found if m.get("role") in ("system", "developer")]
        instructions = "\n".join(str(message.get("content", "")) for message in told)
        return instructions or None, [m for m in found if m not in told]

    def chunks(self, event: TResponseStreamEvent) -> Iterable[bytes]:
        match event.type:
            case "response.created":
                self._id = event.response.id
                yield self._chunk({"role": "assistant", "content": ""})
            case "response.output_text.delta":
                yield self._chunk({"content": event.delta})
            case "response.refusal.delta":
                yield self._chunk({"refusal": event.delta})
            case "response.reasoning_summary_text.delta":
                # Not OpenAI's: what DeepSeek, vLLM and others send, and what the Agents SDK reads.
                yield self._chunk({"reasoning_content": event.delta})
            case "response.output_item.added" if event.item.type == "function_call":
                place = self._calls[event.output_index] = len(self._calls)
                function = {"name": event.item.name, "arguments": ""}
                yield self._call(place, id=event.item.call_id, type="function", function=function)
            case "response.function_call_arguments.delta":
                place = self._calls[event.output_index]
                yield self._call(place, function={"arguments": event.delta})
            case "response.completed":
                yield self._chunk({}, "tool_calls" if self._calls else "stop")
                if self._with_usage:
                    yield sse(self._frame([]) | {"usage": _usage(event.response.usage)})
                yield sse("[DONE]")

    def error(self, body: dict[str, Any]) -> bytes:
        return sse({"error": body})

    def whole(self, response: ModelResponse) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": None}
        calls = []
        for item in response.output:
            if item.type == "function_call":
                function = {"name": item.name, "arguments": item.arguments}
                calls.append({"id": item.call_id, "type": "function", "function": function})
            message |= _said(item)
        self._id = response.response_id or ""
        choice = {
            "index": 0,
            "message": message | ({"tool_calls": calls} if calls else {}),
            "finish_reason": "tool_calls" if calls else "stop",
        }
        frame = self._frame([choice]) | {"object": "chat.completion"}
        return frame | {"usage": _usage(response.usage)}

    def _call(self, place: int, **fields: Any) -> bytes:
        return self._chunk({"tool_calls": [{"index": place, **fields}]})

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> bytes:
        return sse(self._frame([{"index": 0, "delta": delta, "finish_reason": finish}]))

    def _frame(self, choices: list[Any]) -> dict[str, Any]:
        kind = "chat.completion.chunk"
        frame = {"id": self._id, "object": kind, "created": 0, "model": self.model}
        return frame | {"choices": choices}


def _said(item: TResponseOutputItem) -> dict[str, Any]:
    """What an output item adds to the one message that this API knows."""
    if item.type == "reasoning":
        return {"reasoning_content": "".join(part.text for part in item.summary)}
    if item.type != "message":
        return {}
    parts = item.content
    texts = [part.text for part in parts if part.type == "output_text"]
    refusals = [part.refusal for part in parts if part.type == "refusal"]
    return {"content": "".join(texts) or None} | (
        {"refusal": "".join(refusals)} if refusals else {}
    )


def _usage(usage: Any) -> dict[str, int]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
    }
