"""What is known while a script is followed, and what a command is given."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from lading.debs.bounds import Bounds
from lading.grammar.words import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from lading.debs.root import Root
    from lading.debs.shell.syntax import Command as Definition

__all__ = ["Call", "Command", "Input", "Leave", "Output", "State", "Unfollowable"]


_LONGEST_SHOWN: Final = 80
_MOST_SEPARATORS: Final = 20


class Leave(Exception):  # noqa: N818 - it is no error
    """The script, a function or a loop is left."""

    def __init__(self, what: str, status: int = 0) -> None:
        super().__init__(what)
        self.what = what
        self.status = status


class Unfollowable(Exception):  # noqa: N818 - the name says what happened
    """A script does what can't be known, or can't be done, without running it."""


class Input:
    """Standard input: what reads of it takes a line, or all that is left."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0

    def line(self) -> tuple[str, bool]:
        """The next line without its end, and whether it had one: the last may have none."""
        end = self._text.find("\n", self._place)
        found = self._text[self._place : end if end >= 0 else None]
        self._place = end + 1 if end >= 0 else len(self._text)
        return found, end >= 0

    def rest(self) -> str:
        """All that is left."""
        found = self._text[self._place :]
        self._place = len(self._text)
        return found


@dataclass(slots=True)
class Output:
    """Where what is written goes.

    Attributes:
        use: What becomes of it: nothing, a file, or the script goes on by it.
        parts: What was written.
        size: Its length.
        unknown: A command wrote what is not known, so that no file is made of it.
    """

    use: Literal["nothing", "file", "script"] = "nothing"
    parts: list[str] = field(default_factory=list)
    size: int = 0
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
        clobbers: Whether `>` writes a file that is there (not so after `set -C`).
        globs: Whether patterns stand for names of files (not so after `set -f`).
        umask: The bits that new files don't get.
        bounds: What is left to the script, and to all that it calls.
    """

    root: Root
    variables: dict[str, str]
    arguments: tuple[str, ...]
    functions: dict[str, Definition] = field(default_factory=dict)
    status: int = 0
    fails: bool = False
    clobbers: bool = True
    globs: bool = True
    umask: int = 0o022
    bounds: Bounds = field(default_factory=Bounds)

    @property
    def separators(self) -> str:
        """What words are split at.

        Raises:
            Unfollowable: It is nothing that a script would choose.
        """
        found = self.variables.get("IFS", " \t\n")
        if len(found) > _MOST_SEPARATORS:
            raise Unfollowable("it has more separators than any script")
        return found

    def subshell(self) -> State:
        """A copy: what is done to it is forgotten with it, but for files."""
        self.bounds.spend(len(self.variables) + len(self.functions))
        return replace(self, variables=dict(self.variables), functions=dict(self.functions))


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
        self.out.size += len(text)
        self.spend(1)
        self.state.bounds.text(len(text), whole=self.out.size)
        self.out.parts.append(text)

    def spend(self, work: int) -> None:
        """Count work that is not seen by what is read, written or said."""
        self.state.bounds.spend(work)

    def refuse(self, why: str = "") -> Unfollowable:
        """The error for a call that can't be followed."""
        line = " ".join(word[:_LONGEST_SHOWN] for word in (self.name, *self.words[:_LONGEST_SHOWN]))
        shown = line if len(line) <= _LONGEST_SHOWN else f"{line[: _LONGEST_SHOWN - 3]}..."
        text = visible(" ".join(shown.split()))
        return Unfollowable(f"it runs `{text}`{f', {why}' if why else ''}")

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
