"""What can go wrong, said so that a user can act on it.

Every error that Lading raises on purpose is a `LadingError`. It holds one or more `Problem`s,
because all that is wrong at one stage is reported together, and each problem says what happened,
where in the user's code, and what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.grammar.credentials import redact

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "BuildError",
    "FreezeError",
    "ImageError",
    "LadingError",
    "Location",
    "Problem",
    "RegistryError",
    "ResolutionError",
    "SpecificationError",
]


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A line of the user's: the file as Python or the reader named it, and its 1-based line."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong. Credentials in its texts are masked, whoever wrote them (CASES R30).

    Attributes:
        message: What happened: lower case, one line, names the thing.
        location: The user's line that it concerns, where one is known.
        hint: What to do about it, where that can be said.
        detail: Another tool's own words (a resolver, an engine), verbatim, possibly many lines.
    """

    message: str
    location: Location | None = None
    hint: str | None = None
    detail: str | None = None

    def __post_init__(self) -> None:
        for name in ("message", "hint", "detail"):
            text = getattr(self, name)
            if text is not None:
                object.__setattr__(self, name, redact(text))

    def __str__(self) -> str:
        place = f"{self.location}: " if self.location else ""
        lines = [f"{place}{self.message}"]
        if self.detail:
            lines += [f"  {line}".rstrip() for line in self.detail.strip().splitlines()]
        if self.hint:
            lines.append(f"hint: {self.hint}")
        return "\n".join(lines)


class LadingError(Exception):
    """The parent of all errors that Lading raises on purpose.

    Attributes:
        problems: All that is wrong, at least one, in the order of the user's code.
    """

    def __init__(
        self, problems: Problem | Iterable[Problem] | str, *, hint: str | None = None
    ) -> None:
        if isinstance(problems, str):
            problems = Problem(message=problems, hint=hint)
        found = (problems,) if isinstance(problems, Problem) else tuple(problems)
        self.problems: tuple[Problem, ...] = found
        super().__init__("\n".join(str(problem) for problem in found))


class SpecificationError(LadingError, ValueError):
    """An `Image`, or a word handed to it, is not valid as written."""


class ResolutionError(LadingError):
    """What was asked for can't be resolved: a requirement, a wheel for the target, the resolver."""


class FreezeError(LadingError):
    """The project's files or its lock don't fit the `Image`."""


class BuildError(LadingError):
    """A container engine is missing, or its build failed.

    Attributes:
        exit_code: The engine's own exit code, or None where none ran.
    """

    def __init__(
        self,
        problems: Problem | Iterable[Problem] | str,
        *,
        hint: str | None = None,
        exit_code: int | None = None,
    ) -> None:
        super().__init__(problems, hint=hint)
        self.exit_code = exit_code


class RegistryError(LadingError):
    """An image registry refused, could not be reached, or answered what it must not."""


class ImageError(LadingError):
    """An image, a layer or a wheel on disk is not what it must be, or can't be made."""
