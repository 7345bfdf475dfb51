"""Packages that may come from one index only, and the files that tell uv so.

uv binds a package to an index where a pyproject.toml asks for it by `tool.uv.sources`, and then for
whoever needs it. It has no way to bind one that nobody asks for directly. Such a name gets a
stand-in first, an empty wheel on this machine, so that no index is ever asked for it; where the
stand-in is in the answer, something needs the package, and it is asked for, bound, in the next run.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lading.errors import Problem, ResolutionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from lading.errors import Location
    from lading.lock.groups import Group, Wanted
    from lading.lock.model import InputIndex

__all__ = ["PROJECT_NAME", "Bindings", "write_stand_ins"]

PROJECT_NAME = "lading-locked"
"""What the project is called that asks for bound packages; no message shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bindings:
    """Which packages come from one index only.

    Attributes:
        urls: By the package's name, the index.
        names: By the URL of each such index, what uv is to call it: its login is found by that.
    """

    urls: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, group: Group, indexes: Sequence[InputIndex]) -> Bindings:
        """What the indexes serve alone, and what a file asks for from one index.

        A requirement of a URL or a path is where it says, whatever index serves its name.

        Raises:
            ResolutionError: A package is to come from two indexes.
        """
        elsewhere = _elsewhere(group)
        urls = {name: index.url for index in indexes for name in index.packages}
        places: dict[str, Location | None] = {}
        problems: list[Problem] = []
        for one in _indexed(group):
            name, url = str(one.requirement.name), str(one.index)
            if urls.setdefault(name, url) != url:
                problems.append(_two_indexes(one, urls[name], places.get(name)))
            places.setdefault(name, one.location)
        if problems:
            raise ResolutionError(problems)
        kept = {name: url for name, url in urls.items() if name not in elsewhere}
        return cls(urls=kept, names=_index_names(kept, indexes))

    def asked(self, wanted: Iterable[Wanted]) -> tuple[Wanted, ...]:
        """The requirements of these that one index serves."""
        return tuple(one for one in wanted if self._binds(one))

    def others(self, wanted: Iterable[Wanted]) -> tuple[Wanted, ...]:
        """The requirements of these that any index may serve, or none."""
        return tuple(one for one in wanted if not self._binds(one))

    def _binds(self, one: Wanted) -> bool:
        return one.requirement.kind == "named" and one.requirement.name in self.urls

    def write_project(
        self, wanted: Iterable[Wanted], learned: Iterable[str], folder: Path
    ) -> Path | None:
        """A pyproject.toml that asks for these and for the names that were learned, each bound."""
        lines = [one.requirement.text for one in self.asked(wanted)]
        lines += sorted(learned)
        if not lines:
            return None
        sources = (
            f"{json.dumps(name)} = {{ index = {json.dumps(self.names[url])} }}"
            for name, url in self.urls.items()
        )
        text = (
            *("[project]", f'name = "{PROJECT_NAME}"', 'version = "0"', "dependencies = ["),
            *(f"  {json.dumps(line, ensure_ascii=False)}," for line in lines),
            # A root of its own: else uv looks for one in the folders above.
            *("]", "[tool.uv.workspace]", "[tool.uv.sources]", *sources),
            *self._tables("[[tool.uv.index]]"),
        )
        path = folder / "pyproject.toml"
        path.write_text("\n".join((*text, "")), "utf-8")
        return path

    def settings(self) -> tuple[str, ...]:
        """Lines of a uv.toml that declare the indexes: else uv finds a login only when refused."""
        return tuple(self._tables("[[index]]"))

    def _tables(self, header: str) -> Iterator[str]:
        for url, name in self.names.items():
            yield from (header, f"name = {json.dumps(name)}", f"url = {json.dumps(url)}")
            yield "explicit = true"


def write_stand_ins(names: Iterable[str], folder: Path) -> Path | None:
    """A file of overrides that put an empty wheel in the place of each of these packages."""
    lines = [f"{name} @ {_empty_wheel(name, folder).as_uri()}\n" for name in sorted(names)]
    if not lines:
        return None
    path = folder / "stand-ins.txt"
    path.write_text("".join(lines), "utf-8")
    return path


def _empty_wheel(name: str, folder: Path) -> Path:
    plain = name.replace("-", "_")
    info = f"{plain}-0.dist-info"
    path = folder / f"{plain}-0-py3-none-any.whl"
    if not path.exists():
        with zipfile.ZipFile(path, "w") as wheel:
            for file, text in (
                ("METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 0\n"),
                ("WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
                ("RECORD", ""),
            ):
                wheel.writestr(zipfile.ZipInfo(f"{info}/{file}"), text)
    return path


def _elsewhere(group: Group) -> frozenset[str]:
    return frozenset(
        one.requirement.name
        for one in group.requirements
        if one.requirement.kind != "named" and one.requirement.name is not None
    )


def _indexed(group: Group) -> Iterator[Wanted]:
    for one in group.requirements:
        if one.index is not None and one.requirement.kind == "named":
            yield one


def _two_indexes(one: Wanted, other: str, place: Location | None) -> Problem:
    where = f" ({place})" if place is not None else ""
    return Problem(
        message=f"{one.requirement.name} is to come from two indexes: "
        f"{other}{where} and {one.index}",
        location=one.location,
        hint="let one of them serve it",
    )


def _index_names(urls: Mapping[str, str], indexes: Sequence[InputIndex]) -> dict[str, str]:
    given = {index.url: index.name for index in indexes if index.name is not None}
    taken = set(given.values())
    free = (name for number in range(10_000) if (name := f"lading-{number}") not in taken)
    return {url: given.get(url) or next(free) for url in dict.fromkeys(urls.values())}
