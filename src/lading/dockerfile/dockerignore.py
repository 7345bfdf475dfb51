"""The `.dockerignore` of a build context that holds nothing but what is listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.grammar.invalid import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["dockerignore"]

# Docker, podman and buildah turn a pattern into a regular expression, and only their newer releases
# escape what is special there and not in a pattern. A class of one character is read alike by all,
# on any host. What a class can't hold takes a backslash, which fails on Windows only, where no name
# holds such a character but "^".
_CLASSED = frozenset("+(){}|[")
_BACKSLASHED = frozenset("*?\\^")


def _escape(char: str) -> str:
    if char in _BACKSLASHED:
        return f"\\{char}"
    return f"[{char}]" if char in _CLASSED else char


def _pattern(name: str) -> str:
    """The pattern that this one name matches.

    Bare whitespace at either end would be trimmed, and a byte order mark at the start skipped.
    """
    escaped = [_escape(char) for char in name]
    for end in (0, -1):
        if name[end].isspace() or name[end] == "\ufeff":
            escaped[end] = f"[{name[end]}]"
    return "".join(escaped)


def _check(name: str) -> None:
    if name in {"", ".", ".."} or any(char in name for char in "/\n\r\0"):
        raise Invalid(f"{name!r} is not a name at the top of a build context")


def dockerignore(paths: Sequence[str]) -> str:
    """Exclude all of a context but the named files and folders at its top.

    Args:
        paths: Names, not patterns, without a slash. Their order does not matter.

    Raises:
        Invalid: A name is empty, holds a slash or a line break, or is `.` or `..`.
    """
    for path in paths:
        _check(path)
    lines = ["*", *(f"!{_pattern(name)}" for name in sorted(set(paths)))]
    return "".join(f"{line}\n" for line in lines)
