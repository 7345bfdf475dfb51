"""Freezing: the lock is brought up to date, the image decided, and its folder written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lading.dockerfile import generated_files
from lading.errors import FreezeError, Problem, SpecificationError
from lading.freeze.collect import Project
from lading.freeze.deciding import Decided, Decision
from lading.freeze.folder import Content, check_target, write_folder
from lading.grammar.invalid import Invalid
from lading.image import steps
from lading.info import InstallPython
from lading.info.layout import UV, source_path
from lading.lock.drift import drift
from lading.lock.file import LOCK_NAME, read_lock, write_lock
from lading.lock.inputs import read_inputs
from lading.machine import Machine
from lading.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from os import PathLike

    from lading.image import Image
    from lading.info import ImageInfo
    from lading.lock.inputs import Asked
    from lading.lock.model import Distribution, Lock, PlatformLock, Tool
    from lading.requirements import SourcedRequirement

__all__ = ["Freezer", "freeze"]


def freeze(  # noqa: PLR0913 - the arguments of Image.freeze
    image: Image,
    target: str | PathLike[str],
    *,
    platform: str,
    project: str | PathLike[str],
    locked: bool,
    allow_unpinned_base: bool,
) -> ImageInfo:
    """What `Image.freeze` does, on the machine at hand."""
    freezer = Freezer(
        machine=Machine.here(), locked=locked, allow_unpinned_base=allow_unpinned_base
    )
    decided = freezer.decide(image, platform=platform, project=project, target=target)
    freezer.write(decided, target)
    return decided.info


@dataclass(frozen=True, slots=True, kw_only=True)
class Freezer:
    """Freezes images on one machine.

    Attributes:
        machine: How to reach what is not there yet.
        locked: Whether to refuse, rather than to update the lock.
        allow_unpinned_base: Whether a base image may go without a digest.
        offline: Whether to refuse, rather than to update the lock or to fetch a file.
        say: Told, in a few words, what is going on.
    """

    machine: Machine
    locked: bool = False
    allow_unpinned_base: bool = False
    offline: bool = False
    say: Callable[[str], None] = lambda _: None

    def decide(
        self,
        image: Image,
        *,
        platform: str,
        project: str | PathLike[str],
        target: str | PathLike[str] | None = None,
    ) -> Decided:
        """The image for one platform, with nothing left to choose; only the lock may be written.

        Raises:
            SpecificationError: The platform or a requirement is invalid.
            ResolutionError: The lock must be updated, and can't be.
            RegistryError: The base image's digest is needed and can't be had.
            FreezeError: The project's files or its lock don't fit the image.
        """
        root = Path(project).resolve()
        if not root.is_dir():
            raise FreezeError(f"the project {project} is not a folder")
        if target is not None:
            check_target(Path(target), root)
        asked = read_inputs(image, root)
        part = self._locked_part(image, asked, root, _platform(platform))
        excluded = (Path(target).resolve(),) if target is not None else ()
        decision = Decision(
            image=image,
            asked=asked,
            lock=part,
            project=Project(root, excluded),
            unlocked=lambda group: self._unlocked(asked, group, root),
        )
        return decision.decide()

    def write(self, decided: Decided, target: str | PathLike[str]) -> None:
        """Write the frozen folder, replacing the one that was there.

        Raises:
            ResolutionError: A file that the build uses can't be fetched.
            FreezeError: The folder can't be written, or holds something else.
        """
        contents = dict(decided.contents)
        for tool in decided.info.tools:
            contents[UV] = self._uv(tool)
        for one in _compiled(decided.info):
            contents[source_path(one)] = self._source(one)
        for path, data in generated_files(decided.info, contents).items():
            contents[path] = Content(source=data)
        write_folder(Path(target).absolute(), contents)

    def _locked_part(
        self, image: Image, asked: Asked, root: Path, platform: Platform
    ) -> PlatformLock:
        name = str(platform)
        lock = read_lock(root)
        drifted = self._drifted(lock, asked, name)
        part = lock.platform(name) if lock else None
        if part is not None and not drifted:
            return part
        if self.locked or self.offline:
            raise FreezeError(_refused(drifted, offline=not self.locked))
        from lading.lock.making import LockMaker  # noqa: PLC0415 - an unchanged lock needs none of it

        others = [part.platform for part in lock.platforms] if lock else []
        platforms = [Platform.parse(other) for other in dict.fromkeys((*others, name))]
        maker = LockMaker(
            machine=self.machine, allow_unpinned_base=self.allow_unpinned_base, say=self.say
        )
        made = maker.make(image, asked, root, platforms, earlier=lock)
        write_lock(root, made)
        found = made.platform(name)
        assert found is not None  # noqa: S101 - it was among those asked for
        return found

    def _drifted(self, lock: Lock | None, asked: Asked, platform: str) -> tuple[str, ...]:
        if lock is None:
            return (f"there is no {LOCK_NAME}",)
        found = drift(lock, asked.inputs, [platform], allow_unpinned_base=self.allow_unpinned_base)
        return tuple(f"{LOCK_NAME} is out of date: {one}" for one in found)

    def _unlocked(self, asked: Asked, group: int, root: Path) -> Iterable[SourcedRequirement]:
        from lading.requirements import export_uv_lock  # noqa: PLC0415 - only for such a file

        for step, found in asked.groups[group - 1]:
            if isinstance(step, steps.UvLock):
                uv = self.machine.uv()
                found = export_uv_lock(  # noqa: PLW2901 - the lock stands for its step
                    root,
                    step.path.text,
                    uv=uv.program,
                    env=uv.environment,
                    extras=step.extras,
                    groups=step.groups,
                    python=uv.interpreter,
                )
            yield from found.requirements

    def _uv(self, tool: Tool) -> Content:
        from lading.freeze.program import uv_program  # noqa: PLC0415 - only to write the folder

        return uv_program(self._fetch(tool.url, tool.sha256), self.machine.cache)

    def _source(self, distribution: Distribution) -> Content:
        sha256 = distribution.sha256
        if sha256 is None:
            raise FreezeError(f"{distribution.name} has no SHA-256, by which its source is fetched")
        return Content(source=self._fetch(distribution.url, sha256), sha256=sha256)

    def _fetch(self, url: str, sha256: str) -> Path:
        from lading.download import fetch  # noqa: PLC0415 - only where the folder is written

        http = self.machine.http()
        return fetch(url, sha256, cache=self.machine.cache, http=http, offline=self.offline)


def _platform(text: str) -> Platform:
    try:
        return Platform.parse(text)
    except Invalid as error:
        raise SpecificationError(error.message, hint=error.hint) from None


def _refused(drifted: Iterable[str], *, offline: bool) -> list[Problem]:
    more = ", or leave out --offline" if offline else ""
    problems = [Problem(message=one) for one in drifted]
    hint = f"run `lading lock`, and commit the result{more}"
    return [*problems[:-1], replace(problems[-1], hint=hint)]


def _compiled(info: ImageInfo) -> list[Distribution]:
    installs = (step for step in info.steps if isinstance(step, InstallPython))
    return [one for step in installs for one in step.distributions if one.kind == "sdist"]
