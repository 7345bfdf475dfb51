"""What of packages' files the base does not want: dpkg's `path-exclude` and `path-include`.

Images of the "slim" kind leave out documentation and translations so: dpkg(1), and its filters.c.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import translate
from typing import TYPE_CHECKING, Final

from lading.oci.entries import Folder, Symlink

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.debs.model import Ground
    from lading.oci.entries import Entry

__all__ = ["wanted"]

_CONFIG: Final = "/etc/dpkg/dpkg.cfg"
_FOLDER: Final = "/etc/dpkg/dpkg.cfg.d"
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_RULE: Final = re.compile(r"(?:--)?path-(?P<kind>exclude|include)[ \t]*[=\s][ \t]*(?P<glob>.+)")
_SPECIAL: Final = re.compile(r"[*?\[\\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """One line.

    Attributes:
        includes: Whether what matches is wanted.
        form: What matches.
        start: What stands before the pattern's first special character.
    """

    includes: bool
    form: re.Pattern[str]
    start: str


def wanted(entries: Iterable[Entry], ground: Ground) -> tuple[Entry, ...]:
    """The entries that dpkg would unpack on that ground; it records the others all the same."""
    rules = tuple(_rules(ground))
    return tuple(one for one in entries if not _is_skipped(one, rules))


def _rules(ground: Ground) -> Iterator[_Rule]:
    names = (name for name in ground.names(_FOLDER) if _NAME.fullmatch(name))
    for path in (*(f"{_FOLDER}/{name}" for name in names), _CONFIG):
        text = (ground.read(path) or b"").decode(errors="replace")
        for line in text.splitlines():
            match = _RULE.fullmatch(line.strip())
            if match is not None:
                glob = match["glob"].strip().strip("\"'")
                yield _Rule(
                    includes=match["kind"] == "include",
                    form=re.compile(translate(glob)),
                    start=_SPECIAL.split(glob, maxsplit=1)[0],
                )


def _is_skipped(entry: Entry, rules: tuple[_Rule, ...]) -> bool:
    """The last rule that matches decides."""
    path = f"/{entry.path}"
    found = next((rule for rule in reversed(rules) if rule.form.match(path)), None)
    if found is None or found.includes:
        return False
    return not (isinstance(entry, Folder | Symlink) and _may_hold(path, rules))


def _may_hold(path: str, rules: tuple[_Rule, ...]) -> bool:
    """Whether below a folder there may be what is wanted again."""
    return any(
        rule.includes and (rule.start.startswith(f"{path}/") or path.startswith(rule.start))
        for rule in rules
    )
