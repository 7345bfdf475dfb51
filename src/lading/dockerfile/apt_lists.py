"""Which Debian packages each step installs, as files of the context that apt is told by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lading.info import InstallPython, InstallSystem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.info import ImageInfo, Step
    from lading.lock.model import Deb

__all__ = ["APT", "INTERPRETER", "apt_files", "apt_paths", "of_building", "of_step"]

APT: Final = "apt"
"""The folder of these files in the context."""

INTERPRETER: Final = "interpreter"
"""What the list of the interpreter's packages is called."""


def apt_paths(name: str) -> tuple[str, str]:
    """Where the list of an installation is in the context: its versions, and its hashes."""
    return f"{APT}/{name}.versions", f"{APT}/{name}.sha256"


def of_step(info: ImageInfo, step: InstallSystem) -> str:
    """What the list of a step is called: by its number, from 1."""
    return str(_installs(info.steps).index(step) + 1)


def of_building(info: ImageInfo, before: Iterable[Step]) -> tuple[str, tuple[Deb, ...] | None]:
    """The list of a stage that compiles, and what it is called.

    Args:
        info: The image, of which that stage has the base.
        before: The steps that are done in the stage already: it lacks the packages of all others.
    """
    done = len(_installs(before))
    if info.build_debs is None:
        return "", None
    later = _installs(info.steps)[done:]
    missing = (deb for step in later for deb in step.debs or ())
    above = len(info.stack) - 1
    words = ("build", *([str(done)] if done else ()), *([f"above-{above}"] if above else ()))
    return "-".join(words), (*missing, *info.build_debs)


def apt_files(info: ImageInfo) -> Iterator[tuple[str, str]]:
    """The files, by path in the context; none where none are locked, or apt takes none."""
    if info.vendored or info.on_scratch:
        return
    for name, debs in _lists(info):
        if debs:
            versions, hashes = apt_paths(name)
            yield versions, "".join(f"{deb.name}={deb.version}\n" for deb in _sorted(debs))
            yield hashes, "".join(f"{deb.sha256}  {_downloaded(deb)}\n" for deb in _sorted(debs))


def _lists(info: ImageInfo) -> Iterator[tuple[str, tuple[Deb, ...] | None]]:
    yield INTERPRETER, info.interpreter_debs
    for image in info.stack:
        yield from _own_lists(image)


def _own_lists(info: ImageInfo) -> Iterator[tuple[str, tuple[Deb, ...] | None]]:
    """Those of the steps that no image below has."""
    below = len(info.steps) - len(info.own_steps)
    for number, step in enumerate(info.own_steps, start=below):
        if isinstance(step, InstallSystem):
            yield of_step(info, step), step.debs
        elif isinstance(step, InstallPython):
            sources = [one for one in step.distributions if one.is_source]
            if any(one.name in step.no_build_isolation for one in sources):
                yield of_building(info, info.steps[:number])
            if any(one.name not in step.no_build_isolation for one in sources):
                yield of_building(info, info.steps[:below])


def _installs(steps: Iterable[Step]) -> list[InstallSystem]:
    return [step for step in steps if isinstance(step, InstallSystem)]


def _sorted(debs: Iterable[Deb]) -> list[Deb]:
    return sorted(debs, key=lambda deb: deb.name)


def _downloaded(deb: Deb) -> str:
    """What apt calls the file in its cache (apt-pkg/acquire-item.cc, pkgAcqArchive)."""
    return f"{deb.name}_{deb.version.replace(':', '%3a')}_{deb.architecture}.deb"
