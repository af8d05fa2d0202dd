"""Reads what deploy/ holds, for the tests about it."""

from __future__ import annotations

import functools
import re
from dataclasses import fields
from pathlib import Path

from lesson_kit.server import Limits

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"

Instruction = tuple[str, str]


def instructions(text: str) -> list[Instruction]:
    """Read a Containerfile: each instruction's name and the rest, with continued lines joined."""
    lines = [line for line in text.splitlines() if not re.match(r"\s*#", line)]
    joined = re.sub(r"\s*\\\n\s*", " ", "\n".join(lines))
    found = [line.split(None, 1) for line in joined.splitlines() if line.strip()]
    return [(name.upper(), rest) for name, rest in found]


def last_stage(text: str) -> list[Instruction]:
    found = instructions(text)
    begins = max(number for number, (name, _) in enumerate(found) if name == "FROM")
    return found[begins:]


CONTAINERFILE = (DEPLOY / "Containerfile").read_text(encoding="utf-8")


def only(name: str) -> str:
    """What follows the one instruction of this name in the image's last stage."""
    [rest] = [rest for found, rest in last_stage(CONTAINERFILE) if found == name]
    return rest


@functools.cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def longest_silence() -> float:
    """How long (seconds) an answer of the server may be silent: a proxy must wait longer."""
    limits = Limits()
    assert {field.name for field in fields(limits)} == {"first_token", "between_tokens", "total"}
    assert limits.first_token
    assert limits.between_tokens
    return max(limits.first_token, limits.between_tokens)
