"""The Responses API, POST /v1/responses: its events are what a script makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from agents import ModelResponse
from agents.items import TResponseStreamEvent
from openai.types import responses as api
from openai.types.responses.response_usage import InputTokensDetails, OutputTokensDetails

from .dialect import Dialect, sse

__all__ = ["Responses"]


class Responses(Dialect):
    """Passes the model's events on; each names its type twice, as `event:` and in its JSON."""

    path = "responses"

    def __init__(self, request: Mapping[str, Any]) -> None:
        super().__init__(request)
        self._number = 0

    @classmethod
    def question(cls, request: Mapping[str, Any]) -> tuple[str | None, Any]:
        asked = request.get("input")
        if not isinstance(asked, str | list):
            raise ValueError(f"'input' must be a text or a list of items, but {asked!r:.40} came.")
        return request.get("instructions"), asked

    def chunks(self, event: TResponseStreamEvent) -> Iterable[bytes]:
        if (response := getattr(event, "response", None)) is not None:
            response.model = self.model
        self._number = event.sequence_number + 1
        yield sse(event.model_dump_json(exclude_none=True), event.type)

    def error(self, body: dict[str, Any]) -> bytes:
        # No `error` object round it, unlike an HTTP error (ResponseErrorEvent).
        fields = {"code": body["code"], "message": body["message"], "param": body["param"]}
        return sse({"type": "error", "sequence_number": self._number, **fields}, "error")

    def whole(self, response: ModelResponse) -> dict[str, Any]:
        usage = response.usage
        whole = api.Response(
            id=response.response_id or "resp",
            created_at=0,  # the wall clock would make each run differ
            model=self.model,
            object="response",
            output=list(response.output),
            parallel_tool_calls=False,
            status="completed",
            tool_choice="auto",
            tools=[],
            usage=api.ResponseUsage(
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                total_tokens=usage.total_tokens,
                input_tokens_details=InputTokensDetails.model_validate(
                    {"cached_tokens": 0, "cache_write_tokens": 0}
                ),
                output_tokens_details=OutputTokensDetails(reasoning_tokens=0),
            ),
        )
        return whole.model_dump(mode="json", exclude_none=True)
