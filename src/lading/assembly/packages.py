"""Wheels as entries, and what two of them must not both have."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from lading.errors import ImageError, Problem
from lading.oci.entries import Deflated, Folder, Literal, Regular, Symlink

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from lading.lock.model import Distribution
    from lading.oci.entries import Entry
    from lading.wheels import Interpreter

__all__ = [
    "ENVIRONMENT",
    "Owned",
    "Packaging",
    "check_owners",
    "direct_url",
    "owned",
    "owned_in",
    "without_doubles",
    "written",
]

ENVIRONMENT: Final = "the environment"
"""What owns the interpreter's links, and what else an empty environment holds."""

_OWN: Final = "no package may replace the environment's own files: leave it out"
_EITHER: Final = "which one counts depends on the order of installing: ask for one of the two"

Owned: TypeAlias = "dict[str, dict[str, str]]"
"""By what owns it: paths, each with what tells its content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packaging:
    """How wheels become entries.

    Attributes:
        prefix: The environment's folder, as the image's user sees it.
        root: Its true path, as entries name it.
        series: The minor version of its Python.
        compiler: What compiles modules, where any does.
    """

    prefix: str
    root: str
    series: str
    compiler: Interpreter | None = None

    def entries(self, distribution: Distribution, wheel: Path) -> tuple[Entry, ...]:
        """What installing the wheel writes.

        Raises:
            ImageError: The wheel is not as it must be.
        """
        from lading.wheels import Scheme, bytecode, read_wheel  # noqa: PLC0415 - only to make one

        scheme = Scheme(
            prefix=self.prefix, python=self.series, interpreter=f"{self.prefix}/bin/python"
        )
        found = read_wheel(
            wheel,
            scheme,
            filename=distribution.filename,
            name=distribution.name,
            version=distribution.version,
            direct_url=direct_url(distribution),
            sha256=distribution.sha256,
        ).entries
        if self.compiler is not None:
            found = (*found, *bytecode(found, self.compiler))
        before = self.prefix.strip("/")
        if self.root == before:
            return found
        return tuple(replace(one, path=f"{self.root}{one.path[len(before) :]}") for one in found)


def direct_url(distribution: Distribution) -> str | None:
    """The URL of a wheel that a requirement names by it, for its record (PEP 610)."""
    if distribution.kind != "wheel" or distribution.index is not None:
        return None
    return distribution.url.partition("#")[0]


def owned(entries: Iterable[Entry]) -> dict[str, str]:
    """The paths of files and links, each with what tells it from any other."""
    found = ((one.path, _told(one)) for one in entries if not isinstance(one, Folder))
    return {path: told for path, told in found if told is not None}


def _told(entry: Entry) -> str | None:
    match entry:
        case Symlink(target=target):
            return f"-> {target}"
        case Regular(mode=mode, sha256=sha256, content=content):
            return f"{mode:o} {sha256 or _hash(content)}"
        case _:
            return None


def _hash(content: object) -> str:
    match content:
        case Literal(data=data):
            return hashlib.sha256(data).hexdigest()
        case Deflated(crc32=crc32, size=size):
            return f"{crc32:08x} {size}"
        case _:
            return repr(content)


def written(found: Owned) -> bytes:
    """What a layer's record keeps, so that the layer need not be read."""
    return json.dumps(found, sort_keys=True, separators=(",", ":")).encode()


def owned_in(attachment: bytes) -> Owned:
    """What `written` wrote."""
    found: Owned = json.loads(attachment) if attachment else {}
    return found


def check_owners(layers: Iterable[Owned]) -> None:
    """Refuse paths that two distributions have with different content.

    Raises:
        ImageError: All of them.
    """
    owners: dict[str, tuple[str, str]] = {}
    problems = list(_clashes(layers, owners))
    if problems:
        raise ImageError(problems)


def _clashes(layers: Iterable[Owned], owners: dict[str, tuple[str, str]]) -> Iterator[Problem]:
    told: dict[tuple[str, str], list[str]] = {}
    for owned_by in layers:
        for owner, paths in owned_by.items():
            for path, content in paths.items():
                first, other = owners.setdefault(path, (owner, content))
                if other != content and first != owner:
                    told.setdefault((first, owner), []).append(path)
    for (first, second), found in told.items():
        more = f", and {len(found) - 1} more that differ" if len(found) > 1 else ""
        yield Problem(
            message=f"{first} and {second} both have /{min(found)}{more}",
            hint=_OWN if first == ENVIRONMENT else _EITHER,
        )


def without_doubles(found: Mapping[str, tuple[Entry, ...]]) -> Iterator[Entry]:
    """All entries; what several distributions have in the same way, once."""
    seen: set[str] = set()
    for entries in found.values():
        for one in entries:
            if one.path not in seen or isinstance(one, Folder):
                seen.add(one.path)
                yield one
