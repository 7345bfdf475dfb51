"""Functions of a module that give an image, and don't say so: nobody calls one to find that out."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeGuard

from lading.cli.bindings import IMPORTING, body_of, bound_as

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["Overlooked", "overlooked"]

_CLASS: Final = "Image"
_LEAVING: Final = "freeze"
"""The call of an image that gives none."""

_SCOPES: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlooked:
    """A function whose text gives an image.

    Attributes:
        name: What it is called.
        line: Its line, from 1.
    """

    name: str
    line: int


def overlooked(source: str, known: Collection[str]) -> tuple[Overlooked, ...]:
    """The functions that would each be an image of the module, if they were annotated.

    They can be called as they are, return what is made of an image, and nothing else of the module
    uses them, as it does what helps to make one.

    Args:
        source: The module's text.
        known: The names of its images.
    """
    try:
        return tuple(_found(body_of(source), known))
    except RecursionError:
        return ()


def _found(body: list[ast.stmt], known: Collection[str]) -> Iterator[Overlooked]:
    functions = {one.name for one in body if isinstance(one, ast.FunctionDef)}
    for one in body:
        if (
            isinstance(one, ast.FunctionDef)
            and one.name not in known
            and _could_be_one(one)
            and not _is_used(one, body)
            and _Reading(
                function=one, body=body, images=set(known), functions=functions
            ).gives_image()
        ):
            yield Overlooked(name=one.name, line=one.lineno)


def _could_be_one(function: ast.FunctionDef) -> bool:
    """Whether nothing says what it gives, nothing changes it, and no word is needed to call it."""
    if function.name.startswith("_") or function.returns or function.decorator_list:
        return False
    arguments = function.args
    needed = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults)
    return not needed and None not in arguments.kw_defaults


def _is_used(function: ast.FunctionDef, body: list[ast.stmt]) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id == function.name
        for one in body
        if one is not function
        for node in ast.walk(one)
    )


@dataclass(slots=True, kw_only=True)
class _Reading:
    """A function, as it is read to see what it returns.

    Attributes:
        function: It.
        body: Its module.
        images: Names that stand for an image.
        functions: Those of the module's functions.
    """

    function: ast.FunctionDef
    body: list[ast.stmt]
    images: set[str]
    functions: set[str]

    def gives_image(self) -> bool:
        nodes = list(_own(self.function))
        self.images -= {one.arg for one in ast.walk(self.function.args) if isinstance(one, ast.arg)}
        self.images -= {one.id for one in nodes if _is_bound(one)}
        if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in nodes):
            return False
        for node in nodes:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    (self.images.add if self._is_image(value) else self.images.discard)(name)
                case ast.Return(value=ast.expr() as value) if self._is_image(value):
                    return True
                case _:
                    pass
        return False

    def _is_image(self, value: ast.expr) -> bool:
        """Whether it is an image's name, or a call of one or of Lading's class."""
        match value:
            case ast.Name(id=name):
                return name in self.images - self.functions
            case ast.Call(func=ast.Name(id=name)):
                return self._is_class(value.func) or name in self.images & self.functions
            case ast.Call(func=ast.Attribute(value=of, attr=name)):
                is_call = self._is_class(of) or (name != _LEAVING and self._is_image(of))
                return is_call or self._is_class(value.func)
            case _:
                return False

    def _is_class(self, value: ast.expr) -> bool:
        match value:
            case ast.Name(id=name):
                return self._origin(name) == f"lading.{_CLASS}"
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                return attribute == _CLASS and self._origin(name) == "lading"
            case _:
                return False

    def _origin(self, name: str) -> str | None:
        """What an import binds to a name: in the function, else in its module."""
        for nodes in (_own(self.function), iter(self.body)):
            for node in (one for one in nodes if isinstance(one, IMPORTING)):
                for alias in node.names:
                    if bound_as(alias, node) == name:
                        return _imported(alias, node)
        return None


def _is_bound(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _imported(alias: ast.alias, node: ast.Import | ast.ImportFrom) -> str:
    if isinstance(node, ast.Import):
        return alias.name if alias.asname else alias.name.partition(".")[0]
    package = (node.module or "").partition(".")[0] if not node.level else ""
    return f"{package}.{alias.name}"


def _own(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """The nodes of its own scope, in the order of its text."""
    waiting: list[ast.AST] = list(reversed(function.body))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _SCOPES):
            waiting += reversed(list(ast.iter_child_nodes(node)))
