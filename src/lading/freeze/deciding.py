"""The decision: an `Image`, its lock and its files become an `ImageInfo`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lading.errors import FreezeError, Problem
from lading.freeze.archives import archive_mirrors, base_mirror, keyring_files
from lading.freeze.chosen import check_command
from lading.freeze.config import check_environment, config_of
from lading.freeze.debs import DebGroups
from lading.freeze.folder import Content
from lading.freeze.indexes import check_unlocked, indexes_of
from lading.freeze.installing import Installing
from lading.freeze.models import FrozenModels, frozen_models
from lading.freeze.secret_uses import uses_of
from lading.freeze.starting import check_included, check_started
from lading.freeze.supplies import Origin
from lading.freeze.variables import not_on_path, variables
from lading.grammar.base import SCRATCH
from lading.grammar.invalid import Invalid
from lading.grammar.system_package import AUTO
from lading.image import steps
from lading.image.container import workdir_of
from lading.image.spans import settings, spans
from lading.image.system import packages_for
from lading.info import (
    Below,
    ContextFile,
    CopyFiles,
    ImageInfo,
    InstallPython,
    InstallSystem,
    RunCommand,
    RunScript,
    SetEnv,
)
from lading.info.layout import files_path, script_path
from lading.lock.archives import unsigned_archives
from lading.lock.below import part_below
from lading.lock.missing import auto_group
from lading.lock.target import VENV

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lading.errors import Location
    from lading.freeze.collect import Project
    from lading.image import Image
    from lading.image.spans import Span
    from lading.info import SecretUse, Step
    from lading.lock.inputs import Asked
    from lading.lock.model import Distribution, PlatformLock
    from lading.mirrors import Mirrors
    from lading.requirements import SourcedRequirement
    from lading.trees import TreeFile

__all__ = ["Decided", "Decision"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A frozen image, and where the bytes of its files come from.

    Attributes:
        info: The image.
        contents: By path in the frozen folder, what the project has of it.
        origin: Where the rest of it is fetched.
    """

    info: ImageInfo
    contents: dict[str, Content]
    origin: Origin


