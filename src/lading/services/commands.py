"""Commands of click and Typer, as the text of their decorators tells what they are.

Their call reads the words that the program was started with: none, where it is called as a function
is. A group does nothing without the name of one of its commands.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from lading.services.kinds import Kind

__all__ = ["command_of", "kind_with", "needed_by"]

_MADE: Final[dict[str, Kind]] = {"click.command": "command", "click.group": "group"}

_OPTIONAL: Final = frozenset({"default", "envvar", "nargs", "required"})
"""An argument of which one of these is said may be left out, or it takes more to know it."""


def command_of(path: str, decorator: ast.expr) -> Kind | None:
    """What a decorator makes of a function; None where it is none of click's.

    Args:
        path: The decorator's name, with its module's.
        decorator: Its text.
    """
    kind = _MADE.get(path)
    is_called = kind == "group" and _says(decorator, "invoke_without_command")
    return "command" if is_called else kind


def needed_by(path: str, decorator: ast.expr) -> str | None:
    """What a command can't be called without, which one of its decorators declares."""
    match decorator:
        case ast.Call(args=[ast.Constant(value=str(name)), *_], keywords=said):
            known = {one.arg for one in said}
            is_argument = path == "click.argument" and not known & _OPTIONAL
            is_option = path == "click.option" and _says(decorator, "required")
            return name if is_argument or (is_option and "envvar" not in known) else None
        case _:
            return None


def kind_with(body: Iterable[ast.stmt], names: Collection[str]) -> Kind:
    """What a command is: a Typer application that is given more than one is a group.

    Args:
        body: The module's statements.
        names: What it is called there.
    """
    given = [call for one in body for call in _giving(one) if _name(call) in names]
    added = [_attribute(call) for call in given]
    if any(one.arg == "invoke_without_command" for call in given for one in call.keywords):
        return "command"
    is_group = added.count("command") > 1 or {"add_typer", "callback"} & {*added}
    return "group" if is_group else "command"


def _giving(statement: ast.stmt) -> Iterator[ast.Call]:
    """The calls that may give a Typer application commands: its decorators, and `add_typer`."""
    for node in ast.walk(statement):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from (one for one in node.decorator_list if isinstance(one, ast.Call))
        elif isinstance(node, ast.Call) and _attribute(node) == "add_typer":
            yield node


def _name(call: ast.Call) -> str | None:
    match call.func:
        case ast.Attribute(value=ast.Name(id=name)):
            return name
        case _:
            return None


def _attribute(call: ast.Call) -> str | None:
    return call.func.attr if isinstance(call.func, ast.Attribute) else None


def _says(decorator: ast.expr, word: str) -> bool:
    said = decorator.keywords if isinstance(decorator, ast.Call) else []
    return any(
        one.arg == word and isinstance(one.value, ast.Constant) and one.value.value is True
        for one in said
    )
