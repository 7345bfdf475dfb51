"""Freezing: the lock is brought up to date, the image decided, and its folder written."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace as replaced

from lading.errors import FreezeError, Problem, SpecificationError
from lading.freeze.built_base import not_vendored, unlocked_base, with_built_base
from lading.freeze.chosen import tell_unseen
from lading.freeze.collect import Project
from lading.freeze.deciding import Decided, Decision
from lading.freeze.folder import Content, check_target, write_folder
from lading.freeze.outputs import check_apart
from lading.freeze.repositories import Repositories
from lading.freeze.roots import described_layers, layer_contents
from lading.freeze.secret_files import check_not_copied
from lading.freeze.secret_uses import refuse_secrets
from lading.freeze.supplies import Supplies
from lading.grammar.invalid import Invalid
from lading.image import steps
from lading.image.on_platform import on_platform
from lading.lock.debs import unlocked_packages
from lading.lock.file import lock_name, read_lock, write_lock
from lading.lock.fit import misfits, renewal
from lading.lock.inputs import read_inputs
from lading.mirrors import read_mirrors
from lading.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from os import PathLike

    from lading.grammar.dialect import Dialect
    from lading.image import Image
    from lading.lock.git import Git
    from lading.lock.inputs import Asked
    from lading.lock.model import Deb, Distribution, Lock, PlatformLock
    from lading.machine import Machine
    from lading.requirements import SourcedRequirement

__all__ = ["Freezer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Freezer:
    """Freezes images on one machine.

    Attributes:
        machine: How to reach what is not there yet.
        locked: Whether to refuse, rather than to update the lock.
        allow_unpinned_base: Whether a base image may go without a digest.
        offline: Whether to refuse, rather than to update the lock or to fetch a file.
        vendor: Whether the folder holds all that the build installs.
        dialect: Of the Dockerfile.
        say: Told, in a few words, what is going on.
    """

    machine: Machine
    locked: bool = False
    allow_unpinned_base: bool = False
    offline: bool = False
    vendor: bool = False
    dialect: Dialect = "buildkit"
    say: Callable[[str], None] = lambda _: None

    def decide(  # noqa: PLR0913 - what it is for, and what it leaves alone
        self,
        image: Image,
        *,
        platform: str,
        project: str | PathLike[str],
        target: str | PathLike[str] | None = None,
        outputs: Iterable[Path] = (),
        beside: Iterable[Image] = (),
        excluded: Iterable[Path] = (),
        for_engine: bool = True,
    ) -> Decided:
        """The image for one platform, with nothing left to choose; only the lock may be written.

        Args:
            image: What is wanted.
            platform: What it is for.
            project: The folder that its paths start from.
            target: The folder that is to be written; no part of the project.
            outputs: What else is to be written: the image itself, or a bake file. It is no part of
                the project, and may be none of a model.
            beside: Other images of the project, of whose models it may be none either.
            excluded: What else is no part of the project: a folder of frozen folders.
            for_engine: Whether a Dockerfile must be able to say it.

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
        outputs = tuple(outputs)
        check_apart((image, *beside), root, outputs)
        built_for = _platform(platform)
        whole, image = image, on_platform(image, built_for)
        if self.dialect == "classic":
            refuse_secrets(image)
        if self.vendor and not image.lock_python_packages:
            raise FreezeError(_unvendorable(image))
        if remark := unlocked_base(image):
            if self.vendor:
                raise FreezeError(not_vendored(image, remark))
            self.say(remark)
        every = read_inputs(whole, root, describe=self.machine.digests(self.say).describe)
        asked = every.on(built_for)
        mirrors = read_mirrors(root, self.machine.environ)
        part = self._locked_part(every, built_for)
        if self.vendor and (unlocked := unlocked_packages(image, part)):
            raise FreezeError(_unlocked_system(image, unlocked))
        targets = (*outputs, *excluded, *([Path(target)] if target is not None else ()))
        decision = Decision(
            image=image,
            asked=asked,
            lock=part,
            project=Project(root, tuple(path.resolve() for path in targets)),
            unlocked=lambda group: self._unlocked(asked, group, root),
            mirrors=mirrors,
            vendor=self.vendor,
            repository=self._repositories(asked, root).files,
        )
        decided = with_built_base(decision.decide(), asked.inputs.base_digest)
        tell_unseen(image, decided.info.steps, self.say)
        check_not_copied(image, decided.contents, self.machine, root)
        if for_engine:  # what the dialect can't say is refused before anything is fetched
            from lading.dockerfile import dockerfile  # noqa: PLC0415 - only for engines

            dockerfile(decided.info, dialect=self.dialect)
        if not self.vendor:
            return decided
        # What a vendored folder holds can be checked by its image.json alone.
        info = replaced(
            decided.info,
            programs=self._supplies(decided).programs(),
            layers=described_layers(decided.info, self.machine, partial(self.fetch_debs, decided)),
        )
        return replace(decided, info=info)

    def write(self, decided: Decided, target: str | PathLike[str]) -> None:
        """Write the frozen folder, replacing the one that was there.

        Raises:
            ResolutionError: A file that the build uses can't be fetched.
            BuildError: A secret that an index asks for isn't there.
            FreezeError: The folder can't be written, or holds something else.
            ImageError: A base made of packages can't be made of these.
        """
        from lading.dockerfile import generated_files  # noqa: PLC0415 - only for engines

        debs = partial(self.fetch_debs, decided)
        with layer_contents(decided.info, self.machine, debs) as layers:
            contents = {**decided.contents, **self._supplies(decided).contents(), **layers}
            generated = generated_files(decided.info, contents, dialect=self.dialect)
            contents |= {path: Content(source=data) for path, data in generated.items()}
            digests = self.machine.digests(self.say)
            write_folder(Path(target).absolute(), contents, digests)

    def fetch_wheels(
        self, decided: Decided, distributions: Iterable[Distribution]
    ) -> Mapping[str, Path]:
        """Wheels of the image by their SHA-256: verified files of the cache, or the project's own.

        Raises:
            ResolutionError: One can't be fetched; all such together.
            BuildError: A secret that an index asks for isn't there.
        """
        asked = tuple(distributions)
        found = self._supplies(decided).wheels(one for one in asked if not one.is_in_project)
        return {**found, **_own(asked, decided.origin.project)}

    def wheels_at_hand(
        self, decided: Decided, distributions: Iterable[Distribution]
    ) -> Mapping[str, Path]:
        """Of the same wheels those that need not be fetched."""
        asked = tuple(one for one in distributions if one.sha256)
        found = self._supplies(decided).wheels_at_hand(
            one for one in asked if not one.is_in_project
        )
        return {**found, **_own(asked, decided.origin.project)}

    def fetch_debs(self, decided: Decided, debs: Iterable[Deb]) -> Mapping[str, Path]:
        """System packages of the image by their SHA-256: verified files of the cache.

        Raises:
            ResolutionError: One can't be fetched; all such together.
        """
        return self._supplies(decided).debs(debs)

    def debs_at_hand(self, decided: Decided, debs: Iterable[Deb]) -> Mapping[str, Path]:
        """Of the same packages those that need not be fetched."""
        return self._supplies(decided).debs_at_hand(debs)

    def _supplies(self, decided: Decided) -> Supplies:
        return Supplies(
            info=decided.info,
            origin=decided.origin,
            machine=self.machine,
            offline=self.offline,
            say=self.say,
        )

    def _repositories(self, asked: Asked, root: Path) -> Repositories:
        @contextmanager
        def access() -> Iterator[Git]:
            from lading.lock.access import git_access  # noqa: PLC0415 - only where git is asked
            from lading.lock.git import Git  # noqa: PLC0415

            self.say("fetching a repository")
            with git_access(asked, self.machine, root, self.say) as environment:
                yield Git(environment=environment)

        return Repositories(
            cache=self.machine.cache,
            environ=self.machine.environ,
            access=access,
            offline=self.offline,
        )

    def _locked_part(self, asked: Asked, platform: Platform) -> PlatformLock:
        name, file = str(platform), lock_name(asked.image)
        lock = read_lock(asked.project, file)
        drifted = self._drifted(lock, asked, name)
        part = lock.platform(name) if lock else None
        if part is not None and not drifted:
            return part
        if self.locked or self.offline:
            again = renewal(lock, [name])
            raise FreezeError(_refused(drifted, again, offline=not self.locked))
        from lading.lock.making import LockMaker  # noqa: PLC0415 - an unchanged lock needs none of it

        others = [part.platform for part in lock.platforms] if lock else []
        platforms = [Platform.parse(other) for other in dict.fromkeys((*others, name))]
        maker = LockMaker(
            machine=self.machine,
            allow_unpinned_base=self.allow_unpinned_base,
            say=self.say,
        )
        made = maker.make(asked, platforms, earlier=lock)
        write_lock(asked.project, made, file)
        found = made.platform(name)
        assert found is not None  # noqa: S101 - it was among those asked for
        return found

    def _drifted(self, lock: Lock | None, asked: Asked, platform: str) -> tuple[str, ...]:
        found = misfits(lock, asked, [platform], allow_unpinned_base=self.allow_unpinned_base)
        if lock is None:
            return found
        return tuple(f"{lock_name(asked.image)} is out of date: {one}" for one in found)

    def _unlocked(self, asked: Asked, group: int, root: Path) -> Iterable[SourcedRequirement]:
        from lading.lock.groups import exported  # noqa: PLC0415 - only for such a file

        for step, found in asked.groups[group - 1]:
            if isinstance(step, steps.UvLock):
                found = exported(step, root, self.machine.uv())  # noqa: PLW2901 - the lock stands for its step
            yield from found.requirements


def _own(distributions: Iterable[Distribution], project: Path) -> dict[str, Path]:
    """The wheels that the project has itself."""
    own = (one for one in distributions if one.is_in_project and one.sha256)
    return {one.sha256 or "": project / one.url for one in own}


def _platform(text: str) -> Platform:
    try:
        return Platform.parse(text)
    except Invalid as error:
        raise SpecificationError(error.message, hint=error.hint) from None


def _refused(drifted: Iterable[str], again: str, *, offline: bool) -> list[Problem]:
    more = ", or leave out --offline" if offline else ""
    problems = [Problem(message=one) for one in drifted]
    hint = f"run `{again}`, and commit the result{more}"
    return [*problems[:-1], replace(problems[-1], hint=hint)]


def _unvendorable(image: Image) -> Problem:
    return Problem(
        message="an image without a lock can't be vendored: nothing says which files it takes",
        hint="leave out lock_python_packages=False",
        location=image.location,
    )


def _unlocked_system(image: Image, packages: tuple[str, ...]) -> Problem:
    return Problem(
        message=f"system packages that are not locked can't be vendored: {', '.join(packages)}",
        hint="they are locked for Debian and Ubuntu, on a base image with a digest; on others, "
        "install them in a base image of your own",
        location=image.location,
    )
