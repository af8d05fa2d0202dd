"""The source of a server, read for places: where in the file is what the probes have measured?

Nothing here decides that there is a fault; it only finds the line to mend.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, TypeAlias

__all__ = ["Source"]

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
HELPER = "stream_agent_response"
RUN = ("run_streamed", "run", "run_sync")
_TIMEOUTS = ("timeout", "timeout_at", "fail_after", "move_on_after", "fail_at", "move_on_at")


class Source:
    """One file's syntax tree, without the servers in it that are not meant.

    `server` is the name of the class that was run. Lines count from 1; None where there is no such place.
    """

    def __init__(self, text: str, server: str | None = None) -> None:
        self.tree = ast.parse(text)
        self._names = self._imported_names()
        classes = {node.name: node for node in self.tree.body if isinstance(node, ast.ClassDef)}
        self.classes = [classes[name] for name in _with_bases(server, classes)]
        others = [
            node
            for name, node in classes.items()
            if node not in self.classes and self.classes and _responds(node)
        ]
        hidden = {id(inner) for node in others for inner in ast.walk(node)}
        self.nodes = [node for node in ast.walk(self.tree) if id(node) not in hidden]
        self.functions = [n for n in self.nodes if isinstance(n, Function)]

    def _imported_names(self) -> dict[str, str]:
        """`from chatkit.agents import stream_agent_response as s`: s -> stream_agent_response."""
        return {
            alias.asname or alias.name: alias.name
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }

    def name(self, node: ast.AST) -> str:
        """The last part of a called thing's name: `Runner.run_streamed(...)` is "run_streamed"."""
        if isinstance(node, ast.Call):
            return self.name(node.func)
        if isinstance(node, ast.Attribute):
            return node.attr
        return self._names.get(node.id, node.id) if isinstance(node, ast.Name) else ""

    def calls(self, *names: str) -> list[ast.Call]:
        """The calls of these functions or methods, in order of lines."""
        found = [n for n in self.nodes if isinstance(n, ast.Call) and self.name(n) in names]
        return sorted(found, key=lambda call: call.lineno)

    def method(self, name: str) -> Function | None:
        """A method of the server, of the class itself before its bases."""
        for cls in self.classes:
            for node in cls.body:
                if isinstance(node, Function) and node.name == name:
                    return node
        return next((f for f in self.functions if f.name == name), None)

    @property
    def respond(self) -> int:
        """The line of `respond`, or of the class, or 1."""
        node = self.method("respond") or (self.classes[0] if self.classes else None)
        return node.lineno if node else 1

    def run_line(self) -> int | None:
        return next((call.lineno for call in self.calls(*RUN)), None)

    def helper_line(self) -> int | None:
        return next((call.lineno for call in self.calls(HELPER)), None)

    def generators(self) -> set[str]:
        """The names of the file's own async generators, and of the SDK's helper."""
        own = {f.name for f in self.functions if isinstance(f, ast.AsyncFunctionDef) and _yields(f)}
        return own | {HELPER, "stream_events"}

    def forgotten(self) -> int | None:
        """A line that calls an async generator and does nothing with it, or awaits it."""
        generators = self.generators()
        for node in self.nodes:
            if not isinstance(node, ast.Expr | ast.Assign):
                continue
            value = node.value.value if isinstance(node.value, ast.Await) else node.value
            if isinstance(value, ast.Call) and self.name(value) in generators:
                unread = isinstance(node, ast.Expr) or isinstance(node.value, ast.Await)
                if unread or not self._is_read_later(node):
                    return value.lineno
        return None

    def _is_read_later(self, node: ast.Expr | ast.Assign) -> bool:
        targets = node.targets if isinstance(node, ast.Assign) else []
        names = {ast.unparse(target) for target in targets}
        return any(
            isinstance(other, ast.Name | ast.Attribute)
            and isinstance(other.ctx, ast.Load)
            and ast.unparse(other) in names
            for other in self.nodes
        )

    def read_without_yield(self) -> int | None:
        """An `async for` over events whose body passes none of them on."""
        for node in self.nodes:
            is_ours = isinstance(node, ast.AsyncFor) and self.name(node.iter) in self.generators()
            if is_ours and not any(_is_yield(inner) for inner in ast.walk(node)):
                return getattr(node, "lineno", None)
        return None

    def plain_for(self) -> int | None:
        """A `for` without `async` over an async generator."""
        plain = (n for n in self.nodes if isinstance(n, ast.For | ast.comprehension))
        for node in plain:
            is_async = isinstance(node, ast.comprehension) and node.is_async
            if not is_async and self.name(node.iter) in self.generators():
                return node.iter.lineno
        return None

    def timeout_round_yield(self) -> int | None:
        """A timeout whose body holds a yield."""
        for node in self.nodes:
            if isinstance(node, ast.With | ast.AsyncWith) and any(_is_yield(n) for n in _of(node)):
                for item in node.items:
                    if self.name(item.context_expr) in _TIMEOUTS:
                        return item.context_expr.lineno
        return None

    def wait_for_anext(self) -> int | None:
        for call in self.calls("wait_for", "timeout"):
            inner = [self.name(n) for arg in call.args for n in ast.walk(arg)]
            if {"anext", "__anext__"} & set(inner):
                return call.lineno
        # `pending = anext(events)`, and wait_for round the name.
        waits = self.calls("wait_for")
        return waits[0].lineno if waits and self.calls("anext", "__anext__") else None

    def empty_progress(self) -> int | None:
        """A progress event with an empty text, or a call of a function of the file's own that makes one."""
        yielded = [n.value for n in self.nodes if isinstance(n, ast.Yield) and n.value]
        for call in [*self.calls("ProgressUpdateEvent"), *yielded]:
            if isinstance(call, ast.Call):
                given = [*call.args, *(k.value for k in call.keywords if k.arg == "text")]
                if any(_constant(value) in ("", " ", None) for value in given):
                    return call.lineno
        return None

    def broad_except(self) -> int | None:
        """An `except Exception` (or a bare one) that lets nothing out."""
        for node in self.nodes:
            if isinstance(node, ast.ExceptHandler) and not any(
                isinstance(inner, ast.Raise) for inner in ast.walk(node)
            ):
                kinds = ast.walk(node.type) if node.type else iter(())
                if node.type is None or {self.name(k) for k in kinds} & {
                    "Exception", "BaseException", "AttributeError",
                }:  # fmt: skip
                    return node.lineno
        return None

    def added_line(self) -> int | None:
        return next((c.lineno for c in self.calls("ThreadItemAddedEvent")), None)

    def break_line(self) -> int | None:
        """A `break`, `return` or aclose() that ends the reading of events early."""
        for loop in self.nodes:
            if isinstance(loop, ast.AsyncFor):
                for node in _of(loop):
                    if isinstance(node, ast.Break | ast.Return):
                        return node.lineno
        return next((call.lineno for call in self.calls("aclose", "aclosing")), None)

    def input_line(self) -> int | None:
        """The line at which `.content` becomes the model's input."""
        for call in self.calls(*RUN):
            given = [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "input")]
            for value in given:
                if not isinstance(value, ast.Name):
                    return value.lineno
                for node in self.nodes:
                    if isinstance(node, ast.Assign) and any(
                        isinstance(t, ast.Name) and t.id == value.id for t in node.targets
                    ):
                        return node.lineno
                return call.lineno
        return None

    def converter_line(self) -> int | None:
        """The line at which the model's input is made from the new message."""
        found = self.calls("simple_to_agent_input", "to_agent_input")
        return found[0].lineno if found else self.input_line()

    def save_on_cancel(self) -> int | None:
        """The first store call in the server's own handler of a cancelled stream."""
        handler = self.method("handle_stream_cancelled")
        if handler is None:
            return None
        waits = [node for node in ast.walk(handler) if isinstance(node, ast.Await)]
        return waits[0].lineno if waits else handler.lineno

    def handler_place(self) -> int:
        """Where handle_stream_cancelled is missing: the class."""
        return self.classes[0].lineno if self.classes else self.respond

    def store_line(self, store: str) -> int | None:
        """The line that makes the store, or else its class."""
        made = self.calls(store)
        named = [n.lineno for n in self.tree.body if getattr(n, "name", "") == store]
        return made[0].lineno if made else next(iter(named), None)

    def id_line(self) -> int | None:
        """The line of `generate_item_id` in a store of the file's own, or of a message's `id=`."""
        method = next((f for f in self.functions if f.name == "generate_item_id"), None)
        messages = self.calls("AssistantMessageItem")
        return method.lineno if method else next((call.lineno for call in messages), None)

    def tool_yield(self) -> int | None:
        """The first yield in a function tool."""
        for function in self.functions:
            names = {self.name(d) for d in function.decorator_list}
            places = [n.lineno for n in _of(function) if isinstance(n, ast.Yield | ast.YieldFrom)]
            if places and ("function_tool" in names or self._is_made_a_tool(function.name)):
                return min(places)
        return None

    def _is_made_a_tool(self, name: str) -> bool:
        return any(
            isinstance(arg, ast.Name) and arg.id == name
            for call in self.calls("function_tool")
            for arg in call.args
        )

    def mentions(self, *names: str) -> int | None:
        """The first line, behind the imports, that names one of these; or the import."""
        for node in sorted(self.nodes, key=lambda n: getattr(n, "lineno", 0)):
            if isinstance(node, ast.Name | ast.Attribute) and self.name(node) in names:
                return node.lineno
            if isinstance(node, ast.Constant) and node.value in names:
                return node.lineno
        return None


def _with_bases(server: str | None, classes: dict[str, ast.ClassDef]) -> Iterator[str]:
    """The class and those of its bases that stand in the file, nearest first."""
    if server not in classes:
        return
    yield server
    for base in classes[server].bases:
        yield from _with_bases(ast.unparse(base).split("[")[0], classes)


def _responds(node: ast.ClassDef) -> bool:
    return any(isinstance(inner, Function) and inner.name == "respond" for inner in node.body)


def _of(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a node without the functions that are defined in it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, Function | ast.Lambda):
            yield child
            yield from _of(child)


def _is_yield(node: ast.AST) -> bool:
    return isinstance(node, ast.Yield | ast.YieldFrom)


def _yields(function: Function) -> bool:
    return any(_is_yield(node) for node in _of(function))


def _constant(node: ast.expr) -> Any:
    return node.value if isinstance(node, ast.Constant) else ast.unparse(node)
