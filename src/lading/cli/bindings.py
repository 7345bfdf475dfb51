"""A module's statements, and the names that they bind, as its text shows them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "DEFINING",
    "IMPORTING",
    "absolute",
    "binds",
    "body_of",
    "bound_as",
    "certain_imports",
    "imported_from",
    "is_main",
    "names_in",
    "root_of",
]

DEFINING: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IMPORTING: Final = (ast.Import, ast.ImportFrom)

_PERHAPS: Final = (ast.If, ast.Try, ast.TryStar)
"""What is in these may never be run, or be let fail."""


def body_of(source: str | None) -> list[ast.stmt]:
    """The statements of a module; none of what is no Python, which only an import can say well."""
    try:
        return ast.parse(source or "").body
    except (SyntaxError, ValueError, RecursionError):
        return []


def names_in(source: str) -> tuple[str, ...]:
    """The names that a module binds itself, and not by an import, in the order of its text."""
    own = (one for one in body_of(source) if not isinstance(one, IMPORTING))
    return tuple(dict.fromkeys(name for one in own for name in sorted(binds(one))))


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
        elif isinstance(node, ast.MatchMapping) and node.rest:
            found.add(node.rest)
    return found


def _without_scopes(statement: ast.AST) -> Iterator[ast.AST]:
    """The nodes in the module's own scope."""
    waiting = [statement]
    while waiting:
        node = waiting.pop()
        yield node
        if node is statement or not isinstance(node, (*DEFINING, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)


def absolute(name: str, package: str) -> str:
    """The name of a module from the project's folder on (PEP 328).

    Args:
        name: As an import has it, with the dots before it.
        package: The one that the import is in; empty where it is in none.
    """
    level = len(name) - len(name.lstrip("."))
    if not level:
        return name
    above = package.split(".") if package else []
    kept = above[: len(above) - level + 1]
    return ".".join((*kept, *filter(None, name[level:].split("."))))


def imported_from(node: ast.ImportFrom, package: str) -> str:
    """The module that an import in a package names, from the project's folder on."""
    return absolute("." * node.level + (node.module or ""), package)


def bound_as(alias: ast.alias, node: ast.Import | ast.ImportFrom) -> str:
    """The name that an import gives something."""
    if alias.asname:
        return alias.asname
    return alias.name.partition(".")[0] if isinstance(node, ast.Import) else alias.name


def certain_imports(text: str) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports in a text that nothing guards, in its order."""
    try:
        waiting: list[ast.AST] = [ast.parse(text)]
    except (SyntaxError, ValueError, RecursionError):
        return
    while waiting:
        node = waiting.pop()
        if isinstance(node, IMPORTING):
            yield node
        elif not isinstance(node, _PERHAPS):
            waiting += reversed(list(ast.iter_child_nodes(node)))


def is_main(statement: ast.stmt) -> bool:
    """Whether it is what a module does only where it is started: `if __name__ == "__main__":`."""
    match statement:
        case ast.If(
            test=ast.Compare(
                left=ast.Name(id="__name__"),
                ops=[ast.Eq()],
                comparators=[ast.Constant(value="__main__")],
            )
        ):
            return True
        case _:
            return False


def root_of(value: ast.expr) -> str | None:
    """The name that an expression starts with, as `packages` in `packages["a"].pop()`."""
    while isinstance(value, ast.Attribute | ast.Subscript | ast.Call):
        value = value.func if isinstance(value, ast.Call) else value.value
    return value.id if isinstance(value, ast.Name) else None
