"""What uv remarks in a requirements file: the index of each package, and what needs it."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Annotations", "as_written_by_uv", "read_annotations"]

_PACKAGE = re.compile(r"(?P<name>[a-z0-9][a-z0-9._-]*)(?:\[[^\]]*\])?(?: @ |==)")
_DEFAULT = re.compile(r"--(?:default-index|index-url)[= ](?P<url>\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotations:
    """The remarks of one file.

    Attributes:
        default: The URL of the resolver's default index, as uv writes it.
        found_on: By name, the URL of the index that the package was found on, likewise.
        needed_by: By name, the packages that need it.
    """

    default: str | None = None
    found_on: Mapping[str, str] = field(default_factory=dict)
    needed_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def reached(self, roots: Iterable[str]) -> frozenset[str]:
        """The roots and all that they need, at however many removes."""
        needs: dict[str, list[str]] = {}
        for name, parents in self.needed_by.items():
            for parent in parents:
                needs.setdefault(parent, []).append(name)
        found: set[str] = set()
        left = list(roots)
        while left:
            name = left.pop()
            if name not in found:
                found.add(name)
                left += needs.get(name, ())
        return frozenset(found)


def as_written_by_uv(url: str) -> str:
    """The form in which uv writes an index's URL, without a final slash.

    It drops the scheme's own port and resolves dots (WHATWG URL standard).
    """
    scheme, separator, rest = url.rstrip("/").partition("://")
    if not separator:
        return scheme
    host, slash, path = rest.partition("/")
    host = host.removesuffix({"https": ":443", "http": ":80"}.get(scheme, ""))
    return f"{scheme}://{host}{posixpath.normpath(slash + path) if slash else ''}"


def read_annotations(text: str) -> Annotations:
    """Read a file that uv wrote with `--annotation-style split` and `--emit-index-annotation`."""
    default = None
    found_on: dict[str, str] = {}
    needed_by: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        words = line.split()
        match words:
            case ["#", "from", url]:
                found_on[name] = as_written_by_uv(url)
            case ["#", "via"]:
                pass
            case ["#", "via", parent, *_] | ["#", parent, *_]:
                needed_by.setdefault(name, []).append(parent)
            case [word, *_]:
                package, option = _PACKAGE.match(line), _DEFAULT.match(line)
                default = as_written_by_uv(option["url"]) if option else default
                # A path has no name, and remarks of its own.
                name = package["name"] if package else word
            case _:
                pass
    parents = {one: tuple(found) for one, found in needed_by.items()}
    return Annotations(default=default, found_on=found_on, needed_by=parents)
