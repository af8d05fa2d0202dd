"""Goes through Python code as a reader does, statement by statement, and knows what each name stands for."""

from __future__ import annotations

import ast
import inspect
from functools import partial

from . import kinds
from .catalogue import ROOTS, module
from .expressions import Expressions, Scope
from .kinds import MISSING, UNKNOWN, Instance, Kind, Known, Local
from .report import nearest

__all__ = ["Walker"]


class Walker(Expressions):
    """Walks one piece of code: what it imports, defines and says."""

    # --- imports ---

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            root = alias.name.partition(".")[0]
            if root not in ROOTS:
                continue
            if module(alias.name) is None:
                self._missing_module(node.lineno, alias.name)
            found = module(alias.name if alias.asname else root)
            self._set(alias.asname or root, Known(found) if found else UNKNOWN)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        name = node.module or ""
        if node.level or name.partition(".")[0] not in ROOTS:
            return
        home = module(name)
        if home is None:
            self._missing_module(node.lineno, name)
            return
        for alias in node.names:
            found = kinds.attribute(Known(home), alias.name) if alias.name != "*" else UNKNOWN
            if found is MISSING:
                near = nearest(alias.name, dir(home))
                self._note(node.lineno, alias.name, f"{name} has no such name", near)
            self._set(alias.asname or alias.name, UNKNOWN if found is MISSING else found)

    def _missing_module(self, line: int, name: str) -> None:
        above = module(name.rpartition(".")[0]) if "." in name else None
        self._note(
            line,
            name,
            "there is no such module",
            nearest(name.rpartition(".")[2], dir(above)) if above else "",
        )

    # --- statements ---

    def visit_Assign(self, node: ast.Assign) -> None:
        kind = self.kind(node.value)
        for target in node.targets:
            self._bind(target, kind)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._bind(node.target, self._annotated(node.annotation))
        if node.value:
            self.kind(node.value)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self._bind(node.target, kinds.element(self.kind(node.iter)))
        self._body([*node.body, *node.orelse])

    visit_AsyncFor = visit_For

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            kind = self.kind(item.context_expr)
            if item.optional_vars:
                # Most give themselves; where another thing is given, nothing is known of it.
                enter = (
                    kinds.attribute(kind, "_enter")
                    if not isinstance(kind, Instance)
                    else _entered(kind)
                )
                self._bind(item.optional_vars, enter)
        self._body(node.body)

    visit_AsyncWith = visit_With

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        kind = self.kind(node.type) if node.type else UNKNOWN
        if node.name:
            self._set(node.name, kinds.made(kind, []))
        self._body(node.body)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        bases = tuple(
            self.kind(base.value if isinstance(base, ast.Subscript) else base)
            for base in node.bases
        )
        local = Local(node.name, bases, _own_names(node))
        self._set(node.name, local)
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                self._function(statement, local)
            else:
                self._inside({}, partial(self.visit, statement))

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._function(node, None)
        self._set(node.name, UNKNOWN)

    visit_AsyncFunctionDef = visit_FunctionDef

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, owner: Local | None) -> None:
        for decorator in node.decorator_list:
            self.kind(decorator)
        arguments = [*node.args.posonlyargs, *node.args.args]
        inner: Scope = {
            one.arg: self._annotated(one.annotation) for one in [*arguments, *node.args.kwonlyargs]
        }
        if owner and arguments:
            inner |= _inherited(owner, node.name, [one.arg for one in arguments], inner)
            inner[arguments[0].arg] = Local(owner.name, owner.bases, owner.own, made=True)
            inner["super"] = Local(
                owner.name, owner.bases, set()
            )  # calling it gives the object's SDK side
        self._inside(inner, lambda: self._body(node.body))

    def _annotated(self, node: ast.expr | None) -> Kind:
        """What a parameter or variable is by its annotation."""
        match node:
            case ast.Constant(value=str(text)):
                return self._annotated(_expression(text))
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                arms = [
                    one
                    for one in (left, right)
                    if not isinstance(one, ast.Constant) or one.value is not None
                ]
                return self._annotated(arms[0]) if len(arms) == 1 else UNKNOWN
            case ast.Subscript(value=value, slice=inner):
                whole, argument = self.kind(value), self._annotated(inner)
                if isinstance(whole, Known) and isinstance(argument, Instance) and _is_class(whole):
                    return Instance(whole.value[argument.of])
                return UNKNOWN
            case ast.Name() | ast.Attribute():
                kind = self.kind(node)
                return (
                    kinds.made(kind, [])
                    if isinstance(kind, Known | Local) and _is_class(kind)
                    else UNKNOWN
                )
        return UNKNOWN

    def _body(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            self.visit(statement)


def _expression(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _is_class(kind: Known | Local) -> bool:
    return isinstance(kind, Local) or inspect.isclass(kind.value)


def _entered(kind: Instance) -> Kind:
    for method in ("__aenter__", "__enter__"):
        result = (
            kinds.hints(getattr(kind.of, method, None)).get("return")
            if hasattr(kind.of, method)
            else None
        )
        if result is not None:
            same = result is kind.of or getattr(result, "__name__", "") == "Self"
            return kind if same else UNKNOWN
    return UNKNOWN


def _own_names(node: ast.ClassDef) -> set[str]:
    """What a class defines itself: methods, class attributes, and what is set on any object in it."""
    found = {
        one.attr
        for one in ast.walk(node)
        if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store)
    }
    for one in node.body:
        found |= {
            part.id
            for part in ast.walk(one)
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
        }
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(one.name)
    return found


def _inherited(owner: Local, method: str, names: list[str], given: Scope) -> Scope:
    """The parameters of an overriding method are what the SDK's method says, unless the text says otherwise."""
    for base in owner.bases:
        if isinstance(base, Local):
            return _inherited(base, method, names, given)
        function = getattr(base.value, method, None) if isinstance(base, Known) else None
        if inspect.isfunction(function):
            known = kinds.hints(function)
            theirs = list(inspect.signature(function).parameters)
            pairs = zip(names[1:], theirs[1:], strict=False)
            return {
                mine: Instance(known[other]) for mine, other in pairs
                if given.get(mine) is UNKNOWN and other in known
            }  # fmt: skip
    return {}
