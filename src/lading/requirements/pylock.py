"""`pylock.toml`: versions and hashes that another tool has resolved (PEP 751)."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from lading.errors import Location, Problem, SpecificationError
from lading.grammar.invalid import Invalid
from lading.grammar.marker import check_depth, decided
from lading.grammar.requirement import Requirement
from lading.grammar.url import parse_index_url
from lading.grammar.words import shown
from lading.requirements.model import RequirementSet, SourcedRequirement
from lading.requirements.source import invalid_problem, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from packaging.pylock import Package, PackageArchive, PackageDirectory, PackageVcs, Pylock

__all__ = ["read_pylock"]

_STRONG = ("sha256", "sha384", "sha512")
_INDEX = re.compile(r"packages\[(\d+)\]")


def read_pylock(project: Path, path: str) -> RequirementSet:
    """Read the pins of a pylock file: each a requirement with the hashes of all its files.

    Of what depends on a choice, that is taken which PEP 751 has chosen where nobody does: no extra,
    and the lock's default groups.

    Raises:
        SpecificationError: It is no valid lock, or some of it is not supported.
    """
    file, text, tables = read_toml(project, path)
    lines = _package_lines(text)
    lock = _load(tables, file, lines)
    chosen = {"extras": (), "dependency_groups": tuple(lock.default_groups or ())}
    problems: list[Problem] = []
    found: list[SourcedRequirement] = []
    for number, package in enumerate(lock.packages):
        place = Location(file, _line(lines, number))
        try:
            marker = decided(str(package.marker), chosen) if package.marker else True
            if marker is False:
                continue
            left = None if marker is True else marker
            requirement = _requirement(package, posixpath.dirname(file), left)
            index = parse_index_url(package.index) if package.index else None
        except Invalid as error:
            problems.append(invalid_problem(error, place))
            continue
        found.append(SourcedRequirement(requirement=requirement, location=place, index=index))
    if problems:
        raise SpecificationError(problems)
    return RequirementSet(
        requirements=tuple(found),
        requires_python=str(lock.requires_python) if lock.requires_python else None,
        environments=tuple(str(marker) for marker in lock.environments or ()),
        files=(file,),
    )


def _load(tables: dict[str, object], file: str, lines: tuple[int, ...]) -> Pylock:
    from packaging.pylock import Pylock, PylockValidationError  # noqa: PLC0415 - 70 ms

    problems = [
        invalid_problem(error, Location(file, _line(lines, number) if number is not None else 1))
        for number, error in _too_deep(tables)
    ]
    if problems:
        raise SpecificationError(problems)
    try:
        return Pylock.from_dict(tables)
    except PylockValidationError as error:
        place = _INDEX.search(error.context or "")
        line = _line(lines, int(place[1])) if place else 1
        # What it says of a marker has the marker below it, and more.
        reason = shown(error.message.partition("\n")[0])[1:-1]
        context = f" in {shown(error.context)}" if error.context else ""
        message = f"not a valid pylock file: {reason[:1].lower()}{reason[1:]}{context}"
        problem = Problem(message=message, location=Location(file, line))
        raise SpecificationError(problem) from None


def _too_deep(tables: dict[str, object]) -> Iterator[tuple[int | None, Invalid]]:
    """The markers that their reader would not come to an end with, each with its package."""
    packages, environments = tables.get("packages"), tables.get("environments")
    markers: list[tuple[int | None, object]] = [
        (None, marker) for marker in (environments if isinstance(environments, list) else ())
    ]
    for number, package in enumerate(packages if isinstance(packages, list) else ()):
        markers.append((number, package.get("marker") if isinstance(package, dict) else None))
    for place, marker in markers:
        try:
            check_depth(marker if isinstance(marker, str) else "")
        except Invalid as error:
            yield place, error


def _package_lines(text: str) -> tuple[int, ...]:
    headers = enumerate(text.splitlines(), start=1)
    return tuple(number for number, line in headers if line.strip() == "[[packages]]")


def _line(lines: tuple[int, ...], number: int) -> int:
    return lines[number] if number < len(lines) else 1


def _requirement(package: Package, folder: str, where: str | None) -> Requirement:
    marker = f" ; {where}" if where else ""
    if package.vcs is not None:
        return Requirement.parse(f"{package.name} @ {_vcs(package, package.vcs)}{marker}")
    if package.directory is not None:
        target = _directory(package, package.directory)
        return Requirement.parse(f"{package.name} @ {target}{marker}", folder=folder)
    if package.archive is not None:
        target = _archive(package.archive)
        hashes = _hash_options(package)
        return Requirement.parse(f"{package.name} @ {target}{marker}{hashes}", folder=folder)
    return _pinned(package, marker, folder)


def _pinned(package: Package, marker: str, folder: str) -> Requirement:
    # PEP 751 lets a version be absent where it is not known before a build.
    if package.version is None:
        raise Invalid(f"{shown(package.name)} has no version", hint="lock a built version of it")
    files = (*(package.wheels or ()), *((package.sdist,) if package.sdist else ()))
    if all(file.url is None for file in files) and len(files) == 1:
        target = f"{package.name} @ {_relative(files[0].path or '')}"
        return Requirement.parse(f"{target}{marker}{_hash_options(package)}", folder=folder)
    return Requirement.parse(f"{package.name}=={package.version}{marker}{_hash_options(package)}")


def _vcs(package: Package, vcs: PackageVcs) -> str:
    if vcs.type != "git" or vcs.url is None:
        raise Invalid(f"{shown(package.name)} is in no git repository that has a URL")
    url = vcs.url.removeprefix("git+")
    subdirectory = f"#subdirectory={vcs.subdirectory}" if vcs.subdirectory else ""
    return f"git+{url}@{vcs.commit_id}{subdirectory}"


def _directory(package: Package, directory: PackageDirectory) -> str:
    if directory.editable:
        hint = "an image holds a copy, nothing editable: lock it without -e"
        raise Invalid(f"{shown(package.name)} is editable", hint=hint)
    return _relative(posixpath.join(directory.path, directory.subdirectory or ""))


def _archive(archive: PackageArchive) -> str:
    fragment = f"#subdirectory={archive.subdirectory}" if archive.subdirectory else ""
    if archive.url is not None:
        return f"{archive.url}{fragment}"
    if fragment:
        hint = "lock a wheel of it, or its folder"
        raise Invalid(f"not supported: {shown(archive.path)} with a subdirectory", hint=hint)
    return _relative(archive.path or "")


def _relative(path: str) -> str:
    return path if path.startswith(("/", ".")) else f"./{path}"


def _hash_options(package: Package) -> str:
    files = [*(package.wheels or ()), *((package.sdist,) if package.sdist else ())]
    tables = [file.hashes for file in files] or [package.archive.hashes if package.archive else {}]
    digests = sorted(
        {
            f"{algorithm}:{digest}"
            for table in tables
            for algorithm, digest in table.items()
            if algorithm in _STRONG
        }
    )
    if not digests:
        hint = f"lock it with one of {', '.join(_STRONG)}"
        raise Invalid(f"{shown(package.name)} has no hash that can be checked", hint=hint)
    return "".join(f" --hash={digest}" for digest in digests)
