"""Commands of click and Typer, as the text of their decorators tells what they are.

Their call reads the words that the program was started with: none, where it is called as a function
is. A group does nothing without the name of one of its commands.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lading.services.kinds import Kind

__all__ = ["command_of", "needed_by"]

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


def _says(decorator: ast.expr, word: str) -> bool:
    said = decorator.keywords if isinstance(decorator, ast.Call) else []
    return any(
        one.arg == word and isinstance(one.value, ast.Constant) and one.value.value is True
        for one in said
    )
