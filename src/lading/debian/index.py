"""The packages of an archive, as its Packages files list them.

A file of 60,000 stanzas is searched for names at once, and a stanza is read when it is asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property, cmp_to_key
from typing import TYPE_CHECKING, Final

from lading.debian.control import fields_of
from lading.debian.facts import WORD, Facts, facts_in, matching
from lading.debian.version import compare
from lading.errors import ResolutionError
from lading.grammar.invalid import Invalid
from lading.grammar.words import no_control, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Index", "Package", "Packages"]

_SHA256: Final = re.compile(r"[0-9a-f]{64}")

# Before every field stands a line's end, by which it is found the quickest; not before the first.
_FIRST: Final = re.compile(rb"Package: *([^\s]+)")
_PACKAGE: Final = re.compile(rb"\nPackage: *([^\s]+)")
_PROVIDES: Final = re.compile(rb"\nProvides: *([^\n]+)")
_PROVIDED: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9+.-]*(?=[\s,(:]|\Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Package(Facts):
    """One version of a package in an archive.

    Attributes:
        suite: The suite that it was read from.
        path: Below the archive's root.
        sha256: Of the file.
        size: Of that, in bytes.
    """

    suite: str
    path: str
    sha256: str
    size: int


class _Places:
    """Where the stanzas of each name are.

    Nearly every name has one stanza. A list for each of 60,000 would take longer to make than all
    that is read of them, and as long again for Python's garbage collection to go through.
    """

    def __init__(self, found: Iterable[tuple[bytes, int]]) -> None:
        self.first: dict[bytes, int] = {}
        self._more: dict[bytes, list[int]] = {}
        first, more = self.first, self._more
        for name, place in found:
            if first.setdefault(name, place) != place:
                more.setdefault(name, []).append(place)

    def of(self, name: str) -> tuple[int, ...]:
        """In the order of the file."""
        key = name.encode(errors="replace")
        return (self.first[key], *self._more.get(key, ())) if key in self.first else ()


class Index:
    """The text of one Packages file."""

    def __init__(self, content: bytes, *, suite: str) -> None:
        self.suite = suite
        self._content = content
        self._read: dict[int, Package] = {}

    @cached_property
    def _names(self) -> _Places:
        return _Places(self._found_names())

    @cached_property
    def _provided(self) -> _Places:
        return _Places(
            (name, match.start())
            for match in _PROVIDES.finditer(self._content)
            for name in _PROVIDED.findall(match[1])
        )

    def _found_names(self) -> Iterator[tuple[bytes, int]]:
        first = _FIRST.match(self._content)
        if first is not None:
            yield first[1], 0
        for match in _PACKAGE.finditer(self._content):
            yield match[1], match.start()

    def names(self) -> Iterator[str]:
        """The name of every package."""
        return (name.decode(errors="replace") for name in self._names.first)

    def named(self, name: str) -> Iterator[Package]:
        """The versions of a package."""
        return map(self.package, self._names.of(name))

    def providing(self, name: str) -> Iterator[Package]:
        """The packages that say to provide a name."""
        return map(self.package, self._provided.of(name))

    def package(self, place: int) -> Package:
        """The package of the stanza that `place` is in."""
        start = self._content.rfind(b"\n\n", 0, place + 1) + 1
        if start not in self._read:
            end = self._content.find(b"\n\n", place + 1)
            stanza = self._content[start : end if end >= 0 else None]
            self._read[start] = self._package(stanza)
        return self._read[start]

    def _package(self, stanza: bytes) -> Package:
        try:
            fields = fields_of(stanza.decode())
            return Package(
                **facts_in(fields),
                suite=self.suite,
                path=_path(fields["filename"]),
                sha256=matching(_SHA256, fields["sha256"]),
                size=int(fields["size"]),
            )
        except (KeyError, ValueError) as error:
            why = error.message if isinstance(error, Invalid) else f"{type(error).__name__} {error}"
            raise ResolutionError(f"the package index of {self.suite} is damaged: {why}") from None


def _path(text: str) -> str:
    """A path below the archive's root, which becomes a URL and the name of a file."""
    parts = no_control(text, "path").removeprefix("./").split("/")
    if not all(WORD.fullmatch(part) for part in parts) or not text.endswith(".deb"):
        raise Invalid(f"{shown(text)} can't be the path of a package")
    return "/".join(parts)


@dataclass(frozen=True)
class Packages:
    """All that an image could install: the indexes of its suites together."""

    indexes: tuple[Index, ...]
    _found: dict[str, tuple[Package, ...]] = field(default_factory=dict, repr=False, compare=False)

    def named(self, name: str) -> tuple[Package, ...]:
        """The versions of a package, the newest first; of equal ones that of the first suite."""
        if name not in self._found:
            every = (one for index in self.indexes for one in index.named(name))
            self._found[name] = tuple(_newest_first(every))
        return self._found[name]

    def providing(self, name: str) -> tuple[Package, ...]:
        """The packages whose newest version provides a name, by their own."""
        names = {one.name for index in self.indexes for one in index.providing(name)}
        newest = (self.named(one)[0] for one in sorted(names))
        return tuple(one for one in newest if any(name == it.name for it in one.provides))

    def names(self) -> Iterator[str]:
        """The name of every package, some more than once."""
        return (name for index in self.indexes for name in index.names())


def _newest_first(packages: Iterable[Package]) -> list[Package]:
    once: dict[tuple[str, str], Package] = {}
    for package in packages:
        once.setdefault((package.version, package.sha256), package)
    return sorted(once.values(), key=cmp_to_key(_by_version), reverse=True)


def _by_version(one: Package, other: Package) -> int:
    return compare(one.version, other.version)
