"""The names that a module binds, and the services that it declares, as its text shows them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from lading.cli.modules import IMPORTING, bound_as

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DEFINING", "binds", "called_in", "is_service", "names_in", "services_in"]

DEFINING: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def services_in(source: str) -> tuple[str, ...]:
    """The names of the services that a module declares, in the order of its text."""
    return tuple(_services(source))


def called_in(source: str) -> dict[str, str]:
    """The names that a module binds, each with what its image is called, as far as the text tells.

    It is another one only of a service that is given one.
    """
    found = {name: name for one in _body(source) for name in sorted(binds(one))}
    return found | {name: _called(call) or name for name, call in _services(source).items()}


def _services(source: str) -> dict[str, ast.Call]:
    """The services that a module declares, each with the call that says what it is."""
    found = dict[str, ast.Call]()
    for one in _body(source):
        match one:
            case (
                ast.ClassDef(name=name, decorator_list=calls)
                | ast.FunctionDef(name=name, decorator_list=calls)
                | ast.AsyncFunctionDef(name=name, decorator_list=calls)
            ):
                pass
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=called)):
                calls = [called]
            case _:
                continue
        declaring = next((call for call in calls if is_service(call)), None)
        if isinstance(declaring, ast.Call):
            found[name] = declaring
    return found


def _called(call: ast.Call) -> str | None:
    for one in call.keywords:
        match one:
            case ast.keyword(arg="name", value=ast.Constant(value=str(name))):
                return name
            case _:
                pass
    return None


def names_in(source: str) -> tuple[str, ...]:
    """The names that a module binds itself, and not by an import, in the order of its text."""
    own = (one for one in _body(source) if not isinstance(one, IMPORTING))
    return tuple(dict.fromkeys(name for one in own for name in sorted(binds(one))))


def _body(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return []


def is_service(call: ast.expr) -> bool:
    """Whether an expression declares a service: `lading.service(...)`."""
    match call:
        case ast.Call(func=ast.Name(id="service") | ast.Attribute(attr="service")):
            return True
        case _:
            return False


def binds(statement: ast.stmt) -> set[str]:
    """The module's names that it binds, as far as its text shows."""
    if isinstance(statement, DEFINING):
        return {statement.name}
    found = set[str]()
    for node in _without_scopes(statement):
        if isinstance(node, IMPORTING):
            found |= {bound_as(alias, node) for alias in node.names}
        elif isinstance(node, DEFINING):
            found.add(node.name)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            found.add(node.name)
    return found


def _without_scopes(statement: ast.AST) -> Iterator[ast.AST]:
    """The nodes in the module's own scope."""
    yield statement
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, (*DEFINING, ast.Lambda)):
            yield child
        else:
            yield from _without_scopes(child)
