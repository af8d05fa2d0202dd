"""A model's server in the form of OpenAI's, which plays a script.

POST /v1/responses and POST /v1/chat/completions, streaming and not. The real OpenAI client speaks to it, over a
socket (`lesson-kit upstream`) or in process and in virtual time:

    upstream = Upstream(Script.say("Hello there"), [Trouble(503)])
    model = OpenAIResponsesModel("any-name", upstream.client())
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import httpx2
import openai
from agents.testing import ModelCall
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..link import Link
from ..script import Made, Reply, Script, ScriptModel
from .answer import TROUBLE, Answer
from .asked import Asked
from .completions import Completions
from .dialect import Dialect
from .refused import refusal
from .responses import Responses
from .trouble import Trouble

__all__ = ["Upstream"]

KEPT = 1000  # requests in the log


class Upstream:
    """Plays `script` to whoever asks; request k meets `troubles[k]`, and later requests meet none.

    A reply is used up by each request that is played; one that a trouble refuses with a status uses up none. With
    `repeat`, the troubles start over when they are used up. `requests` is the log of the last requests, oldest first;
    `made` lists the text deltas that the model made, read or not (empty with `record=False`). `on_end` is called with
    each request that has ended.

    No key is checked: a 401 comes by order, too. Errors that the script names with `error=` are said over HTTP:
    before the first delta as a status, later as an error event in the stream.
    """

    def __init__(
        self,
        script: Script,
        troubles: Iterable[Trouble | None] = (),
        *,
        repeat: bool = False,
        record: bool = True,
        on_end: Callable[[Asked], None] = lambda asked: None,
    ) -> None:
        self.requests: deque[Asked] = deque(maxlen=KEPT)
        self._model = _SpoiltModel(
            script.replies, then_repeat=script.then_repeat, answer=script.answer, record=record
        )
        self._troubles = deque(trouble or Trouble() for trouble in troubles)
        self._repeat = repeat
        self._on_end = on_end
        self._open: set[Answer] = set()
        self.app = Starlette(
            routes=[
                Route(f"/v1/{dialect.path}", self._endpoint(dialect), methods=["POST"])
                for dialect in (Responses, Completions)
            ],
            exception_handlers={404: _not_found, 405: _not_found},
        )
        self.app.router.redirect_slashes = False

    @property
    def made(self) -> list[Made]:
        return self._model.made

    def client(self, **options: Any) -> openai.AsyncOpenAI:
        """Make a real OpenAI client whose connection leads here, in this process.

        The options are those of `openai.AsyncOpenAI`, such as `max_retries=0` or `timeout=5.0` (seconds).
        """
        http = httpx2.AsyncClient(transport=Link(self.app), trust_env=False)
        options = {"api_key": "any-word", "base_url": "http://upstream/v1"} | options
        return openai.AsyncOpenAI(http_client=http, **options)

    def hang_up(self) -> None:
        """Break off every open answer, as a server does that is switched off."""
        for answer in self._open:
            answer.hang_up()

    def _endpoint(self, dialect: type[Dialect]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            try:
                body = _parse(await request.body())
                question = dialect.question(body)
            except ValueError as error:
                return refusal(400, message=str(error))
            asked = Asked(
                dialect.path,
                bool(body.get("stream")),
                str(body.get("model", "")),
                _number(request.headers.get("x-stainless-retry-count", "0")),
            )
            self.requests.append(asked)
            answer = Answer(
                self._model, dialect(body), question, asked, self._next_trouble(), self._ended
            )
            self._open.add(answer)
            return answer

        return endpoint

    def _ended(self, answer: Answer) -> None:
        self._open.discard(answer)
        self._on_end(answer.asked)

    def _next_trouble(self) -> Trouble:
        if not self._troubles:
            return Trouble()
        trouble = self._troubles.popleft()
        if self._repeat:
            self._troubles.append(trouble)
        return trouble


class _SpoiltModel(ScriptModel):
    """A script's model whose replies meet the trouble that their call carries."""

    def _next_reply(self, call: ModelCall, number: int) -> Reply:
        reply = super()._next_reply(call, number)
        trouble: Trouble = (call.model_settings.extra_args or {})[TROUBLE]
        return trouble.spoil(reply)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except ValueError:
        raise ValueError("the body must be JSON, and it is not.") from None
    if not isinstance(parsed, dict):
        raise ValueError(f"the body must be a JSON object, but {type(parsed).__name__} came.")
    return parsed


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


async def _not_found(request: Request, error: Exception) -> Response:
    return refusal(
        404,
        message=f"{request.method} {request.url.path} does not exist here. "
        "There are POST /v1/responses and POST /v1/chat/completions.",
    )
