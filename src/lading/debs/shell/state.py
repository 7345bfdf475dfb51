"""What is known while a script is followed, and what a command is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from lading.debs.root import Root
    from lading.debs.shell.syntax import Command as Definition

__all__ = ["Call", "Command", "Input", "Output", "State", "Unfollowable"]


class Unfollowable(Exception):  # noqa: N818 - the name says what happened
    """A script does what can't be known, or can't be done, without running it."""


class Input:
    """Standard input: what reads of it takes a line, or all that is left."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines(keepends=True)

    def line(self) -> str | None:
        """The next line, without its end."""
        return self._lines.pop(0).rstrip("\n") if self._lines else None

    def rest(self) -> str:
        """All that is left."""
        found = "".join(self._lines)
        self._lines.clear()
        return found


@dataclass(slots=True)
class Output:
    """Where what is written goes.

    Attributes:
        use: What becomes of it: nothing, a file, or the script goes on by it.
        parts: What was written.
        unknown: A command wrote what is not known, so that no file is made of it.
    """

    use: Literal["nothing", "file", "script"] = "nothing"
    parts: list[str] = field(default_factory=list)
    unknown: bool = False

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.parts)


@dataclass(slots=True)
class State:
    """A script's variables, functions and arguments; the image that it works on.

    Attributes:
        root: The image's files.
        variables: By name. What was never set is empty, as on a host that sets nothing.
        functions: What the script defines.
        arguments: `$1` and so on.
        status: `$?`.
        fails: Whether a command that fails ends the script (`set -e`).
        umask: The bits that new files don't get.
    """

    root: Root
    variables: dict[str, str]
    arguments: tuple[str, ...]
    functions: dict[str, Definition] = field(default_factory=dict)
    status: int = 0
    fails: bool = False
    umask: int = 0o022

    def subshell(self) -> State:
        """A copy: what is done to it is forgotten with it, but for files."""
        return State(
            self.root,
            dict(self.variables),
            self.arguments,
            dict(self.functions),
            self.status,
            self.fails,
            self.umask,
        )


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a command.

    Attributes:
        name: The command, as it was called.
        words: Its arguments.
        state: The script's.
        given: Its standard input; None where that is the script's own.
        out: Its standard output.
    """

    name: str
    words: tuple[str, ...]
    state: State
    given: Input | None
    out: Output

    @property
    def root(self) -> Root:
        """The image's files."""
        return self.state.root

    def say(self, text: str) -> None:
        """Write to standard output."""
        self.out.parts.append(text)

    def refuse(self, why: str = "") -> Unfollowable:
        """The error for a call that can't be followed."""
        line = " ".join((self.name, *self.words))
        shown = line if len(line) <= 80 else f"{line[:77]}..."  # noqa: PLR2004
        return Unfollowable(f"it runs `{' '.join(shown.split())}`{f', {why}' if why else ''}")

    def say_unknown(self) -> None:
        """Write what isn't known.

        Raises:
            Unfollowable: The script goes on by it.
        """
        if self.out.use == "script":
            raise self.refuse("and goes on by what that says")
        self.out.unknown = True


Command: TypeAlias = "Callable[[Call], int]"
"""What a command does to the image; its exit status."""
