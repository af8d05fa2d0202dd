"""The answer's source, made into a module: run as a notebook runs a cell, with senses on it."""

from __future__ import annotations

import ast
import asyncio
import builtins
import inspect
import linecache
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from types import CodeType, ModuleType
from typing import Any, cast

from ..clock.loop import VirtualLoop
from ..clock.threads import Threads
from .plain import safe
from .senses import MOST, Senses

__all__ = ["Guest"]

MODULE = "answer"
_CAUGHT, _TOOL = "__note_caught__", "__note_tool__"


class Guest:
    """One answer: `load` runs its source, `find` gives what it defines."""

    def __init__(self, source: str, name: str, senses: Senses) -> None:
        self.source, self.name, self.senses = source, name, senses
        self.module = ModuleType(MODULE)
        self._thread = threading.get_ident()
        self._threads: Threads | None = None

    @contextmanager
    def present(self) -> Iterator[None]:
        """Make the module known to Python, as dataclasses and pydantic need it, and forget it afterwards."""
        loop = asyncio.get_running_loop()
        self._threads = Threads(loop) if isinstance(loop, VirtualLoop) else None
        lines = self.source.splitlines(keepends=True)
        linecache.cache[self.name] = (len(self.source), None, lines, self.name)
        before, sys.modules[MODULE] = sys.modules.get(MODULE), self.module
        try:
            yield
        finally:
            if self._threads:
                self._threads.close()
            linecache.cache.pop(self.name, None)
            if before is None:
                sys.modules.pop(MODULE, None)
            else:
                sys.modules[MODULE] = before

    async def load(self) -> None:
        """Run the source. A top-level `await` works, as in a notebook. Raises what the source raises."""
        code = _compiled(self.source, self.name)
        vars(self.module).update(__builtins__=self._builtins(), **self._notes())
        if code.co_flags & inspect.CO_COROUTINE:
            await eval(code, vars(self.module))
        else:
            exec(code, vars(self.module))

    def find(self, name: str) -> Any:
        """Give what the answer calls `name`. Raises `KeyError`."""
        return vars(self.module)[name]

    def _notes(self) -> dict[str, Callable[[], None]]:
        def note(how: str) -> None:
            error = sys.exc_info()[1]
            if error is not None:
                self.senses.note(error, how)

        return {_CAUGHT: partial(note, "caught"), _TOOL: partial(note, "tool")}

    def _builtins(self) -> dict[str, Any]:
        """Give the answer a `time` on the loop's clock, and a `print` that is heard."""
        clock, real = self._clock(), builtins.__import__

        def find_module(name: str, *args: Any, **named: Any) -> Any:
            return clock if name == "time" else real(name, *args, **named)

        return {**vars(builtins), "__import__": find_module, "print": self._print}

    def _clock(self) -> ModuleType:
        clock = ModuleType("time")
        vars(clock).update(vars(time))
        # In virtual time the process's own clocks stand still, and an answer may well measure with them.
        for name, start in {"time": 1_700_000_000.0, "monotonic": 0.0, "perf_counter": 0.0}.items():
            vars(clock)[name] = self._reading(start, getattr(time, name))
        vars(clock)["sleep"] = self._sleep
        return clock

    def _reading(self, start: float, real: Callable[[], float]) -> Callable[[], float]:
        def read() -> float:
            try:
                return start + asyncio.get_running_loop().time()
            except RuntimeError:
                return real()

        return read

    def _sleep(self, seconds: float) -> None:
        if threading.get_ident() != self._thread:  # where it harms nobody
            if self._threads:
                self._threads.sleep(min(max(0.0, seconds), 1e9))  # `inf` is no time of a clock
        elif len(self.senses.slept) < MOST and seconds > 0:
            spent = min(float(seconds), 1e9)
            self.senses.slept.append({"line": self.senses.caller(), "seconds": spent})

    def _print(self, *values: Any, sep: str = " ", end: str = "\n", **_: Any) -> None:
        if len(self.senses.printed) < MOST:
            said = (sep or " ").join(str(value) for value in values)
            self.senses.printed.append(safe(said + ("\n" if end is None else end), 2000))


@lru_cache(1)
def _compiled(source: str, name: str) -> CodeType:
    """Compile an answer, once for all scenes of its process: nothing that runs can change a code object."""
    tree: ast.AST = ast.parse(source, name)
    if "except" in source or "function_tool" in source:  # else there is nothing to note
        tree = _Noting().visit(tree)
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    return cast(
        CodeType, compile(cast(ast.Module, tree), name, "exec", flags=flags, dont_inherit=True)
    )


class _Noting(ast.NodeTransformer):
    """Puts a note at the start of each `except`, and round each tool: errors that leave no other trace.

    A tool's error is told to the model, and to nobody else (ledger viii). `sys.settrace` would see both, but makes every
    call of the SDKs slower.
    """

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        self.generic_visit(node)
        node.body.insert(0, _at(_call(_CAUGHT), node))
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        if any("function_tool" in ast.dump(decorator) for decorator in node.decorator_list):
            told = 1 if ast.get_docstring(node) is not None else 0  # the model reads it
            noted = ast.ExceptHandler(
                ast.Name("Exception", ast.Load()), None, [_call(_TOOL), ast.Raise()]
            )
            body = node.body[told:] or [ast.Pass()]
            node.body[told:] = [_at(ast.Try(body, [noted], [], []), node)]
        return node


def _call(name: str) -> ast.stmt:
    return ast.Expr(ast.Call(ast.Name(name, ast.Load()), [], []))


def _at(made: ast.stmt, node: ast.AST) -> ast.stmt:
    return ast.fix_missing_locations(ast.copy_location(made, node))
