"""Paths in the container and paths in the project, both POSIX on every host."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lading.grammar.invalid import Invalid
from lading.grammar.words import expect_line, shown

__all__ = ["ContainerPath", "ProjectPath"]

_PATTERN_CHARACTERS = "*?["


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ContainerPath:
    """An absolute path in the container, normalised: no `.`, no `..`, no doubled or final `/`.

    Raises:
        Invalid: `text` is not such a path.
    """

    text: str

    def __post_init__(self) -> None:
        if _normalise_absolute(self.text) != self.text:
            raise Invalid(f"container path {shown(self.text)} is not normalised")

    @classmethod
    def parse(cls, text: str) -> ContainerPath:
        """The path that `text` writes; `//`, `/./` and a final `/` are normalised away.

        Raises:
            Invalid: It is relative, has `..`, `$`, a backslash or a control character in it.
        """
        return cls(text=_normalise_absolute(text))

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ProjectPath:
    """A relative path, or a glob pattern, of files in the project; normalised.

    `.` is the whole project.

    Raises:
        Invalid: `text` is not such a path.
    """

    text: str

    def __post_init__(self) -> None:
        if _normalise_relative(self.text) != self.text:
            raise Invalid(f"path {shown(self.text)} is not normalised")

    @classmethod
    def parse(cls, text: str) -> ProjectPath:
        """The path that `text` writes; `./`, `//`, a final `/` and `a/../` are normalised away.

        Raises:
            Invalid: It is absolute, climbs out of the project, or has a backslash or a control
                character in it (CASES R5).
        """
        return cls(text=_normalise_relative(text))

    @property
    def is_pattern(self) -> bool:
        """Whether it has `*`, `?` or `[` in it, and so may mean several files."""
        return _is_pattern(self.text)

    def __str__(self) -> str:
        return self.text


def _normalise_absolute(value: object) -> str:
    text = _expect_path("container path", value)
    if not text.startswith("/"):
        hint = None if text[0] in "~$" else f"write {shown('/' + text.removeprefix('./'))}"
        raise Invalid(f"container path {shown(text)} is not absolute", hint=hint)
    if "$" in text:
        # WORKDIR and VOLUME would expand it, a direct image would not.
        raise Invalid(f"container path {shown(text)} has '$' in it; variables are not expanded")
    components = _components(text)
    if ".." in components:
        raise Invalid(f"container path {shown(text)} has '..' in it", hint="write it without")
    return "/" + "/".join(components)


def _normalise_relative(value: object) -> str:
    text = _expect_path("path", value)
    if text.startswith(("/", "~/")) or text == "~":
        raise Invalid(
            f"path {shown(text)} is not relative to the project",
            hint="copy the file into the project, and write its path from there",
        )
    kept: list[str] = []
    for component in _components(text):
        if component == "..":
            _climb(kept, text)
        else:
            kept.append(component)
    return _checked("/".join(kept) or ".", text)


def _climb(kept: list[str], text: str) -> None:
    if not kept:
        raise Invalid(
            f"path {shown(text)} leaves the project",
            hint="copy the file into the project, and write its path from there",
        )
    if _is_pattern(kept.pop()):
        raise Invalid(f"path {shown(text)} has '..' after a pattern")


def _checked(normal: str, text: str) -> str:
    # Taking "./" away may bring to the front what must not stand there.
    if normal.startswith(("-", "~/", " ")) or normal in ("~", "") or normal != normal.strip():
        hint = 'rename it: it must not begin with "-" or "~", nor begin or end with a space'
        raise Invalid(f"path {shown(text)} begins with what has another meaning", hint=hint)
    if re.match(r"[A-Za-z]:(?:/|$)", normal):
        raise Invalid(f"path {shown(text)} has a Windows drive", hint="write a relative path")
    if re.search(r"\[[^\]]*$", normal):
        raise Invalid(f"path {shown(text)} has a '[' without its ']'", hint="write ? for the '['")
    return normal


def _expect_path(what: str, value: object) -> str:
    text = expect_line(what, value)
    if "\\" in text:
        forward = re.sub(r"^[A-Za-z]:", "", text).replace("\\", "/")
        raise Invalid(f"{what} {shown(text)} has a backslash in it", hint=f"write {shown(forward)}")
    return text


def _is_pattern(text: str) -> bool:
    return any(char in text for char in _PATTERN_CHARACTERS)


def _components(text: str) -> list[str]:
    return [component for component in text.split("/") if component not in ("", ".")]
