"""Which model speaks: the offline tutor, or real ones that the environment names."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
import openai
from agents import Model, OpenAIResponsesModel

from .retry import FallbackModel, FinishedChatModel, Try
from .tutor import tutor

__all__ = ["ModelChoice", "ModelChoiceError", "choose_model"]

logger = logging.getLogger(__name__)

VARIABLE, FALLBACK = "LESSON_KIT_MODEL", "LESSON_KIT_FALLBACK_MODEL"
OFFLINE = "offline"
# Seconds of silence after which the fallback model is asked: half of what a server waits for a first token.
PATIENCE = 7.0
# Said in full, because the OpenAI client would look for OPENAI_BASE_URL in os.environ again.
OPENAI_URL = "https://api.openai.com/v1"

_EXPECTED = "expected offline, openai/<name> or openai-chat/<name>"
_PROVIDERS = ("openai", "openai-chat")


class ModelChoiceError(ValueError):
    """The environment names no usable model. The message is one line: what was expected, what came, what to do."""


@dataclass(frozen=True)
class ModelChoice:
    """A model and the name under which the panel shows it, such as "offline" or "openai/gpt-5"."""

    name: str
    model: Model = field(repr=False)  # its client knows the key


def choose_model(env: Mapping[str, str] = os.environ) -> ModelChoice:
    """Make the model that `LESSON_KIT_MODEL` names. Nothing is sent before the first question.

    - `offline`, or nothing: the tutor, without a key or a network.
    - `openai/<name>`: the Responses API, with OPENAI_API_KEY, at OPENAI_BASE_URL if that is set.
    - `openai-chat/<name>`: the same for servers that only know Chat Completions. All their messages have the id
      `__fake_id__` (ledger, finding 8). A stream of theirs that just ends is an error.

    `LESSON_KIT_FALLBACK_MODEL` names a second one in the same way, with the same key and address. It is asked when
    the first one fails, or is silent for `PATIENCE` seconds, and no word of its answer was heard (`FallbackModel`);
    each is then asked once. Without it the OpenAI client itself asks up to twice again.

    Raises `ModelChoiceError` when that cannot be done; the message never holds the key.
    """
    first = env.get(VARIABLE, "").strip()
    second = env.get(FALLBACK, "").strip()
    if not second:
        return _choice(VARIABLE, first, env)
    if first.lower() in ("", OFFLINE):
        raise ModelChoiceError(
            f"{FALLBACK}: expected a first model that may fail, but the offline tutor answers. "
            f"Name that model in {VARIABLE}, or unset {FALLBACK}."
        )
    # A client's own tries would multiply with those of the fallback.
    choices = [
        _choice(VARIABLE, first, env, max_retries=0),
        _choice(FALLBACK, second, env, max_retries=0),
    ]
    names = [choice.name for choice in choices]

    def tell(tried: Try) -> None:
        then = "No other is left." if tried.gives_up else f"{names[1]} is asked."
        # Never the error's own words: a server may quote the key.
        logger.warning(
            "%s failed: %s. %s", names[tried.model - 1], type(tried.error).__name__, then
        )

    model = FallbackModel(*(choice.model for choice in choices), first_token=PATIENCE, tell=tell)
    return ModelChoice(", else ".join(names), model)


def _choice(variable: str, wanted: str, env: Mapping[str, str], **client: Any) -> ModelChoice:
    if wanted.lower() in ("", OFFLINE):
        return ModelChoice(OFFLINE, tutor().model(record=False))
    provider, name = _split(variable, wanted)
    made = _client(_key(env), _base_url(env), **client)
    kind = OpenAIResponsesModel if provider == "openai" else FinishedChatModel
    return ModelChoice(f"{provider}/{name}", kind(name, made))


def _split(variable: str, wanted: str) -> tuple[str, str]:
    provider, slash, name = (part.strip() for part in wanted.partition("/"))
    provider = provider.lower()
    came = f"{variable}: {_EXPECTED}, but {_shown(wanted)} came."
    if provider not in _PROVIDERS:
        if slash or _looks_secret(wanted):
            raise ModelChoiceError(f"{came} For any server of that kind, write openai-chat/<name>.")
        raise ModelChoiceError(f"{came} Put the provider first, such as openai/{wanted:.40}.")
    if _looks_secret(name):  # a model's name is shown
        raise ModelChoiceError(
            f"{came} Put the key into OPENAI_API_KEY, and the model's name here."
        )
    if not name or not name.isprintable() or " " in name:
        raise ModelChoiceError(f"{came} Write the model's name after {provider}/, without spaces.")
    return provider, name


def _key(env: Mapping[str, str]) -> str:
    key = env.get("OPENAI_API_KEY", "").strip()
    if not key:
        raise ModelChoiceError(
            "OPENAI_API_KEY: expected the key of the model's server, but it is not set. Set it (any word will do for "
            "a local server that needs none), or unset LESSON_KIT_MODEL for the offline tutor."
        )
    if not (key.isascii() and key.isprintable()) or " " in key:
        # It could not be sent as an HTTP header, and the error would come only with the first question.
        raise ModelChoiceError(
            "OPENAI_API_KEY: expected letters, digits and signs without spaces, but it has other characters "
            "(not shown). Copy the key again, without quotation marks or line ends."
        )
    return key


def _base_url(env: Mapping[str, str]) -> str:
    text = env.get("OPENAI_BASE_URL", "").strip() or OPENAI_URL
    try:
        url = httpx2.URL(text)
        fits = url.scheme in ("http", "https") and bool(url.host) and not re.search(r"\s", text)
        fits = fits and 0 < (url.port or 1) < 65536
    except (httpx2.InvalidURL, ValueError):
        fits = False
    if not fits:
        raise ModelChoiceError(
            f"OPENAI_BASE_URL: expected an address such as http://127.0.0.1:11434/v1, but {_shown(text)} came. "
            "Mend it, or unset it for OpenAI's own server."
        )
    return text


def _client(key: str, base_url: str, **options: Any) -> openai.AsyncOpenAI:
    try:
        return openai.AsyncOpenAI(api_key=key, base_url=base_url, **options)
    except (ImportError, ValueError, openai.OpenAIError) as error:
        # The client also reads proxies from the environment. Its words may quote them, with a password.
        raise ModelChoiceError(
            f"the OpenAI client could not be made ({type(error).__name__}). "
            "Check HTTP_PROXY, HTTPS_PROXY and ALL_PROXY, or unset LESSON_KIT_MODEL for the offline tutor."
        ) from None


def _looks_secret(text: str) -> bool:
    return re.search(r"\bsk-", text, re.IGNORECASE) is not None  # "task-7b" is a fine name


def _shown(text: str) -> str:
    """Quote a setting in a message, but never a key that was put into the wrong variable."""
    if _looks_secret(text):
        return "something that looks like a key (not shown)"
    text = re.sub(r"//[^/]*@", "//...@", text)  # a password in an address
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
