"""The `lading lock` that a hint names: with the words that say which lock it is to make."""

from __future__ import annotations

import shlex
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import click

from lading.errors import LadingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lading.config import Setting

__all__ = ["SETTINGS", "given_settings", "hints_name_target", "relock"]

F = TypeVar("F", bound="Callable[..., Any]")

SETTINGS: Final = "lading.settings"
"""Where a command's context has what `--set` says."""

_HERE: Final = "."  # what TARGET is where it is left out
_COMMAND: Final = "`lading lock"
_OPTIONS: Final = {"project": "--project", "base_image": "--base-image"}
_FLAGS: Final = {"every": "--all", "allow_unpinned_base": "--allow-unpinned-base"}


def given_settings() -> tuple[Setting, ...]:
    """What `--set` says of the parameters of TARGET."""
    context = click.get_current_context(silent=True)
    found: tuple[Setting, ...] = context.meta.get(SETTINGS, ()) if context else ()
    return found


def relock(text: str) -> str:
    """`text`, in which `lading lock` names what the command in hand is asked to work on."""
    return text.replace(_COMMAND, " ".join((_COMMAND, *_words(click.get_current_context()))))


def hints_name_target(command: F) -> F:
    """Make the errors of a command that has a TARGET name it where they say to lock it."""

    @wraps(command)
    def call(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - whatever it takes and gives
        try:
            return command(*args, **options)
        except LadingError as error:
            error.problems = tuple(
                one if one.hint is None else replace(one, hint=relock(one.hint))
                for one in error.problems
            )
            raise

    return cast("F", call)


def _words(context: click.Context) -> Iterator[str]:
    """What of a command's words decides which lock it is, and what from; quoted for a shell."""
    values = context.params
    target = values.get("target", _HERE)
    if target != _HERE:
        yield shlex.quote(f"./{target}" if target.startswith("-") else target)
    yield from (flag for name, flag in _FLAGS.items() if values.get(name))
    for setting in given_settings():
        yield from ("--set", shlex.quote(f"{setting.name}={setting.value}"))
    for name, option in _OPTIONS.items():
        if values.get(name) is not None:
            yield from (option, shlex.quote(str(values[name])))
