"""What a script is made of: the grammar of POSIX.1-2017, Shell Command Language, section 2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

__all__ = [
    "AndOr",
    "Arithmetic",
    "Body",
    "Case",
    "Command",
    "For",
    "Function",
    "Group",
    "If",
    "Part",
    "Pipeline",
    "Redirect",
    "Simple",
    "Substitution",
    "Text",
    "Variable",
    "While",
    "Word",
]


@dataclass(frozen=True, slots=True)
class Text:
    """Characters that stand for themselves."""

    text: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Variable:
    """`$name`, or `${name<operator>argument}`."""

    name: str
    operator: str
    argument: Word
    quoted: bool


@dataclass(frozen=True, slots=True)
class Substitution:
    """`$(...)`."""

    body: Body
    quoted: bool


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`$((...))`."""

    word: Word
    quoted: bool


Part: TypeAlias = Text | Variable | Substitution | Arithmetic
Word: TypeAlias = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Redirect:
    """`2>file`: a here-document has the operator `<<` and its text as the target."""

    fd: int
    operator: str
    target: Word


@dataclass(frozen=True, slots=True)
class Simple:
    """Assignments, a command and its arguments."""

    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]


@dataclass(frozen=True, slots=True)
class If:
    """Conditions with what follows each, and what else."""

    branches: tuple[tuple[Body, Body], ...]
    otherwise: Body
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class For:
    """A loop over words; over the arguments where there are none."""

    name: str
    words: tuple[Word, ...] | None
    body: Body
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class While:
    """A loop while (or until) a condition holds."""

    condition: Body
    body: Body
    until: bool
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """Patterns with what follows each."""

    word: Word
    items: tuple[tuple[tuple[Word, ...], Body], ...]
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """`{ ...; }`, or `( ... )`."""

    body: Body
    is_subshell: bool
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Function:
    """`name() ...`."""

    name: str
    body: Command


Command: TypeAlias = Simple | If | For | While | Case | Group | Function


@dataclass(frozen=True, slots=True)
class Pipeline:
    """`! a | b`."""

    commands: tuple[Command, ...]
    is_negated: bool


@dataclass(frozen=True, slots=True)
class AndOr:
    """`a && b || c`: each but the first with its operator."""

    first: Pipeline
    rest: tuple[tuple[str, Pipeline], ...]


Body: TypeAlias = tuple[AndOr, ...]
