"""The resolver's answer (pylock.toml, PEP 751) as distributions, and pins as such a file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar
from urllib.parse import unquote, urlsplit

from lading.errors import Problem, ResolutionError
from lading.grammar.invalid import Invalid
from lading.lock.model import Distribution, is_file_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packaging.pylock import (
        Package,
        PackageArchive,
        PackageDirectory,
        PackageSdist,
        PackageVcs,
        PackageWheel,
    )
    from packaging.tags import Tag

    from lading.lock.groups import Group
    from lading.lock.target import Target

__all__ = [
    "DEFAULT_INDEX",
    "Reading",
    "emit_pinned_lines",
    "emit_pins",
    "package_names",
    "read_distributions",
]

F = TypeVar("F", "PackageWheel", "PackageSdist")

DEFAULT_INDEX = "default"
"""What a distribution's index is called where it is the resolver's own."""

_PINNED = frozenset({"wheel", "sdist", "file"})  # what an index or a place with links may give
_ALLOW = "add this file's hash, or make the file of hashes anew for this platform"
_RENAMED = "take another version, or one that has a wheel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a resolver's answer is read against.

    Attributes:
        target: What was resolved for.
        project: The folder that the paths of the lock start from.
        output: The folder that paths in the answer start from.
        found_on: By name, the index that it was found on, where that is not the resolver's own;
            None where it was found on no index.
        wanted: What was asked, with the hashes that it allows.
    """

    target: Target
    project: Path
    output: Path
    found_on: Mapping[str, str | None]
    wanted: Group


def emit_pins(distributions: Iterable[Distribution]) -> str:
    """A pylock.toml that holds nothing but versions: uv prefers those it finds in its output file.

    It is empty where there is none.
    """
    lines: list[str] = []
    for one in distributions:
        if one.kind in _PINNED and one.version is not None:
            lines += ["", "[[packages]]", f'name = "{one.name}"', f'version = "{one.version}"']
            # A package that may come from one index only is preferred where this is that one.
            known = one.index is not None and one.index != DEFAULT_INDEX
            lines += [f'index = "{one.index}"'] if known else []
    return "\n".join(('lock-version = "1.0"', 'created-by = "lading"', *lines, "")) if lines else ""


def package_names(pylock: str) -> tuple[str, ...]:
    """The names of the packages in a pylock file."""
    return tuple(package["name"] for package in tomllib.loads(pylock).get("packages", ()))


def emit_pinned_lines(pylock: str) -> str:
    """The versions of a pylock file as lines of a requirements file."""
    packages = tomllib.loads(pylock).get("packages", ())
    return "".join(f"{one['name']}=={one['version']}\n" for one in packages if "version" in one)


def read_distributions(text: str, reading: Reading) -> tuple[Distribution, ...]:
    """The one file of each package that the target takes.

    Args:
        text: What uv wrote.
        reading: What it is read against.

    Raises:
        ResolutionError: Packages have no file for the target, none with an allowed hash, or one
            that can't be locked; all such together.
    """
    reader = _Reader(reading)
    found: list[Distribution] = []
    problems: list[Problem] = []
    places = reading.wanted.places()
    answer = tomllib.loads(text)
    for table in answer.get("packages", ()):
        try:
            found.append(reader.read(_package(answer, table)))
        except ResolutionError as error:
            problems += error.problems
    if problems:
        raise ResolutionError(
            Problem(
                message=one.message,
                hint=one.hint,
                detail=one.detail,
                location=places.get(one.message.partition(" ")[0]),
            )
            for one in problems
        )
    return tuple(found)


def _package(answer: Mapping[str, object], table: Mapping[str, object]) -> Package:
    """One package of the answer; where there are wheels, an old name of its source is no obstacle.

    uv takes more names than PEP 625 does, such as `name-1.0-1.tar.gz` for 1.0.post1.
    """
    from packaging.pylock import (  # noqa: PLC0415 - 70 ms, for locking only
        Pylock,
        PylockValidationError,
    )

    try:
        (package,) = Pylock.from_dict({**answer, "packages": [table]}).packages
    except PylockValidationError as error:
        if "wheels" in table and "sdist" in table:
            return _package(answer, {key: table[key] for key in table.keys() - {"sdist"}})
        what = f"{table['name']} {table.get('version', '')}".strip()
        message = f"{what} can't be locked: {error.message[:1].lower()}{error.message[1:]}"
        raise ResolutionError(message, hint=_RENAMED) from None
    return package


