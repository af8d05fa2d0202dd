"""OpenTelemetry spans of turns, and of what the Agents SDK traces by itself."""

from .bridge import AgentsBridge
from .turns import TurnTracer

__all__ = ["AgentsBridge", "TurnTracer"]
