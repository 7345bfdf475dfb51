"""What a lock is made from: read off an `Image` and the files that it names, without resolving."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypedDict

from lading.distros import base_image
from lading.errors import ImageError, Problem, SpecificationError
from lading.grammar.base import SCRATCH, LocalImage, parse_base
from lading.grammar.dockerfile_base import DockerfileBase
from lading.grammar.nearest import did_you_mean
from lading.grammar.reference import Digest
from lading.image import steps
from lading.image.named_secrets import different_sources
from lading.image.on_platform import named_platforms, on_platform
from lading.image.spans import installations_below, settings, spans
from lading.lock.archives import read_archives
from lading.lock.below import unshareable
from lading.lock.group_inputs import group_inputs, requires_of
from lading.lock.index_inputs import read_indexes
from lading.lock.local_inputs import folders_of, with_names
from lading.lock.model import Inputs
from lading.lock.models import model_inputs, read_models
from lading.requirements import (
    RequirementSet,
    SourcedRequirement,
    read_pyproject,
    read_requirements_file,
    read_script,
)
from lading.requirements.uv_lock import read_toml_lock
from lading.trees import describe

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lading.errors import Location
    from lading.grammar.base import BaseImage
    from lading.image import Image
    from lading.lock.group_inputs import Sets
    from lading.lock.models import Describe, Models
    from lading.platforms import Platform

__all__ = ["Asked", "base_of", "read_inputs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """All that an image asks to be locked, on those platforms that none of its steps names.

    Attributes:
        image: The image.
        project: The folder that its paths start from.
        inputs: The part that the lock file records.
        groups: For each installation, its steps and what each asks for. A uv.lock is not read yet:
            only uv can, and that takes a process.
        models: The files of each model.
        describe: What hashes them.
    """

    image: Image
    project: Path
    inputs: Inputs
    groups: tuple[Sets, ...]
    models: Models = ()
    describe: Describe = field(default=describe, compare=False, repr=False)
    _found: dict[Platform | None, Asked] = field(default_factory=dict, compare=False, repr=False)

    def on(self, platform: Platform) -> Asked:
        """What the image asks for on one platform; its files are read once.

        Raises:
            SpecificationError: As `read_inputs`.
        """
        named = platform if platform in named_platforms(self.image.steps) else None
        if named not in self._found:
            image = on_platform(self.image, named)
            self._found[named] = _read_inputs(image, self.project, self.describe)
        return self._found[named]

    @property
    def below(self) -> Asked | None:
        """What the image below asks for, where there is one: no file is read for it again.

        On a platform that steps of its own name, files are read where they were not for this one.
        """
        below = self.image.below
        if below is None:
            return None
        named = (None, *named_platforms(below.steps))
        found = {
            one: _below(on_platform(below, one), self._found.get(one, self))
            for one in named
            if one is None or one in self._found
        }
        return replace(found[None], image=below, _found=found)


def read_inputs(image: Image, project: Path, *, describe: Describe = describe) -> Asked:
    """What `image` asks for, in the project at `project`; `Asked.on` says it of each platform.

    Args:
        image: What is wanted.
        project: The project's folder.
        describe: Hashes a file of a model, or knows its digest.

    Raises:
        SpecificationError: A file is missing or invalid, two default indexes differ, a file is
            meant for another Python, or a secret has two sources; all such together.
    """
    common = _read_inputs(on_platform(image, None), project, describe)
    return replace(common, image=image, _found={None: common})


def _read_inputs(image: Image, project: Path, describe: Describe) -> Asked:
    problems = [*different_sources(image)]
    locked = image.lock_python_packages
    groups = tuple(
        group
        for span in spans(image.steps)
        if (group := tuple(_read_all(span.python, project, problems, locked=locked)))
    )
    sets = tuple(found for group in groups for _, found in group)
    problems += _wrong_pythons(image, sets)
    problems += _different_requires(groups)
    problems += _missing_links(sets, project)
    problems += _without_interpreter(image)
    problems += unshareable(image)
    indexes = read_indexes(image, sets, problems)
    base_digest = _digest_of_base(image, project, problems)
    keyrings, unsigned = read_archives(project, image.distro, problems)
    models = read_models(image, project, describe, problems)
    if problems:
        raise SpecificationError(problems)
    inputs = Inputs(
        base=str(base_of(image)),
        base_digest=str(base_digest) if base_digest else None,
        distro=str(image.distro) if image.distro else None,
        python=str(image.python_version),
        lock_python_packages=locked,
        lock_system_packages=image.lock_system_packages,
        accelerator=image.accelerator,
        indexes=indexes,
        keyrings=keyrings,
        unsigned=unsigned,
        groups=group_inputs(groups, project) if locked else (),
        models=model_inputs(models),
        below=installations_below(image.steps),
        **_said_in(sets),
    )
    return Asked(
        image=image,
        project=project,
        inputs=inputs,
        groups=groups,
        models=models,
        describe=describe,
    )


def _below(image: Image, above: Asked) -> Asked:
    """What an image asks for of which all was read and checked for one that is put on it."""
    import msgspec  # noqa: PLC0415 - the model has brought it already

    *lower, count = above.inputs.below
    groups = above.groups[:count]
    sets = tuple(found for group in groups for _, found in group)
    models = above.models[: len(settings(image.steps, steps.Model))]
    inputs = msgspec.structs.replace(
        above.inputs,
        indexes=read_indexes(image, sets, []),
        groups=above.inputs.groups[:count],
        models=model_inputs(models),
        below=tuple(lower),
        **_said_in(sets),
    )
    return replace(above, image=image, inputs=inputs, groups=groups, models=models, _found={})


class _SaidIn(TypedDict):
    prerelease: bool
    no_index: bool
    find_links: tuple[str, ...]


def _said_in(sets: Iterable[RequirementSet]) -> _SaidIn:
    """What files say of all that is resolved with them."""
    found = tuple(sets)
    links = (link.url for one in found for link in one.indexes.find_links)
    return _SaidIn(
        prerelease=any(one.pre for one in found),
        no_index=any(one.indexes.no_index for one in found),
        find_links=tuple(dict.fromkeys(links)),
    )


def base_of(image: Image) -> BaseImage:
    """What `image` is built on."""
    if image.base_image is not None:
        return image.base_image
    assert image.distro is not None  # noqa: S101 - no base image means Debian
    return parse_base(base_image(image.distro, image.python_version).reference)


def _without_interpreter(image: Image) -> Iterable[Problem]:
    """Python packages on nothing, not even a distribution's packages."""
    if image.base_image != SCRATCH or image.distro is not None:
        return
    hint = 'name a release whose packages make a base: distro="debian:trixie"'
    for step in image.steps:
        if isinstance(step, steps.PythonStep):
            message = 'base_image "scratch" has no Python interpreter, which Python packages need'
            yield Problem(message=message, hint=hint, location=step.location)


