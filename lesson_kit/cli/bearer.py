"""The token that a command brings along to a server, read where no list of processes shows it."""

from __future__ import annotations

import os
import re
from pathlib import Path

__all__ = ["HOW_TO_BRING", "VARIABLE", "BearerError", "bearer"]

VARIABLE = "LESSON_KIT_TOKEN"
HOW_TO_BRING = f"Then put it into the variable {VARIABLE}, or into a file: --token-file FILE."

# RFC 6750, b64token. It has no colon, so the last one ends the name of a user (lesson_kit/web/tokens.py).
_LINE = re.compile(r"(?:[^\s:]+:)?(?P<token>[A-Za-z0-9._~+/-]+=*)")


class BearerError(ValueError):
    """There is no usable token. The message says where it was looked for, and never what stands there."""


def bearer(file: Path | None) -> str | None:
    """Read the token out of a file, or out of `LESSON_KIT_TOKEN`; None when neither is given. A file goes first.

    Both take the lines of `lesson-kit serve --token-file`, of which there may be one only. Raises `BearerError`.
    """
    if file is None:
        text, source = os.environ.get(VARIABLE, ""), VARIABLE
        if not text.strip():
            return None
    else:
        text, source = _text_of(file), str(file)
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if len(lines) != 1:
        raise BearerError(
            f"{source}: expected one line, with your token, but it has {len(lines)}. Leave only yours there."
        )
    found = _LINE.fullmatch(lines[0])
    if not found:
        raise BearerError(
            f"{source}: expected 'token' or 'user:token', a token of letters, digits and -._~+/, but something else "
            "came (not shown). Copy it again."
        )
    return found["token"]


def _text_of(file: Path) -> str:
    from ..web.tokens import TokenError, text_of  # only now: with it comes the whole server

    try:
        return text_of(file)
    except TokenError as error:
        raise BearerError(str(error)) from None
