"""Checks expressions: attributes, keywords, event types, icons; and tells what each expression is."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

from . import kinds
from .calls import wrong_keywords
from .catalogue import event_types, icons, is_icon
from .kinds import MISSING, UNKNOWN, Kind, Local, known_of, name_of
from .report import nearest

__all__ = ["EVENT", "Expressions", "Note", "Scope"]

# Takes: the line in the code, the name, what is wrong, the nearest name.
Note = Callable[[int, str, str, str], None]
Scope = dict[str, Kind]

EVENT = re.compile(
    r"(?:threads?|response|assistant_message|workflow|widget|generated_image)(?:\.[a-z_]+)+"
    r"|[a-z_]+_(?:event|delta)"
)
_FILES = re.compile(r"\.(?:py|json|jsonl|html|md|txt|sqlite)$")


class Expressions(ast.NodeVisitor):
    """Checks the expressions of one piece of code. `scope` holds the names so far, and keeps those that are added."""

    def __init__(self, note: Note, scope: Scope, unknown: Callable[[str], Kind]) -> None:
        self._note = note
        self._scopes = [scope]
        self._unknown = unknown  # what a name is that the code did not define

    # --- names ---

    def _set(self, name: str, kind: Kind) -> None:
        self._scopes[-1][name] = kind

    def _get(self, name: str) -> Kind:
        for scope in reversed(self._scopes):
            if name in scope:
                return scope[name]
        return self._unknown(name)

    def _bind(self, target: ast.expr, kind: Kind) -> None:
        if isinstance(target, ast.Name):
            self._set(target.id, kind)
        elif isinstance(target, ast.Tuple | ast.List):
            for part in target.elts:
                self._bind(part, kinds.element(kind))
        elif isinstance(target, ast.Starred):
            self._bind(target.value, UNKNOWN)
        else:
            self.kind(target)

    def _inside(self, scope: Scope, visit: Callable[[], Any]) -> None:
        self._scopes.append(scope)
        visit()
        self._scopes.pop()

    # --- expressions ---

    def generic_visit(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.kind(child)
            else:
                self.visit(child)

    def kind(self, node: ast.expr) -> Kind:
        """Check an expression, and tell what it is."""
        match node:
            case ast.Name(id=name):
                return self._get(name)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Call():
                return self._call(node)
            case ast.Await(value=value):
                return kinds.awaited(self.kind(value))
            case ast.NamedExpr(target=target, value=value):
                self._bind(target, self.kind(value))
                return self._get(target.id)
            case ast.Constant(value=str(text)):
                self._text(node, text)
            case ast.Compare():
                self._compare(node)
            case ast.Subscript(value=value, slice=index):
                self.kind(index)
                is_place = isinstance(index, ast.Constant) and isinstance(index.value, int)
                whole = self.kind(value)
                return kinds.element(whole) if is_place else UNKNOWN
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                self._inside({}, lambda: self._comprehension(node))
            case ast.Lambda(args=arguments, body=body):
                inner: Scope = {one.arg: UNKNOWN for one in arguments.args}
                self._inside(inner, lambda: self.kind(body))
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "icon":
                        self._icon(value)
                self.generic_visit(node)
            case _:
                self.generic_visit(node)
        return UNKNOWN

    def _attribute(self, node: ast.Attribute) -> Kind:
        whole = self.kind(node.value)
        found = kinds.attribute(whole, node.attr)
        if found is not MISSING:
            return found
        near = nearest(node.attr, known_of(whole))
        self._note(
            node.end_lineno or node.lineno,
            node.attr,
            f"{name_of(whole)} has no such attribute",
            near,
        )
        return UNKNOWN

    def _call(self, node: ast.Call) -> Kind:
        kind = self.kind(node.func)
        arguments = [self.kind(argument) for argument in node.args]
        for given in node.keywords:
            self.kind(given.value)
            if given.arg == "icon":
                self._icon(given.value)
        checked = kind
        if isinstance(kind, Local) and not kind.made and "__init__" not in kind.own and kind.bases:
            checked = kind.bases[0]
        for name, allowed in wrong_keywords(node, checked):
            line = next(one.lineno for one in node.keywords if one.arg == name)
            self._note(
                line,
                f"{name}=",
                f"{name_of(checked)} takes no such keyword",
                nearest(name, allowed),
            )
        return kinds.made(kind, arguments)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> None:
        for loop in node.generators:
            self._bind(loop.target, kinds.element(self.kind(loop.iter)))
            for condition in loop.ifs:
                self.kind(condition)
        for part in [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]:
            self.kind(part)

    # --- texts that name something ---

    def _compare(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        about_type = any(_reads_type(side) for side in sides)
        for side in sides:
            parts = side.elts if isinstance(side, ast.Tuple | ast.List | ast.Set) else [side]
            for part in parts:
                if about_type and isinstance(part, ast.Constant) and isinstance(part.value, str):
                    self._event(part, part.value)
                else:
                    self.kind(part)

    def _text(self, node: ast.Constant, text: str) -> None:
        if EVENT.fullmatch(text) and not _FILES.search(text):
            self._event(node, text)

    def _event(self, node: ast.Constant, text: str) -> None:
        if text not in event_types():
            self._note(
                node.lineno,
                f'"{text}"',
                "no event, item or part has this type",
                nearest(text, event_types()),
            )

    def _icon(self, node: ast.expr) -> None:
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and not is_icon(node.value)
        ):
            near = nearest(node.value, icons()) or f"lucide:{node.value}"
            self._note(node.lineno, f'icon="{node.value}"', "ChatKit has no such icon", near)


def _reads_type(node: ast.expr) -> bool:
    match node:
        case ast.Attribute(attr="type") | ast.Subscript(slice=ast.Constant(value="type")):
            return True
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value="type"), *_]):
            return True
    return False