def _digest_of_base(image: Image, project: Path, problems: list[Problem]) -> Digest | None:
    """The digest of a base image that is in the project, or that is made from what is."""
    base = image.base_image
    if not isinstance(base, LocalImage | DockerfileBase):
        return None
    from lading.bases import read_context, read_local  # noqa: PLC0415 - only for such a base

    try:
        if isinstance(base, DockerfileBase):
            return Digest.parse(read_context(base, project).digest)
        return read_local(base, project).digest
    except ImageError as error:
        problems += (replace(one, location=image.location) for one in error.problems)
    return None


def _read_all(
    python: Iterable[steps.PythonStep], project: Path, problems: list[Problem], *, locked: bool
) -> Iterable[tuple[steps.PythonStep, RequirementSet]]:
    for step in python:
        try:
            found = _read(step, project)
            yield step, with_names(found, project, problems) if locked else found
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
            # A wheel is isolated from nothing: who asks for none of that means the source.
            sources = sorted({*step.no_binary, *step.no_build_isolation})
            return RequirementSet(requirements=tuple(found), no_binary=tuple(sources))
        case steps.RequirementsFile(path=path):
            return read_requirements_file(project, path.text)
        case steps.PyprojectToml(path=path):
            return read_pyproject(project, path.text, extras=step.extras, groups=step.groups)
        case steps.ScriptRequirements(path=path):
            return read_script(project, path.text)
        case steps.UvLock(path=path):
            return _read_uv_lock(project, path.text)


def _read_uv_lock(project: Path, path: str) -> RequirementSet:
    file, _, tables = read_toml_lock(project, path)
    beside = f"{file.rpartition('/')[0]}/pyproject.toml".lstrip("/")
    files = (file, beside, *folders_of(tables, project, file.rpartition("/")[0]))
    return RequirementSet(files=files, requires_python=tables.get("requires-python"))


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


def _missing_links(sets: Iterable[RequirementSet], project: Path) -> Iterable[Problem]:
    """Folders of wheels that aren't there: uv would speak of packages that it can't find."""
    return [
        Problem(
            message=f"--find-links {link.url}: the project has no such folder",
            location=link.location,
            hint=did_you_mean(link.url, sorted(one.name for one in project.iterdir())),
        )
        for found in sets
        for link in found.indexes.find_links
        if "://" not in link.url and not (project / link.url).exists()
    ]


def _different_requires(groups: Iterable[Sets]) -> Iterable[Problem]:
    """Two calls that say different things of what one source requires."""
    known: dict[str, tuple[tuple[str, ...], Location]] = {}
    for step in (step for group in groups for step, _ in group):
        for one in requires_of(step):
            said = (one.requirements, step.location)
            first = known.setdefault(one.name, said)
            if first[0] != said[0]:
                yield Problem(
                    message=f"requires= says two things of {one.name}: at {first[1]} and here",
                    location=step.location,
                    hint="say it once",
                )
