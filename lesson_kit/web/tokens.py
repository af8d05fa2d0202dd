"""Who may ask: bearer tokens, each of which may name a user."""

from __future__ import annotations

import hashlib
import hmac
import re
from pathlib import Path

__all__ = ["TokenError", "Tokens"]

SHORTEST = 16  # characters
HOW_TO_MAKE = 'python -c "import secrets; print(secrets.token_urlsafe())"'
# What a bearer token may be made of (RFC 6750, b64token); so the last colon of a line ends the user's name.
_USER, _TOKEN = r"[^\s:]{1,64}", rf"[A-Za-z0-9._~+/-]{{{SHORTEST},512}}=*"
_LINE = re.compile(rf"(?:(?P<user>{_USER}):)?(?P<token>{_TOKEN})")


class TokenError(ValueError):
    """The tokens cannot be read. The message names the line and never what stands in it."""


class Tokens:
    """Tokens that open the server, read from lines `token` or `user:token`.

    Empty lines and lines that begin with # say nothing. One user may have several tokens, so that a new one can come
    before the old one goes. A token without a user opens the server to nobody in particular: the user is "".

    Only digests are kept, so no log, traceback or debugger shows a token. Raises `TokenError`.
    """

    def __init__(self, text: str, *, source: str = "the tokens", path: Path | None = None) -> None:
        self._path = path
        self._source = source
        self._users = _parse(text, source)

    @classmethod
    def from_file(cls, path: Path) -> Tokens:
        return cls(text_of(path), source=str(path), path=path)

    def __repr__(self) -> str:
        return f"<{self}>"

    def __str__(self) -> str:
        users = {user for user in self._users.values() if user}
        return f"{len(self._users)} token{'s'[: len(self._users) != 1]}, {len(users)} named user{'s'[: len(users) != 1]}"

    @property
    def reloads(self) -> bool:
        """Whether they come from a file, which may change."""
        return self._path is not None

    def read_again(self) -> None:
        """Read the file again. When that fails, raises `TokenError`, and the tokens stay as they were."""
        if self._path:
            self._users = _parse(text_of(self._path), self._source)

    def user_of(self, token: str) -> str | None:
        """Give the user of a token; "" if it names none, None if there is no such token."""
        asked = _digest(token)
        found = None
        # All of them, and each compared in constant time: how long it takes says nothing about the tokens.
        for digest, user in self._users.items():
            if hmac.compare_digest(digest, asked):
                found = user
        return found


def text_of(path: Path) -> str:
    """Read a token file. Raises `TokenError`."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TokenError(
            f"cannot read the token file {path}: {error.strerror}. Check its path and who may read it."
        ) from None
    except UnicodeDecodeError:
        raise TokenError(f"the token file {path} is not UTF-8. Save it as plain text.") from None


def _parse(text: str, source: str) -> dict[bytes, str]:
    users: dict[bytes, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if not found:
            raise TokenError(
                f"line {number} of {source} is not 'token' or 'user:token', with a token of {SHORTEST} to 512 letters, "
                f"digits or -._~+/ and a user without spaces. Make a token with: {HOW_TO_MAKE}"
            )
        digest = _digest(found["token"])
        if digest in users:
            raise TokenError(
                f"line {number} of {source} repeats a token. Make a new one: {HOW_TO_MAKE}"
            )
        users[digest] = found["user"] or ""
    if not users:
        raise TokenError(f"{source}: no token in it. Make one: {HOW_TO_MAKE}")
    return users


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
