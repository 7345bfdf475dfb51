"""The decision: an `Image`, its lock and its files become an `ImageInfo`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from lading.distros import base_image, interpreter_packages
from lading.errors import FreezeError, Problem
from lading.freeze.config import config_of, workdir_of
from lading.freeze.folder import Content
from lading.freeze.unlocked import unlocked_install
from lading.grammar.invalid import Invalid
from lading.image import steps
from lading.image.spans import spans
from lading.image.system import packages_for
from lading.info import (
    ContextFile,
    CopyFiles,
    ImageInfo,
    InstallPython,
    InstallSystem,
    RunCommand,
    RunScript,
    SetEnv,
)
from lading.info.layout import files_path, script_path, wheel_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from lading.errors import Location
    from lading.freeze.collect import Project
    from lading.image import Image
    from lading.image.spans import Span
    from lading.info import Step
    from lading.lock.inputs import Asked
    from lading.lock.model import Distribution, PlatformLock
    from lading.requirements import SourcedRequirement

__all__ = ["VENV", "Decided", "Decision"]

VENV = "/opt/venv"
"""Where the Python packages of every image are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A frozen image, and where the bytes of its files come from.

    Attributes:
        info: The image.
        contents: By path in the frozen folder.
    """

    info: ImageInfo
    contents: dict[str, Content]


@dataclass(slots=True, kw_only=True)
class Decision:
    """One image being decided.

    Attributes:
        image: What is wanted.
        asked: What it asks to be locked.
        lock: Its lock for the platform.
        project: Its files.
        unlocked: The requirements of one installation of an image that is not locked.
    """

    image: Image
    asked: Asked
    lock: PlatformLock
    project: Project
    unlocked: Callable[[int], Iterable[SourcedRequirement]]
    _contents: dict[str, Content] = field(default_factory=dict)
    _problems: list[Problem] = field(default_factory=list)

    def decide(self) -> Decided:
        """The image with nothing left to choose.

        Raises:
            FreezeError: Files are missing or leave the project; all such together.
        """
        decided = tuple(self._steps())
        if self._problems:
            raise FreezeError(sorted(self._problems, key=self._written))
        indexes = self.asked.inputs.indexes
        has_python = any(isinstance(step, InstallPython) for step in decided)
        packaged = self._packaged()
        info = ImageInfo(
            platform=self.lock.platform,
            distro=str(self.image.distro) if self.image.distro else None,
            base=self.lock.base,
            python=str(self.image.python_version),
            python_from_distro=bool(packaged),
            interpreter_packages=packaged if has_python else (),
            venv=VENV if has_python else None,
            compile_bytecode=has_python and self.image.compile_bytecode,
            indexes=tuple(index.url for index in indexes if not index.default),
            default_index=next((index.url for index in indexes if index.default), None),
            find_links=self._find_links(),
            no_index=self.asked.inputs.no_index,
            prerelease=self.asked.inputs.prerelease,
            tools=self.lock.tools if has_python else (),
            steps=decided,
            config=config_of(self.image, self.lock.base),
        )
        return Decided(info=info, contents=self._contents)

    def _written(self, problem: Problem) -> int:
        """Where in the user's code a problem stands; those of other files come last."""
        locations = [step.location for step in self.image.steps]
        if problem.location is None or problem.location not in locations:
            return len(locations)
        return locations.index(problem.location)

    def _packaged(self) -> tuple[str, ...]:
        """The distro's packages of the interpreter, where the base may come without one."""
        distro, python = self.image.distro, self.image.python_version
        if distro is None:
            return ()
        if self.image.base_image is None:
            return base_image(distro, python).interpreter_packages
        if self.image.base_image.path.rpartition("/")[2] == "python":
            return ()
        return interpreter_packages(distro, python) or ()

    def _find_links(self) -> tuple[str, ...]:
        # A folder of the project is searched while locking; what was found there is in the context.
        return tuple(link for link in self.asked.inputs.find_links if "://" in link)

    def _steps(self) -> Iterator[Step]:
        group = 0
        environment: dict[str, str] = {}
        for number, span in enumerate(spans(self.image.steps), start=1):
            environment = _variables(span.env, environment)
            yield from self._system(span)
            if span.python:
                group += 1
                yield from self._python(span, group, environment)
            for place, include in enumerate(span.includes, start=1):
                yield from self._include(include, files_path(number, place))
            yield from self._env(span)
            yield from self._command(span)

    def _system(self, span: Span) -> Iterator[Step]:
        packages: dict[str, None] = {}
        for step in span.system:
            try:
                packages |= dict.fromkeys(packages_for(step, self.image.distro))
            except Invalid as error:
                self._refuse(error, step.location)
        if packages:
            yield InstallSystem(packages=tuple(sorted(packages)), at=self._at(span.system))

    def _python(self, span: Span, group: int, environment: dict[str, str]) -> Iterator[Step]:
        try:
            step = self._install(span, group)
            for one in step.distributions:
                if one.kind == "file":
                    self._wheel(one)
        except FreezeError as error:
            first = span.python[0].location
            self._problems += (
                replace(one, location=one.location or first) for one in error.problems
            )
            return
        if not step.distributions and not step.requirements:
            return
        if any(one.kind in {"sdist", "git"} for one in step.distributions):
            step = InstallPython(
                distributions=step.distributions,
                requirements=step.requirements,
                environment=tuple(sorted(environment.items())),
                at=step.at,
            )
        yield step

    def _install(self, span: Span, group: int) -> InstallPython:
        if not self.image.lock_python_packages:
            links = [link for link in self.asked.inputs.find_links if "://" not in link]
            found = self.unlocked(group)
            return unlocked_install(found, self.project, links=links, at=self._at(span.python))
        locked = tuple(one for one in self.lock.distributions if one.group == group)
        return InstallPython(distributions=locked, at=self._at(span.python))

    def _wheel(self, distribution: Distribution) -> None:
        source = self.project.file(distribution.url)
        sha256 = self.project.sha256(distribution.url)
        if f"sha256:{sha256}" not in distribution.hashes:
            message = f"{distribution.url} is not the file that was locked"
            raise FreezeError(message, hint="run `lading lock` again")
        self._contents[wheel_path(distribution)] = Content(source=source, sha256=sha256)

    def _include(self, step: steps.BuildInclude, folder: str) -> Iterator[Step]:
        try:
            found = self.project.include(step)
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

    def _env(self, span: Span) -> Iterator[Step]:
        for step in span.env:
            for name, value in step.variables:
                if name == "PATH" and (word := _not_on_path(value)) is not None:
                    message = f"PATH has the entry {word!r}, which is no absolute path"
                    hint = "write absolute paths, and $PATH for what the image has there"
                    self._problems.append(
                        Problem(message=message, hint=hint, location=step.location)
                    )
        variables = _variables(span.env, {})
        if variables:
            yield SetEnv(variables=tuple(variables.items()), at=self._at(span.env))

    def _command(self, span: Span) -> Iterator[Step]:
        match span.command:
            case steps.Run() as step:
                yield RunCommand(command=step.command, secrets=step.secrets, at=self._at([step]))
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
            secrets=step.secrets,
            at=self._at([step]),
        )

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


def _variables(env: Iterable[steps.Env], before: Mapping[str, str]) -> dict[str, str]:
    """The variables of `before` with those of `env`: of a name the last counts, but PATH grows."""
    variables = dict(before)
    for step in env:
        for name, value in step.variables:
            so_far = variables.get(name) if name == "PATH" else None
            variables[name] = value if so_far is None else _on_path(value, so_far)
    return variables


def _on_path(value: str, so_far: str) -> str:
    entries = value.split(":")
    return ":".join(so_far if entry in {"$PATH", "${PATH}"} else entry for entry in entries)


def _not_on_path(value: str) -> str | None:
    """The first entry of a PATH that is neither an absolute path nor the former PATH."""
    entries = (entry for entry in value.split(":") if entry not in {"", "$PATH", "${PATH}"})
    return next((one for one in entries if not PurePosixPath(one).is_absolute()), None)
