"""What a user is told when a command ends early, and the exit code that says so."""

from __future__ import annotations

import codecs
import errno
import sys
from pathlib import PurePath
from typing import TYPE_CHECKING

import click

from lading.errors import LadingError
from lading.grammar.invalid import Invalid
from lading.grammar.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["INTERRUPTED", "MISUSED", "REFUSED", "Misused", "NoCommand", "Terminated", "explain"]

REFUSED = 1
MISUSED = 2
INTERRUPTED = 130


class Misused(click.UsageError):
    """A word of the command line is invalid.

    Attributes:
        hint: The corrected form, where one can be guessed.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class NoCommand(click.UsageError):
    """The program was called without a word: its message is the help."""

    def __init__(self, context: click.Context) -> None:
        super().__init__(context.get_help(), ctx=context)


class Terminated(BaseException):
    """This program was told to end, which is no fault of what it was doing.

    Attributes:
        number: The signal: SIGTERM, or SIGHUP where its terminal has gone.
        code: The exit code that says so.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
        self.code = 128 + number


def explain(error: BaseException) -> tuple[str, int]:
    """The lines for stderr, and the exit code."""
    match error:
        case click.Abort() | KeyboardInterrupt():
            return "interrupted", INTERRUPTED
        case click.UsageError():
            return "\n".join(_misuse(error)), MISUSED
        case click.ClickException():
            return f"error: {error.format_message()}", REFUSED
        case LadingError():
            return "\n".join(f"error: {problem}" for problem in error.problems), REFUSED
        case Invalid():
            return "\n".join(_with_hint(error.message, error.hint)), REFUSED
        case _:
            return "\n".join(_unforeseen(error)), REFUSED


def _misuse(error: click.UsageError) -> Iterator[str]:
    if isinstance(error, NoCommand):
        yield error.message
        return
    message = error.format_message().rstrip(".")
    yield from _with_hint(message[:1].lower() + message[1:], getattr(error, "hint", None))
    if error.ctx is not None:
        yield f"usage: {' '.join((error.ctx.command_path, *_pieces(error.ctx)))}"


def _pieces(context: click.Context) -> list[str]:
    return context.command.collect_usage_pieces(context)


def _is_of_names(error: UnicodeEncodeError) -> bool:
    """Whether Python can't say the name to the system, as it is set up; UTF-8 has all of them."""
    encoding = sys.getfilesystemencoding()
    return codecs.lookup(encoding) == codecs.lookup(error.encoding) != codecs.lookup("utf-8")


def _unnameable(error: UnicodeEncodeError) -> Iterator[str]:
    name = PurePath(str(error.object)).name
    yield from _with_hint(
        f"no file can be called {shown(name)} where the names of files are {error.encoding}",
        "set LC_ALL=C.UTF-8, or PYTHONUTF8=1",
    )


def _unforeseen(error: BaseException) -> Iterator[str]:
    if isinstance(error, UnicodeEncodeError) and _is_of_names(error):
        yield from _unnameable(error)
    elif isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        hint = "free some space there" if error.errno in {errno.ENOSPC, errno.EDQUOT} else None
        yield from _with_hint(f"{place}{error.strerror.lower()}", hint)
    else:
        hint = "this is a fault of Lading; `lading --debug ...` shows where"
        yield from _with_hint(f"{type(error).__name__}: {error}", hint)


def _with_hint(message: str, hint: str | None) -> Iterator[str]:
    yield f"error: {message}"
    if hint:
        yield f"hint: {hint}"
