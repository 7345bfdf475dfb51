"""The installations of Python packages: what was locked for each, and the files that it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.errors import FreezeError, Problem
from lading.freeze.folder import Content
from lading.freeze.secret_uses import uses_of
from lading.freeze.unlocked import unlocked_install
from lading.grammar.invalid import Invalid
from lading.grammar.nearest import did_you_mean
from lading.image import steps
from lading.info import ContextFile, InstallPython, SourceFolder
from lading.info.layout import build_wheel_path, source_path, wheel_path
from lading.trees import digest_of, tree_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lading.errors import Location
    from lading.freeze.collect import Project
    from lading.image.spans import Span
    from lading.lock.inputs import Asked
    from lading.lock.model import Distribution, PlatformLock
    from lading.requirements import SourcedRequirement
    from lading.trees import TreeFile

__all__ = ["Installed", "Installing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """An installation that is decided, and the project's files that it takes, by their path."""

    step: InstallPython
    contents: dict[str, Content]


@dataclass(frozen=True, slots=True, kw_only=True)
class Installing:
    """What decides the installations of one image.

    Attributes:
        asked: What the image asks to be locked.
        lock: Its lock for the platform.
        project: Its files.
        unlocked: The requirements of one installation of an image that is not locked.
        repository: The files of a locked repository, where the folder is to hold them.
    """

    asked: Asked
    lock: PlatformLock
    project: Project
    unlocked: Callable[[int], Iterable[SourcedRequirement]]
    repository: Callable[[Distribution], tuple[TreeFile, ...]] | None = None

    def install(
        self, span: Span, group: int, environment: dict[str, str], at: tuple[str, ...]
    ) -> Installed | None:
        """What is installed before a command; None where that is nothing.

        Args:
            span: What stands before the command.
            group: Which of the image's installations it is, from 1.
            environment: The variables that are set by then.
            at: The user's lines.

        Raises:
            FreezeError: The lock or the files don't fit.
        """
        step = self._chosen(group, at)
        if not step.distributions and not step.requirements:
            return None
        sources = {one.name for one in step.distributions if one.is_source}
        folders = dict(self._folders(step.distributions))
        unisolated = _unisolated(span, sources, step.distributions)
        secrets = uses_of((one.secrets, one.location) for one in span.python)
        decided = InstallPython(
            distributions=step.distributions,
            requirements=step.requirements,
            environment=tuple(sorted(environment.items())) if sources else (),
            builds=tuple(one for one in self.lock.builds if one.name in sources),
            no_build_isolation=unisolated,
            folders=tuple(folder for folder, _ in folders.values()),
            secrets=secrets,
            at=at,
        )
        contents = dict(self._files(decided))
        for folder, tree in folders.values():
            contents |= {f"{folder.path}/{one.path}": _content(one) for one in tree}
        return Installed(step=decided, contents=contents)

    def _chosen(self, group: int, at: tuple[str, ...]) -> InstallPython:
        if self.asked.inputs.lock_python_packages:
            locked = tuple(one for one in self.lock.distributions if one.group == group)
            return InstallPython(distributions=locked, at=at)
        links = [link for link in self.asked.inputs.find_links if "://" not in link]
        return unlocked_install(self.unlocked(group), self.project, group=group, links=links, at=at)

    def _files(self, step: InstallPython) -> Iterator[tuple[str, Content]]:
        """The wheels and archives of the project."""
        for one in step.distributions:
            if one.kind in {"file", "archive"}:
                path = wheel_path(one) if one.kind == "file" else source_path(one)
                yield path, self._as_locked(one)
        for build in step.builds:
            for one in build.distributions:
                if one.kind == "file":
                    yield build_wheel_path(build.name, one), self._as_locked(one)

    def _as_locked(self, distribution: Distribution) -> Content:
        source = self.project.file(distribution.url)
        sha256 = self.project.sha256(distribution.url)
        if f"sha256:{sha256}" not in distribution.hashes:
            message = f"{distribution.url} is not the file that was locked"
            raise FreezeError(message, hint="run `lading lock` again")
        return Content(source=source, sha256=sha256)

    def _folders(
        self, distributions: Iterable[Distribution]
    ) -> Iterator[tuple[str, tuple[SourceFolder, tuple[TreeFile, ...]]]]:
        for one in distributions:
            tree = None
            if one.kind == "directory":
                tree = self._tree(one)
            elif one.kind == "git" and self.repository is not None:
                tree = self.repository(one)
            if tree is not None:
                files = tuple(map(_described, tree))
                yield (
                    one.name,
                    (
                        SourceFolder(name=one.name, path=source_path(one), files=files),
                        tree,
                    ),
                )

    def _tree(self, distribution: Distribution) -> tuple[TreeFile, ...]:
        try:
            tree = tree_of(self.project.root, distribution.url)
        except Invalid as error:
            raise FreezeError(error.message, hint=error.hint) from None
        if distribution.hashes and f"sha256:{digest_of(tree)}" not in distribution.hashes:
            message = f"the folder {distribution.url} is not what it was when it was locked"
            raise FreezeError(message, hint="run `lading lock` again")
        return tree


def _unisolated(
    span: Span, sources: set[str], distributions: Iterable[Distribution]
) -> tuple[str, ...]:
    """The names to compile without isolation, in the user's order, which is that of compiling.

    One that is no source is a mistake.
    """
    names: dict[str, Location] = {}
    for step in span.python:
        if isinstance(step, steps.PythonPackages):
            names |= dict.fromkeys(step.no_build_isolation, step.location)
    installed = {one.name for one in distributions}
    asked = {
        one.name
        for step in span.python
        if isinstance(step, steps.PythonPackages)
        for one in step.requirements
        if one.marker
    }
    problems = []
    for name, location in names.items():
        if name in sources or (name in asked and name not in installed):
            continue
        what = "comes as a wheel" if name in installed else "is not installed there"
        problems.append(
            Problem(
                message=f"no_build_isolation names {name}, which {what}",
                hint=did_you_mean(name, sorted(sources)) or "leave it out",
                location=location,
            )
        )
    if problems:
        raise FreezeError(problems)
    return tuple(name for name in names if name in sources)


def _described(file: TreeFile) -> ContextFile:
    return ContextFile(
        path=file.path, sha256=file.sha256, size=file.size, executable=file.executable
    )


def _content(file: TreeFile) -> Content:
    return Content(source=file.source, executable=file.executable, sha256=file.sha256)
