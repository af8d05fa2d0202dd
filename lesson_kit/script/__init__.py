"""Scripted models: what a model says, when, and how it fails."""

from .script import Made, ModelCall, Reply, Script, ScriptEnded, ScriptModel, ToolCall

__all__ = ["Made", "ModelCall", "Reply", "Script", "ScriptEnded", "ScriptModel", "ToolCall"]
