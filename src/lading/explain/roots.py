"""What an image asks for itself, with the user's lines: where chains of requirements begin."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lading.explain.graph import Root
from lading.explain.requirements import nodes_of, parsed
from lading.freeze.deciding import place
from lading.image import steps
from lading.image.spans import settings
from lading.image.system import packages_for
from lading.requirements.uv_lock import read_toml_lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from lading.image import Image
    from lading.image.steps import PythonStep
    from lading.info import ImageInfo
    from lading.lock.inputs import Asked
    from lading.lock.model import Distribution
    from lading.platforms import Platform
    from lading.requirements import SourcedRequirement

__all__ = ["building_roots", "platforms_asking", "python_roots", "system_roots"]


def python_roots(
    asked: Asked,
    project: Path,
    markers: Mapping[str, str],
    distributions: Iterable[Distribution],
    written: Image,
) -> Iterator[Root]:
    """The requirements of an image that hold for a target.

    Args:
        asked: What it asks for.
        project: Its folder.
        markers: The environment that markers are evaluated in.
        distributions: What is locked, of which some requirements tell only where it is.
        written: The image with the steps of all platforms.

    Raises:
        SpecificationError: A uv.lock can't be read.
    """
    by_place = {one.url.removeprefix("./"): one.name for one in distributions}
    for step, found in (pair for group in asked.groups for pair in group):
        only = _only_on(_platforms_of(step, written))
        roots = list(_of_uv_lock(step, project, markers)) if isinstance(step, steps.UvLock) else []
        for one in found.requirements:
            roots += _of_requirement(one, step, project, markers, by_place)
        yield from (replace(root, text=f"{root.text}{only}") for root in roots)


def _platforms_of(step: PythonStep, written: Image) -> tuple[Platform, ...]:
    """The platforms that a step is for, whose image has only these left."""
    same = (one for one in written.steps if one.location == step.location)
    return next((one.platforms for one in same if replace(one, platforms=()) == step), ())


def _of_requirement(
    one: SourcedRequirement,
    step: PythonStep,
    project: Path,
    markers: Mapping[str, str],
    by_place: Mapping[str, str],
) -> Iterator[Root]:
    from packaging.markers import Marker  # noqa: PLC0415 - 20 ms

    wanted = one.requirement
    if wanted.marker and not Marker(wanted.marker).evaluate(dict(markers)):
        return
    name = wanted.name or by_place.get(wanted.path or (wanted.url or "").removeprefix("git+"))
    if name is None:
        return
    # In the code it is the call that is the user's line, and in a file the file's.
    in_code = isinstance(step, steps.PythonPackages)
    location = step.location if in_code else one.location
    targets = tuple(f"{name}[{extra}]" for extra in wanted.extras) or (name,)
    text = wanted.text.partition(" ;")[0]
    yield Root(targets=targets, text=text, at=(place(location, project),))


def _of_uv_lock(step: steps.UvLock, project: Path, markers: Mapping[str, str]) -> Iterator[Root]:
    """What the project of a uv.lock requires: uv has written that there, beside the pins."""
    file, _, tables = read_toml_lock(project, step.path.text)
    for package in tables.get("package", ()):
        source = package.get("source", {})
        if source.get("virtual", source.get("editable")) != ".":
            continue
        lists = [package.get("dependencies", ())]
        lists += (package.get("optional-dependencies", {}).get(one, ()) for one in step.extras)
        lists += (package.get("dev-dependencies", {}).get(one, ()) for one in step.groups)
        for line in (_line(one) for some in lists for one in some):
            for found in parsed([line]):
                if found.marker is None or found.marker.evaluate(dict(markers)):
                    text = line.partition(" ;")[0]
                    yield Root(targets=nodes_of(found), text=text, at=(f"{file}:1",))


def _line(dependency: Mapping[str, Any]) -> str:
    extras = ",".join(dependency.get("extra", ()))
    marker = dependency.get("marker")
    named = f"{dependency['name']}[{extras}]" if extras else str(dependency["name"])
    return f"{named} ; {marker}" if marker else named


def system_roots(info: ImageInfo, written: Image, project: Path) -> Iterator[Root]:
    """The system packages that an image asks for, and those that its Python is made of.

    Args:
        info: What is installed.
        written: The image with the steps of all platforms.
        project: Its folder.
    """
    yield from (_word(word, ()) for word in info.interpreter_packages)
    steps_asking = (
        one
        for one in settings(written.steps, steps.SystemPackages)
        if not isinstance(one, steps.BuildPackages)
    )
    yield from _words(steps_asking, info.platform, written, project)


def building_roots(
    info: ImageInfo, written: Image, project: Path, asked: Iterable[str]
) -> Iterator[Root]:
    """The system packages that are there for building alone.

    Args:
        info: What is installed.
        written: The image with the steps of all platforms.
        project: Its folder.
        asked: All that the build asks for, whoever wants it.
    """
    found = settings(written.steps, steps.BuildPackages)
    own = tuple(_words(found, info.platform, written, project))
    yield from own
    known = {target for root in own for target in root.targets}
    roots = (_word(word, ()) for word in asked)
    yield from (root for root in roots if known.isdisjoint(root.targets))


def _words(
    found: Iterable[steps.SystemPackages], platform: str, written: Image, project: Path
) -> Iterator[Root]:
    """The words of these steps that are for a platform, each with the lines that have it."""
    only = _platforms_of_words(written)
    lines: dict[str, dict[str, None]] = {}
    for step in found:
        if not step.platforms or platform in map(str, step.platforms):
            for word in packages_for(step, written.distro):
                lines.setdefault(word, {})[place(step.location, project)] = None
    yield from (_word(word, tuple(at), only.get(word, ())) for word, at in lines.items())


def platforms_asking(name: str, written: Image) -> tuple[str, ...]:
    """The platforms that have a step of their own which asks for a package by this name."""
    found = (step for step in written.steps if step.platforms and name in _names(step, written))
    return tuple(dict.fromkeys(str(one) for step in found for one in step.platforms))


def _names(step: steps.Step, image: Image) -> tuple[str | None, ...]:
    match step:
        case steps.SystemPackages():
            return packages_for(step, image.distro)
        case steps.PythonPackages(requirements=requirements):
            return tuple(one.name for one in requirements)
        case _:
            return ()


def _platforms_of_words(image: Image) -> dict[str, tuple[Platform, ...]]:
    """By system package the platforms that alone ask for it; none where all do."""
    found: dict[str, tuple[Platform, ...]] = {}
    for step in settings(image.steps, steps.SystemPackages):
        for word in packages_for(step, image.distro):
            before = found.get(word, step.platforms)
            found[word] = (*before, *step.platforms) if before and step.platforms else ()
    return found


def _word(word: str, at: tuple[str, ...], platforms: Iterable[Platform] = ()) -> Root:
    """A word as the grammar of Debian's family has it: `name`, `name=version`, `name:arch`."""
    name = word.partition("=")[0].partition(":")[0]
    return Root(targets=(name,), text=f"{word}{_only_on(platforms)}", at=at)


def _only_on(platforms: Iterable[Platform]) -> str:
    names = ", ".join(dict.fromkeys(map(str, platforms)))
    return f" (on {names} only)" if names else ""
