"""What a lock is made from: read off an `Image` and the files that it names, without resolving."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.distros import base_image
from lading.errors import Problem, SpecificationError
from lading.grammar.invalid import Invalid
from lading.grammar.reference import ImageReference
from lading.image import steps
from lading.image.spans import settings, spans
from lading.lock.groups import is_lock
from lading.lock.model import InputFile, InputGroup, InputIndex, Inputs
from lading.requirements import (
    Indexes,
    RequirementSet,
    SourcedRequirement,
    SourcedUrl,
    read_pyproject,
    read_requirements_file,
)
from lading.requirements.source import project_file
from lading.requirements.uv_lock import read_toml_lock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import TypeAlias

    from lading.image import Image

    Sets: TypeAlias = tuple[tuple[steps.PythonStep, RequirementSet], ...]

__all__ = ["Asked", "base_reference", "read_inputs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """All that an image asks to be locked.

    Attributes:
        inputs: The part that the lock file records.
        groups: For each installation, its steps and what each asks for. A uv.lock is not read yet:
            only uv can, and that takes a process.
    """

    inputs: Inputs
    groups: tuple[Sets, ...]


def read_inputs(image: Image, project: Path) -> Asked:
    """What `image` asks for, in the project at `project`.

    Raises:
        SpecificationError: A file is missing or invalid, two default indexes differ, or a file is
            meant for another Python; all such together.
    """
    problems: list[Problem] = []
    groups = tuple(
        group
        for span in spans(image.steps)
        if (group := tuple(_read_all(span.python, project, problems)))
    )
    sets = tuple(found for group in groups for _, found in group)
    problems += _wrong_pythons(image, sets)
    locked = image.lock_python_packages
    problems += _wrong_paths(sets, project) if locked else ()
    indexes = _indexes(image, sets, problems)
    if problems:
        raise SpecificationError(problems)
    inputs = Inputs(
        base=str(base_reference(image)),
        distro=str(image.distro) if image.distro else None,
        python=str(image.python_version),
        lock_python_packages=locked,
        prerelease=any(found.pre for found in sets),
        no_index=indexes.no_index,
        find_links=tuple(link.url for link in indexes.find_links),
        indexes=tuple(_index_inputs(image, indexes)),
        groups=tuple(_group_inputs(group, project) for group in groups) if locked else (),
    )
    return Asked(inputs=inputs, groups=groups)


def base_reference(image: Image) -> ImageReference:
    """The image that `image` is built on."""
    if image.base_image is not None:
        return image.base_image
    assert image.distro is not None  # noqa: S101 - no base image means Debian
    return ImageReference.parse(base_image(image.distro, image.python_version).reference)


def _read_all(
    python: Iterable[steps.PythonStep], project: Path, problems: list[Problem]
) -> Iterable[tuple[steps.PythonStep, RequirementSet]]:
    for step in python:
        try:
            yield step, _read(step, project)
        except SpecificationError as error:
            # The file's own line says what is wrong; where none is known, the call does.
            problems += [
                problem
                if problem.location
                else Problem(message=problem.message, hint=problem.hint, location=step.location)
                for problem in error.problems
            ]


def _read(step: steps.PythonStep, project: Path) -> RequirementSet:
    match step:
        case steps.PythonPackages(requirements=requirements, location=location):
            found = (SourcedRequirement(requirement=one, location=location) for one in requirements)
            return RequirementSet(requirements=tuple(found), no_binary=step.no_binary)
        case steps.RequirementsFile(path=path):
            return read_requirements_file(project, path.text)
        case steps.PyprojectToml(path=path):
            return read_pyproject(project, path.text, extras=step.extras, groups=step.groups)
        case steps.UvLock(path=path):
            file, _, tables = read_toml_lock(project, path.text)
            beside = f"{file.rpartition('/')[0]}/pyproject.toml".lstrip("/")
            return RequirementSet(
                files=(file, beside), requires_python=tables.get("requires-python")
            )


def _wrong_pythons(image: Image, sets: Iterable[RequirementSet]) -> list[Problem]:
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415 - 20 ms

    python = image.python_version
    # A series stands for its newest patch release, which no constraint on patches means to refuse.
    version = str(python) if python.patch is not None else f"{python.series}.999"
    return [
        Problem(
            message=f"{found.files[0]} is for Python {found.requires_python}, not {python}",
            location=image.location,
            hint="choose another python_version for the image",
        )
        for found in sets
        if found.requires_python
        and found.files
        and not SpecifierSet(found.requires_python).contains(version, prereleases=True)
    ]


def _indexes(image: Image, sets: Iterable[RequirementSet], problems: list[Problem]) -> Indexes:
    """All indexes together: those of the image first, then those of files, each once."""
    own = settings(image.steps, steps.Index)
    parts = [
        Indexes(
            default=next((_url(one) for one in own if one.default), None),
            extra=tuple(_url(one) for one in own if not one.default),
        ),
        *(found.indexes for found in sets),
    ]
    defaults = [_url(one) for one in own if one.default]
    defaults += [part.default for part in parts[1:] if part.default]
    problems += _different(defaults)
    return Indexes(
        default=defaults[0] if defaults else None,
        extra=_unique(url for part in parts for url in part.extra),
        find_links=_unique(url for part in parts for url in part.find_links),
        no_index=any(part.no_index for part in parts),
    )


def _url(index: steps.Index) -> SourcedUrl:
    return SourcedUrl(url=index.url, location=index.location)


def _different(defaults: list[SourcedUrl]) -> list[Problem]:
    # CASES R22: equal ones are one; of two that differ, either choice would be a guess.
    return [
        Problem(
            message=f"two default indexes: {defaults[0].url} ({defaults[0].location}) "
            f"and {other.url} ({other.location})",
            location=other.location,
            hint="make one of them an extra index: index(url), or --extra-index-url",
        )
        for other in defaults[1:]
        if other.url != defaults[0].url
    ]


def _unique(urls: Iterable[SourcedUrl]) -> tuple[SourcedUrl, ...]:
    found: dict[str, SourcedUrl] = {}
    for url in urls:
        found.setdefault(url.url, url)
    return tuple(found.values())


def _index_inputs(image: Image, indexes: Indexes) -> Iterable[InputIndex]:
    names = {index.url: index.name for index in settings(image.steps, steps.Index)}
    if indexes.default is not None:
        url = indexes.default.url
        yield InputIndex(url=url, name=names.get(url), default=True)
    for extra in indexes.extra:
        yield InputIndex(url=extra.url, name=names.get(extra.url))


def _group_inputs(group: Sets, project: Path) -> InputGroup:
    read = [found for step, found in group if not is_lock(step)]
    files = [
        *(
            _lock_file(step, project, path)
            for step, found in group
            for path in _pinning(step, found)
        ),
        *(_wheel(one, project) for _, found in group for one in found.requirements),
    ]
    return InputGroup(
        requirements=_lines(one for found in read for one in found.requirements),
        constraints=_lines(one for found in read for one in found.constraints),
        no_binary=tuple(sorted({name for found in read for name in found.no_binary})),
        only_binary=tuple(sorted({name for found in read for name in found.only_binary})),
        files=tuple(dict.fromkeys(file for file in files if file is not None)),
    )


def _pinning(step: steps.PythonStep, found: RequirementSet) -> tuple[str, ...]:
    """Files that another tool has resolved: recorded by digest, since their lines are many."""
    return found.files if is_lock(step) else ()


def _lock_file(step: steps.PythonStep, project: Path, path: str) -> InputFile:
    chosen = isinstance(step, steps.UvLock) and path == step.path.text
    return InputFile(
        path=path,
        sha256=_sha256(project / path),
        extras=step.extras if chosen and isinstance(step, steps.UvLock) else (),
        groups=step.groups if chosen and isinstance(step, steps.UvLock) else (),
    )


def _wheel(one: SourcedRequirement, project: Path) -> InputFile | None:
    """A wheel of the project: another content at the same path is another requirement."""
    path = one.requirement.path
    return InputFile(path=path, sha256=_sha256(project / path)) if path is not None else None


def _lines(requirements: Iterable[SourcedRequirement]) -> tuple[str, ...]:
    found = (one.requirement for one in requirements)
    return tuple(
        sorted(
            {" ".join((one.text, *(f"--hash={digest}" for digest in one.hashes))) for one in found}
        )
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _wrong_paths(sets: Iterable[RequirementSet], project: Path) -> Iterable[Problem]:
    """Paths that can't be locked: what isn't there, leaves the project, or is no wheel."""
    for found in sets:
        for one in found.requirements:
            path = one.requirement.path
            words = _wrong_path(project, path) if path is not None else None
            if words is not None:
                yield Problem(message=words[0], hint=words[1], location=one.location)


def _wrong_path(project: Path, path: str) -> tuple[str, str | None] | None:
    if not (project / path).is_dir():
        try:
            project_file(project, path)
        except Invalid as error:
            return error.message, error.hint
    if path.endswith(".whl"):
        return None
    what = "a folder" if (project / path).is_dir() else "a source archive"
    hint = "make a wheel of it (`uv build --wheel`) and require the wheel by its path"
    return f"{path} is {what} of the project, which can't be locked yet", hint
