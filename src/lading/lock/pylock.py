"""The resolver's answer (pylock.toml, PEP 751) as distributions, and pins as such a file."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from lading.errors import ResolutionError
from lading.lock.model import Distribution

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from packaging.pylock import (
        Package,
        PackageArchive,
        PackageSdist,
        PackageVcs,
        PackageWheel,
    )
    from packaging.tags import Tag

    from lading.lock.target import Target

__all__ = ["DEFAULT_INDEX", "emit_pinned_lines", "emit_pins", "read_distributions", "read_index_annotations"]

DEFAULT_INDEX = "default"
"""What a distribution's index is called where it is the resolver's own."""


def emit_pins(distributions: Iterable[Distribution]) -> str:
    """A pylock.toml that holds nothing but versions: uv prefers those it finds in its output file."""
    lines = ['lock-version = "1.0"', 'created-by = "lading"']
    for one in distributions:
        if one.index is not None and one.version is not None:
            lines += ["", "[[packages]]", f'name = "{one.name}"', f'version = "{one.version}"']
    return "\n".join(lines) + "\n"


def read_distributions(
    text: str,
    *,
    target: Target,
    project: Path,
    output: Path,
    found_on: Mapping[str, str],
) -> tuple[Distribution, ...]:
    """The one file of each package that the target takes.

    Args:
        text: What uv wrote.
        target: What it was resolved for.
        project: The folder that the paths of the lock start from.
        output: The folder that paths in `text` start from.
        found_on: By name, the index that it was found on, where that is not the resolver's own.

    Raises:
        ResolutionError: A package has no file for the target, or one that can't be locked.
    """
    from packaging.pylock import Pylock  # noqa: PLC0415 - 70 ms, for locking only

    ranks = {tag: rank for rank, tag in enumerate(target.tags())}
    reader = _Reader(ranks, project, output, found_on)
    return tuple(reader.read(package) for package in Pylock.from_dict(tomllib.loads(text)).packages)


def emit_pinned_lines(pylock: str) -> str:
    """The versions of a pylock file as lines of a requirements file."""
    packages = tomllib.loads(pylock).get("packages", ())
    return "".join(f"{one['name']}=={one['version']}\n" for one in packages if "version" in one)


def read_index_annotations(text: str) -> dict[str, str]:
    """By name, the index of each package in a requirements file with uv's `# from URL` remarks."""
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        words = line.split()
        if words[:2] == ["#", "from"]:
            found[name] = words[2].rstrip("/")
        elif "==" in line and not line.startswith((" ", "#")):
            name = line.partition("==")[0].partition("[")[0].strip()
    return found


class _Reader:
    def __init__(
        self,
        ranks: Mapping[Tag, int],
        project: Path,
        output: Path,
        found_on: Mapping[str, str],
    ) -> None:
        self._ranks = ranks
        self._project = project
        self._output = output
        self._found_on = found_on

    def read(self, package: Package) -> Distribution:
        if package.vcs is not None:
            return self._vcs(package, package.vcs)
        if package.archive is not None:
            return self._archive(package, package.archive)
        if package.directory is not None:
            message = f"{package.name} is a folder of the project, which can't be locked yet"
            hint = "make a wheel of it (`uv build --wheel`) and require the wheel by its path"
            raise ResolutionError(message, hint=hint)
        return self._from_index(package)

    def _from_index(self, package: Package) -> Distribution:
        wheel = self._best(package.wheels or ())
        if wheel is not None:
            return self._file(package, wheel, kind="wheel")
        if package.sdist is not None:
            return self._file(package, package.sdist, kind="sdist")
        message = f"{package.name} {package.version} has no file that the target can install"
        raise ResolutionError(message)

    def _best(self, wheels: Iterable[PackageWheel]) -> PackageWheel | None:
        fitting = [(rank, wheel) for wheel in wheels if (rank := self._rank(wheel)) is not None]
        return min(fitting, key=lambda pair: (pair[0], pair[1].filename))[1] if fitting else None

    def _rank(self, wheel: PackageWheel) -> int | None:
        from packaging.utils import parse_wheel_filename  # noqa: PLC0415 - see read_distributions

        tags = parse_wheel_filename(wheel.filename)[3]
        return min((self._ranks[tag] for tag in tags if tag in self._ranks), default=None)

    def _file(
        self, package: Package, file: PackageWheel | PackageSdist, *, kind: str
    ) -> Distribution:
        if file.url is None:
            return self._local(package, str(file.path), file.hashes)
        return Distribution(
            name=package.name,
            version=str(package.version),
            kind="wheel" if kind == "wheel" else "sdist",
            url=file.url,
            hashes=_hashes(file.hashes),
            size=file.size,
            index=self._found_on.get(package.name, DEFAULT_INDEX),
        )

    def _archive(self, package: Package, archive: PackageArchive) -> Distribution:
        if archive.url is None:
            return self._local(package, str(archive.path), archive.hashes)
        path = archive.url.partition("#")[0].partition("?")[0]
        return Distribution(
            name=package.name,
            version=str(package.version),
            kind="wheel" if path.endswith(".whl") else "sdist",
            url=archive.url,
            subdirectory=str(archive.subdirectory) if archive.subdirectory else None,
            hashes=_hashes(archive.hashes),
            size=archive.size,
        )

    def _local(self, package: Package, path: str, hashes: Mapping[str, str]) -> Distribution:
        real = (self._output / path).resolve()
        if not real.is_relative_to(self._project):
            raise ResolutionError(f"{package.name} is a file outside of the project: {real.name}")
        if real.suffix != ".whl":
            message = f"{package.name} is a source archive of the project, which can't be locked yet"
            hint = "make a wheel of it (`uv build --wheel`) and require the wheel by its path"
            raise ResolutionError(message, hint=hint)
        return Distribution(
            name=package.name,
            version=str(package.version),
            kind="file",
            url=real.relative_to(self._project).as_posix(),
            hashes=_hashes(hashes),
        )

    def _vcs(self, package: Package, vcs: PackageVcs) -> Distribution:
        if vcs.type != "git" or vcs.url is None:
            raise ResolutionError(f"{package.name} is in no git repository that has a URL")
        return Distribution(
            name=package.name,
            version=str(package.version) if package.version else None,
            kind="git",
            url=vcs.url.removeprefix("git+"),
            commit=vcs.commit_id,
            subdirectory=str(vcs.subdirectory) if vcs.subdirectory else None,
        )

def _hashes(table: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{algorithm}:{digest}" for algorithm, digest in sorted(table.items()))
