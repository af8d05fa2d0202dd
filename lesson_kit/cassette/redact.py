"""Keys and passwords, masked before anything is written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

__all__ = ["mask", "mask_all", "mask_pieces"]

# Only the group "key" is masked, so that a reader still sees what stood there.
_SECRETS = re.compile(
    r"""
      \b(?:sk|pk|rk)-(?P<a>[A-Za-z0-9_\-]{8,})                        # OpenAI and its likes
    | \bBearer\s+(?!authenti|authori)(?P<b>[A-Za-z0-9._~+/=\-]{8,})    # an Authorization header
    | \b(?:gh[pousr]|github_pat|xox[abprs]|hf|glpat)[_-](?P<c>[A-Za-z0-9_\-]{16,})
    | \b(?:AKIA|ASIA)(?P<d>[0-9A-Z]{16})\b                            # AWS
    | \bAIza(?P<e>[A-Za-z0-9_\-]{30,})                                # Google
    | \b(?P<f>eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]*)?)     # a signed token (JWT)
    | (?:api[_-]?key|password|passwd|client[_-]?secret|access[_-]?token|authorization)
      \\?["']?\s*[:=]\s*\\?["']?(?:Basic\s+)?(?P<g>[^\s"'\\,;}]{8,})
    | ://[^\s/:@]+:(?P<h>[^\s/@]+)@                                   # a password in an address
    """,
    re.VERBOSE | re.IGNORECASE,
)


def mask(text: str) -> str:
    """Put `*` for each character of what looks like a key. The length stays, and so does all other text."""
    return _SECRETS.sub(_stars, text)


def mask_pieces(pieces: Sequence[str]) -> list[str]:
    """Mask a text that comes in pieces: a key is often cut in two by the deltas."""
    whole, masked, start = mask("".join(pieces)), [], 0
    for piece in pieces:
        masked.append(whole[start : start + len(piece)])
        start += len(piece)
    return masked


def mask_all(value: Any) -> Any:
    """Mask every text in a JSON value, names included."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list):
        return [mask_all(entry) for entry in value]
    if isinstance(value, dict):
        return {mask(str(name)): _entry(str(name), entry) for name, entry in value.items()}
    return value


def _entry(name: str, value: Any) -> Any:
    if isinstance(value, str):
        # Name and value together: {"api_key": "..."} is a secret, though its value alone may not look like one.
        start = f"{name}: "
        return mask(start + value)[len(start) :] if mask(value) == value else mask(value)
    return mask_all(value)


def _stars(found: re.Match[str]) -> str:
    text = found.group()
    for name, key in found.groupdict().items():
        if key is not None:
            start, end = found.start(name) - found.start(), found.end(name) - found.start()
            return text[:start] + "*" * (end - start) + text[end:]
    return text