@dataclass(slots=True, kw_only=True)
class Decision:
    """One image being decided.

    Attributes:
        image: What is wanted.
        asked: What it asks to be locked.
        lock: Its lock for the platform.
        project: Its files.
        unlocked: The requirements of one installation of an image that is not locked.
        mirrors: What is reached in place of what.
        repository: The files of a locked repository.
        vendor: Whether the folder is to hold all that is installed.
    """

    image: Image
    asked: Asked
    lock: PlatformLock
    project: Project
    unlocked: Callable[[int], Iterable[SourcedRequirement]]
    mirrors: Mirrors
    repository: Callable[[Distribution], tuple[TreeFile, ...]]
    vendor: bool = False
    _contents: dict[str, Content] = field(default_factory=dict)
    _problems: list[Problem] = field(default_factory=list)
    _models: FrozenModels = field(default_factory=FrozenModels)
    _system_group: int = 0

    def decide(self) -> Decided:
        """The image with nothing left to choose.

        Raises:
            FreezeError: Files are missing or leave the project; all such together.
        """
        if not self.asked.inputs.lock_python_packages:
            check_unlocked(self.image, self.asked)
        groups = DebGroups(image=self.image, lock=self.lock)
        self._system_group = groups.first
        below = self._below()
        self._freeze_models(below)
        decided = (*(below.steps if below else ()), *self._steps())
        packaged = groups.interpreter
        compiles = any(
            one.is_source
            for step in decided
            if isinstance(step, InstallPython)
            for one in step.distributions
        )
        build_packages = self._build_packages()
        has_python = any(isinstance(step, InstallPython) for step in decided)
        # A base that is made of packages has them whatever is put on it.
        brings_python = has_python or self.image.base_image == SCRATCH
        if has_python:
            self._problems += check_environment(self.image, VENV)
        self._problems += check_command(self.image, self.lock, decided)
        self._problems += check_included(self.image, decided, self._contents, self.project)
        self._problems += check_started(self.image, self.lock, decided, self._contents)
        if self._problems:
            raise FreezeError(sorted(dict.fromkeys(self._problems), key=self._written))
        keyrings = () if self.vendor else tuple(keyring_files(self.asked, self.project.root))
        self._contents |= {one.file.path: one.content for one in keyrings}
        info = ImageInfo(
            platform=self.lock.platform,
            distro=str(self.image.distro) if self.image.distro else None,
            base=self.lock.base,
            python=str(self.image.python_version),
            python_from_distro=bool(packaged),
            interpreter_packages=packaged if brings_python else (),
            venv=VENV if has_python else None,
            compile_bytecode=has_python and self.image.compile_bytecode,
            indexes=indexes_of(self.image, self.asked.inputs),
            find_links=self._find_links(),
            no_index=self.asked.inputs.no_index,
            prerelease=self.asked.inputs.prerelease,
            interpreter_debs=groups.debs(1) if brings_python and groups.first else None,
            build_packages=build_packages if compiles else (),
            build_debs=groups.build(has_python=has_python, compiles=compiles),
            tools=self.lock.tools if has_python else (),
            steps=decided,
            config=config_of(self.image, self.lock.base, self._at),
            vendored=self.vendor,
            components=self.image.components,
            snapshot=self.image.snapshot,
            base_mirror=base_mirror(self.image, self.lock, self.mirrors),
            archive_mirrors=() if self.vendor else archive_mirrors(self.image, self.mirrors),
            archive_keyrings=tuple((one.archive, one.file) for one in keyrings),
            unsigned_archives=() if self.vendor else unsigned_archives(self.asked.inputs),
            python_mirror=None if self.vendor else self.mirrors.python,
            lower=Below.of(below) if below else None,
        )
        origin = Origin(
            image=self.image,
            asked=self.asked,
            project=self.project.root,
            mirrors=self.mirrors,
            archives=self.lock.archives,
        )
        return Decided(info=info, contents=self._contents, origin=origin)

    def _below(self) -> ImageInfo | None:
        """The image below, decided as by itself: of that one's own part of the lock."""
        below = self.asked.below
        if below is None:
            return None
        decision = replace(
            self,
            image=below.image,
            asked=below,
            lock=part_below(self.image, self.lock),
            _contents=self._contents,
            _problems=[],
            _system_group=0,
        )
        try:
            return decision.decide().info
        except FreezeError as error:
            self._problems += error.problems
            return None
        finally:
            self._system_group = decision._system_group  # noqa: SLF001 - its own class

    def _written(self, problem: Problem) -> int:
        """Where in the user's code a problem stands; those of other files come last."""
        locations = [step.location for step in self.image.steps]
        if problem.location is None or problem.location not in locations:
            return len(locations)
        return locations.index(problem.location)

    def _find_links(self) -> tuple[str, ...]:
        # A folder of the project is searched while locking; what was found there is in the context.
        return tuple(link for link in self.asked.inputs.find_links if "://" in link)

    def _steps(self) -> Iterator[Step]:
        """The image's own steps; all are counted, and those of an image below are done."""
        below = self.image.below
        done = len(spans(below.steps)) if below else 0
        group = 0
        environment: dict[str, str] = {}
        for number, span in enumerate(spans(self.image.steps), start=1):
            environment = variables(span.env, environment)
            group += bool(span.python)
            if number <= done:
                continue
            yield from self._system(span)
            yield from self._models.copies.get(number, ())
            if span.python:
                yield from self._python(span, group, environment)
            for place, include in enumerate(span.includes, start=1):
                if isinstance(include, steps.TextFile):
                    yield self._text_file(include, files_path(number, place))
                else:
                    yield from self._include(include, files_path(number, place))
            yield from self._env(span)
            yield from self._command(span)

    def _freeze_models(self, below: ImageInfo | None) -> None:
        try:
            self._models = frozen_models(self.image, self.asked.models, self._at, below)
        except FreezeError as error:
            self._problems += error.problems
        self._contents |= self._models.contents

    def _system(self, span: Span) -> Iterator[Step]:
        asked = self._packages(span.system)
        if not asked:
            return
        self._system_group += 1
        packages = self._with_auto(asked, self._system_group)
        if packages:
            yield InstallSystem(
                packages=packages,
                debs=DebGroups(image=self.image, lock=self.lock).debs(self._system_group),
                at=self._at(span.system),
            )

    def _with_auto(self, asked: tuple[str, ...], group: int) -> tuple[str, ...]:
        """The packages with those that "auto" stands for, in the first installation that has it."""
        locked = self.lock.debs_for
        found = self.lock.auto if locked is not None and auto_group(locked) == group else ()
        return tuple(sorted({*asked, *(one.package for one in found)} - {AUTO}))

    def _build_packages(self) -> tuple[str, ...]:
        """The system packages of every stage that compiles."""
        return self._packages(settings(self.image.steps, steps.BuildPackages))

    def _packages(self, named: Iterable[steps.SystemPackages]) -> tuple[str, ...]:
        packages: dict[str, None] = {}
        for step in named:
            try:
                packages |= dict.fromkeys(packages_for(step, self.image.distro))
            except Invalid as error:
                self._refuse(error, step.location)
        return tuple(sorted(packages))

    def _python(self, span: Span, group: int, environment: dict[str, str]) -> Iterator[Step]:
        try:
            found = self._installing().install(span, group, environment, self._at(span.python))
        except FreezeError as error:
            first = span.python[0].location
            self._problems += (
                replace(one, location=one.location or first) for one in error.problems
            )
            return
        if found is not None:
            self._contents |= found.contents
            yield found.step

    def _installing(self) -> Installing:
        return Installing(
            asked=self.asked,
            lock=self.lock,
            project=self.project,
            unlocked=self.unlocked,
            repository=self.repository if self.vendor else None,
        )

    def _include(self, step: steps.BuildInclude, folder: str) -> Iterator[Step]:
        try:
            found = self.project.include(step, self._models.lines)
        except FreezeError as error:
            self._problems += error.problems
            return
        for one in found:
            self._contents[f"{folder}/{one.file.path}"] = Content(
                source=one.source, executable=one.file.executable, sha256=one.file.sha256
            )
        if found:
            yield CopyFiles(
                source=folder,
                destination=step.to.text if step.to else workdir_of(self.image),
                files=tuple(one.file for one in found),
                at=self._at([step]),
            )

    def _text_file(self, step: steps.TextFile, folder: str) -> Step:
        content, path = step.text.encode(), step.path.text
        digest = hashlib.sha256(content).hexdigest()
        self._contents[f"{folder}/{path}"] = Content(source=content, sha256=digest)
        return CopyFiles(
            source=folder,
            destination=workdir_of(self.image),
            files=(ContextFile(path=path, sha256=digest, size=len(content)),),
            at=self._at([step]),
        )

    def _env(self, span: Span) -> Iterator[Step]:
        self._problems += not_on_path(span.env)
        found = variables(span.env, {})
        if found:
            yield SetEnv(variables=tuple(found.items()), at=self._at(span.env))

    def _command(self, span: Span) -> Iterator[Step]:
        match span.command:
            case steps.Run() as step:
                yield RunCommand(
                    command=step.command, secrets=self._uses(step), at=self._at([step])
                )
            case steps.RunScript() as step:
                yield from self._script(step)
            case None:
                pass

    def _script(self, step: steps.RunScript) -> Iterator[Step]:
        try:
            content = self.project.script(step)
        except FreezeError as error:
            self._problems += error.problems
            return
        digest = hashlib.sha256(content).hexdigest()
        path = script_path(digest, Path(step.path.text).suffix)
        self._contents[path] = Content(source=content, executable=True)
        yield RunScript(
            script=ContextFile(path=path, sha256=digest, size=len(content), executable=True),
            arguments=step.arguments,
            secrets=self._uses(step),
            at=self._at([step]),
        )

    def _uses(self, step: steps.Run | steps.RunScript) -> tuple[SecretUse, ...]:
        try:
            return uses_of([(step.secrets, step.location)])
        except FreezeError as error:
            self._problems += error.problems
            return ()

    def _at(self, located: Iterable[steps.Step]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(place(step.location, self.project.root) for step in located))

    def _refuse(self, error: Invalid, location: Location) -> None:
        self._problems.append(Problem(message=error.message, hint=error.hint, location=location))


def place(location: Location, project: Path) -> str:
    """A user's line by its path in the project, or by the file's name where it is elsewhere."""
    path = Path(location.file)
    # A path that is not absolute starts from wherever Python was started, or is no path at all.
    candidates = (path, path.resolve()) if path.is_absolute() else (project / path,)
    for one in candidates:
        if one.is_relative_to(project) and ".." not in one.parts and one.exists():
            return f"{one.relative_to(project).as_posix()}:{location.line}"
    return f"{path.name}:{location.line}"