@dataclass(slots=True)
class _Reader:
    reading: Reading
    ranks: Mapping[Tag, int] = field(init=False)

    def __post_init__(self) -> None:
        self.ranks = {tag: rank for rank, tag in enumerate(self.reading.target.tags())}

    def read(self, package: Package) -> Distribution:
        if package.vcs is not None:
            return self._vcs(package, package.vcs)
        if package.archive is not None:
            return self._archive(package, package.archive)
        if package.directory is not None:
            return self._directory(package, package.directory)
        return self._from_index(package)

    def _from_index(self, package: Package) -> Distribution:
        wheels = self._fitting(package.wheels or ())
        wheel = self._allowed(package, wheels)
        if wheel is not None:
            return self._file(package, wheel, kind="wheel")
        sdists = [package.sdist] if package.sdist is not None else []
        sdist = self._allowed(package, sdists)
        if sdist is not None:
            return self._file(package, sdist, kind="sdist")
        raise self._refused(package, [*wheels, *sdists])

    def _fitting(self, wheels: Iterable[PackageWheel]) -> list[PackageWheel]:
        """The wheels that the target takes, the best one first."""
        ranked = [(rank, wheel) for wheel in wheels if (rank := self._rank(wheel)) is not None]
        ranked.sort(key=lambda pair: (pair[0], pair[1].filename))
        return [wheel for _, wheel in ranked]

    def _rank(self, wheel: PackageWheel) -> int | None:
        from packaging.utils import parse_wheel_filename  # noqa: PLC0415 - see read_distributions

        tags = parse_wheel_filename(wheel.filename)[3]
        return min((self.ranks[tag] for tag in tags if tag in self.ranks), default=None)

    def _allowed(self, package: Package, files: Sequence[F]) -> F | None:
        wanted = self.reading.wanted
        return next(
            (file for file in files if wanted.allows(package.name, _hashes(file.hashes))), None
        )

    def _refused(
        self, package: Package, files: Sequence[PackageWheel | PackageSdist]
    ) -> ResolutionError:
        what = f"{package.name} {package.version}"
        if not files:
            return ResolutionError(f"{what} has no file that {self.reading.target} can install")
        return self._not_allowed(what, [(file.filename, file.hashes) for file in files])

    def _not_allowed(
        self, what: str, files: Iterable[tuple[str, Mapping[str, str]]]
    ) -> ResolutionError:
        platform = self.reading.target.platform
        message = f"{what} for {platform} has no hash that the requirement allows"
        lines = [f"found {name} {' '.join(_hashes(hashes))}" for name, hashes in files]
        return ResolutionError(Problem(message=message, detail="\n".join(lines), hint=_ALLOW))

    def _file(
        self,
        package: Package,
        file: PackageWheel | PackageSdist,
        *,
        kind: Literal["wheel", "sdist"],
    ) -> Distribution:
        if file.url is None:
            return self._local(package, self.reading.output / str(file.path), file.hashes)
        if file.url.startswith("file:"):
            # From a folder of wheels (--find-links) or an index in one.
            return self._local(package, Path(unquote(urlsplit(file.url).path)), file.hashes)
        return Distribution(
            name=package.name,
            version=str(package.version),
            kind=kind,
            url=_file_url(package.name, file.url),
            hashes=_required_hashes(package.name, file.hashes),
            size=file.size,
            index=self.reading.found_on.get(package.name, DEFAULT_INDEX),
        )

    def _archive(self, package: Package, archive: PackageArchive) -> Distribution:
        # In a path, unlike in a URL, neither mark means anything.
        name = (archive.url or "").partition("#")[0].partition("?")[0] or str(archive.path)
        if not self.reading.wanted.allows(package.name, _hashes(archive.hashes)):
            files = [(name.rpartition("/")[2], archive.hashes)]
            raise self._not_allowed(f"{package.name} {package.version}", files)
        if archive.url is None:
            return self._local(package, self.reading.output / name, archive.hashes)
        return Distribution(
            name=package.name,
            version=str(package.version),
            kind="wheel" if name.endswith(".whl") else "sdist",
            url=_file_url(package.name, archive.url),
            subdirectory=str(archive.subdirectory) if archive.subdirectory else None,
            hashes=_required_hashes(package.name, archive.hashes),
            size=archive.size,
        )

    def _local(self, package: Package, path: Path, hashes: Mapping[str, str]) -> Distribution:
        return Distribution(
            name=package.name,
            version=str(package.version),
            kind="file" if path.suffix == ".whl" else "archive",
            url=self._inside(package.name, path),
            hashes=_required_hashes(package.name, hashes),
            size=path.stat().st_size,
        )

    def _directory(self, package: Package, directory: PackageDirectory) -> Distribution:
        """A folder with a source: known by the digest of all that a copy of it would hold.

        uv calls each member of a workspace editable, which nobody asked for: an image has a copy.
        """
        from lading.trees import digest_of, tree_of  # noqa: PLC0415 - only for such a folder

        path = self.reading.output / directory.path / (directory.subdirectory or "")
        inside = self._inside(package.name, path)
        try:
            digest = digest_of(tree_of(self.reading.project, inside))
        except Invalid as error:
            raise ResolutionError(f"{package.name}: {error.message}", hint=error.hint) from None
        return Distribution(
            name=package.name,
            version=str(package.version) if package.version else None,
            kind="directory",
            url=inside,
            hashes=(f"sha256:{digest}",),
        )

    def _inside(self, name: str, path: Path) -> str:
        """The path in the project."""
        real = path.resolve()
        if not real.is_relative_to(self.reading.project):
            what = "folder" if path.is_dir() else "file"
            message = f"{name} is a {what} outside of the project: {real.name}"
            raise ResolutionError(message, hint="copy it into the project's folder")
        inside = real.relative_to(self.reading.project).as_posix()
        if any(char.isspace() for char in inside):
            message = f"{name} is in a folder with a space in its name: {inside}"
            raise ResolutionError(message, hint="rename the folder")
        return inside

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


def _file_url(name: str, url: str) -> str:
    """The URL, whose last part becomes the name of a file in the build's context."""
    file = unquote(url.partition("#")[0].partition("?")[0].rpartition("/")[2])
    if not is_file_name(file):
        raise ResolutionError(f"{name} is at a URL that names no plain file: {file!r}")
    return url


def _hashes(table: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{algorithm}:{digest}" for algorithm, digest in sorted(table.items()))


def _required_hashes(name: str, table: Mapping[str, str]) -> tuple[str, ...]:
    # The build checks each file against its hash, and takes none that has only a weak one.
    if "sha256" not in table:
        message = f"{name} has no SHA-256 at its index, by which the build could check it"
        raise ResolutionError(message, hint="take it from another index, or from a file")
    return _hashes(table)
