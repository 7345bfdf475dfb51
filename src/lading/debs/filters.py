"""What of packages' files the base does not want: dpkg's `path-exclude` and `path-include`.

Images of the "slim" kind leave out documentation and translations so: dpkg(1), and its filters.c.
The record of a package has them all the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import translate
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.debs.model import Ground
    from lading.debs.package import DataFile

__all__ = ["Filters"]

_CONFIG: Final = "/etc/dpkg/dpkg.cfg"
_FOLDER: Final = "/etc/dpkg/dpkg.cfg.d"
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_RULE: Final = re.compile(r"(?:--)?path-(?P<kind>exclude|include)[ \t]*[=\s][ \t]*(?P<glob>.+)")
_SPECIAL: Final = re.compile(r"[*?\[\\]")
_ESCAPED: Final = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """One line.

    Attributes:
        includes: Whether what matches is wanted.
        form: What matches.
        start: What stands before the pattern's first special character, without a slash at its
            end.
    """

    includes: bool
    form: re.Pattern[str]
    start: str

    @classmethod
    def of(cls, kind: str, glob: str) -> _Rule:
        return cls(
            includes=kind == "include",
            form=re.compile(translate(_ESCAPED.sub(_literal, glob))),
            start=_SPECIAL.split(glob, maxsplit=1)[0].rstrip("/"),
        )


def _literal(match: re.Match[str]) -> str:
    """fnmatch(3) takes a backslash for a sign that the next character is none of its own."""
    return f"[{match[1]}]" if _SPECIAL.match(match[1]) else match[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the ground's dpkg is told not to unpack."""

    rules: tuple[_Rule, ...] = ()

    @classmethod
    def of(cls, ground: Ground) -> Filters:
        """Those of the ground's configuration."""
        return cls(rules=tuple(_rules(ground)))

    def skip(self, one: DataFile) -> bool:
        """Whether it is not unpacked: the last rule that matches decides."""
        path = f"/{one.path}"
        found = next((rule for rule in reversed(self.rules) if rule.form.match(path)), None)
        if found is None or found.includes:
            return False
        return not (one.kind in {"folder", "symlink"} and self._may_hold(path))

    def _may_hold(self, path: str) -> bool:
        """Whether below a folder, or a link to one, there may be what is wanted again."""
        return any(rule.includes and path.startswith(rule.start) for rule in self.rules)


def _rules(ground: Ground) -> Iterator[_Rule]:
    names = (name for name in ground.names(_FOLDER) if _NAME.fullmatch(name))
    for path in (*(f"{_FOLDER}/{name}" for name in names), _CONFIG):
        text = (ground.read(path) or b"").decode(errors="replace")
        for line in text.splitlines():
            match = _RULE.fullmatch(line.strip())
            if match is not None:
                yield _Rule.of(match["kind"], match["glob"].strip().strip("\"'"))
