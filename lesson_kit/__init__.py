"""The engine of the streaming workbook: the real Agents SDK and ChatKit, in virtual and in real time.

Names are loaded when they are first used: the SDKs take two seconds to import, and `lesson-kit --help` should not.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

# Offline first: with tracing on, the Agents SDK starts a thread and, with a key set, tries the network at exit.
os.environ.setdefault("OPENAI_AGENTS_DISABLE_TRACING", "1")

if TYPE_CHECKING:
    from .cassette import Cassette
    from .client import ChatClient, ChatError
    from .clock import Deadlock, off_the_clock, run
    from .conversation import talk
    from .dashboard import Dashboard
    from .desk import check, hint, progress, reset, solution
    from .faultpanel import FaultPanel
    from .heartbeat import Heartbeat
    from .link import Link
    from .panel import Panel
    from .player import Player
    from .recording import Recording, timeline
    from .script import Reply, Script, ToolCall
    from .server import LessonServer, Limits
    from .store import MemoryStore, SQLStore
    from .web import create_app

_HOMES = {
    "cassette": ("Cassette",),
    "clock": ("Deadlock", "off_the_clock", "run"),
    "client": ("ChatClient", "ChatError"),
    "conversation": ("talk",),
    "dashboard": ("Dashboard",),
    "desk": ("check", "hint", "progress", "reset", "solution"),
    "faultpanel": ("FaultPanel",),
    "heartbeat": ("Heartbeat",),
    "link": ("Link",),
    "panel": ("Panel",),
    "player": ("Player",),
    "recording": ("Recording", "timeline"),
    "script": ("Reply", "Script", "ToolCall"),
    "server": ("LessonServer", "Limits"),
    "store": ("MemoryStore", "SQLStore"),
    "web": ("create_app",),
}
# No public name may also be a module's: importing the module would put it in the name's place. So `watch`, which is both,
# is imported from where it lives: `from lesson_kit.watch import watch`.
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Cassette",
    "ChatClient",
    "ChatError",
    "Dashboard",
    "Deadlock",
    "FaultPanel",
    "Heartbeat",
    "LessonServer",
    "Limits",
    "Link",
    "MemoryStore",
    "Panel",
    "Player",
    "Recording",
    "Reply",
    "SQLStore",
    "Script",
    "ToolCall",
    "check",
    "create_app",
    "hint",
    "off_the_clock",
    "progress",
    "reset",
    "run",
    "solution",
    "talk",
    "timeline",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(
            f"module 'lesson_kit' has no attribute {name!r}. It has: {', '.join(__all__)}."
        )
    return getattr(importlib.import_module(f".{home}", __name__), name)


def __dir__() -> list[str]:
    return __all__
