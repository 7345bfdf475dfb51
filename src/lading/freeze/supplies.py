"""What a frozen folder holds that is fetched: uv, sources, and in a vendored one all the rest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lading.errors import FreezeError, LadingError, Problem, ResolutionError
from lading.files import using_cache
from lading.freeze.folder import Content, shared
from lading.image import steps
from lading.image.spans import settings
from lading.info import ContextFile, InstallPython
from lading.info.layout import (
    DEBS_INDEX,
    UV,
    build_wheel_path,
    deb_path,
    source_path,
    wheel_path,
)
from lading.lock.fetching import Wanted, fetch_all, together
from lading.trees import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from lading.http import HttpSettings
    from lading.image import Image
    from lading.info import ImageInfo
    from lading.lock.inputs import Asked
    from lading.lock.model import Archive, Deb, Distribution, Tool
    from lading.machine import Machine
    from lading.mirrors import Mirrors

__all__ = ["Origin", "Supplies"]

_DEFAULT = "default"  # how a lock calls the resolver's own index


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the files that a frozen image takes from elsewhere are fetched.

    Attributes:
        image: Whose indexes may ask for a login.
        asked: What it asks to be locked.
        project: The folder that paths of secrets start from.
        mirrors: What is asked in place of what.
        archives: Where Debian packages were read from.
    """

    image: Image
    asked: Asked
    project: Path
    mirrors: Mirrors
    archives: tuple[Archive, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplies:
    """What gets the files of one frozen image.

    Attributes:
        info: The image.
        origin: Where they are.
        machine: How to reach it.
        offline: Whether to take them from the cache only.
        say: Told, in a few words, what is going on.
    """

    info: ImageInfo
    origin: Origin
    machine: Machine
    offline: bool = False
    say: Callable[[str], None] = lambda _: None

    def contents(self) -> dict[str, Content]:
        """The files, by path in the folder.

        Raises:
            ResolutionError: One can't be had; all such together.
            BuildError: An index asks for a secret that isn't there.
            FreezeError: Two files would have the same place.
        """
        placed = tuple(self._placed())
        files = self._files([one for _, one in placed])
        contents: dict[str, Content] = {}
        for path, one in placed:
            content = self._content(path, files[one.sha256], one.sha256)
            if contents.setdefault(path, content).sha256 != content.sha256:
                raise FreezeError(f"two files that differ are called {path}")
        if self.info.vendored_debs:
            contents[DEBS_INDEX] = self._debs_index(files)
        return contents

    def programs(self) -> tuple[ContextFile, ...]:
        """The programs of the build, as the folder holds them.

        Raises:
            ResolutionError: One can't be had.
        """
        wanted = [self._tool(tool) for tool in self.info.tools]
        files = self._files(wanted)
        return tuple(self._program(files[one.sha256]) for one in wanted)

    def wheels(self, distributions: Iterable[Distribution]) -> Mapping[str, Path]:
        """Wheels of the image, by hash.

        Raises:
            ResolutionError: One can't be had; all such together.
            BuildError: An index asks for a secret that isn't there.
        """
        return self._files([self._distribution(one) for one in distributions])

    def debs(self, debs: Iterable[Deb]) -> Mapping[str, Path]:
        """System packages, by hash.

        Raises:
            ResolutionError: One can't be had; all such together.
        """
        return self._files([self._deb(deb) for deb in debs])

    def wheels_at_hand(self, distributions: Iterable[Distribution]) -> Mapping[str, Path]:
        """Those wheels of the image, by hash, that are in the cache."""
        return self._at_hand([self._distribution(one) for one in distributions])[0]

    def debs_at_hand(self, debs: Iterable[Deb]) -> Mapping[str, Path]:
        """Those system packages, by hash, that are in the cache."""
        return self._at_hand([self._deb(deb) for deb in debs])[0]

    def _program(self, wheel: Path) -> ContextFile:
        content = self._uv(wheel)
        assert isinstance(content.source, Path)  # noqa: S101 - it is kept in the cache
        file = describe(UV, content.source)
        return ContextFile(path=UV, sha256=file.sha256, size=file.size, executable=True)

    def _uv(self, wheel: Path) -> Content:
        from lading.freeze.program import uv_program  # noqa: PLC0415 - only for the folder

        with using_cache(self.machine.cache):
            return uv_program(wheel, self.machine.cache)

    def _content(self, path: str, file: Path, sha256: str) -> Content:
        if path == UV:
            return self._uv(file)
        return shared(file, sha256)

    def _placed(self) -> Iterator[tuple[str, Wanted]]:
        for tool in self.info.tools:
            yield UV, self._tool(tool)
        for step in self.info.steps:
            if isinstance(step, InstallPython):
                yield from self._installed(step)
        for deb in self.info.vendored_debs:
            yield deb_path(deb), self._deb(deb)

    def _installed(self, step: InstallPython) -> Iterator[tuple[str, Wanted]]:
        for one in step.distributions:
            if one.kind == "sdist":
                yield source_path(one), self._distribution(one)
            elif one.kind == "wheel" and self.info.vendored:
                yield wheel_path(one), self._distribution(one)
        for build in step.builds if self.info.vendored else ():
            for one in build.distributions:
                if one.kind == "wheel":
                    yield build_wheel_path(build.name, one), self._distribution(one)

    def _files(self, wanted: list[Wanted]) -> Mapping[str, Path]:
        """The files by hash: those of the cache, and then what must be fetched."""
        found, missing = self._at_hand(wanted)
        if not missing:
            return found
        if self.offline:
            raise together(missing)
        several = f"{len(missing)} files" if len(missing) > 1 else missing[0][0].name
        self.say(f"fetching {several}")
        lacking = [one for one, _ in missing]
        with self.machine.logged_in(self._indexes(lacking), project=self.origin.project) as reach:
            fetched, failed = fetch_all(
                lacking, lambda one: one.fetch(reach.http, False), say=self.say
            )
            if failed:
                raise _masked(together(failed), reach.mask)
        return {**found, **fetched}

    def _at_hand(
        self, wanted: list[Wanted]
    ) -> tuple[dict[str, Path], list[tuple[Wanted, LadingError]]]:
        """The files of the cache, and what is not there."""
        http = self.machine.http()
        return fetch_all(wanted, lambda one: one.fetch(http, True), say=_nothing)

    def _indexes(self, missing: Iterable[Wanted]) -> list[steps.Index]:
        """The indexes that something is missing of: the secrets of others are not read."""
        urls = {one.index for one in missing}
        return [
            one
            for one in settings(self.origin.image.steps, steps.Index)
            if one.url in urls or (one.default and _DEFAULT in urls)
        ]

    def _tool(self, tool: Tool) -> Wanted:
        mirrors = self.origin.mirrors
        mirror = mirrors.uv or mirrors.python
        name = f"{tool.name} {tool.version}"
        return self._file(name, tool.url, tool.sha256, None, _DEFAULT, mirror)

    def _distribution(self, one: Distribution) -> Wanted:
        if one.sha256 is None:
            raise FreezeError(f"{one.name} has no SHA-256, by which it is fetched")
        mirror = self.origin.mirrors.python if one.index == _DEFAULT else None
        return self._file(one.filename, one.url, one.sha256, one.size, one.index, mirror)

    def _file(  # noqa: PLR0913, PLR0917 - what tells a file
        self,
        name: str,
        url: str,
        sha256: str,
        size: int | None,
        index: str | None,
        mirror: str | None,
    ) -> Wanted:
        from lading.download import fetch  # noqa: PLC0415 - only where the folder is written

        def get(http: HttpSettings, offline: bool) -> Path:  # noqa: FBT001 - see Fetch
            return fetch(
                url,
                sha256,
                cache=self.machine.cache,
                http=http,
                offline=offline,
                size=size,
                mirror=mirror,
            )

        return Wanted(name=name, sha256=sha256, fetch=get, index=index)

    def _deb(self, deb: Deb) -> Wanted:
        from lading.debian import fetch_deb  # noqa: PLC0415 - only for a vendored folder
        from lading.platforms import Platform  # noqa: PLC0415

        distro = self.origin.image.distro
        assert distro is not None  # noqa: S101 - packages were locked for it

        def get(http: HttpSettings, offline: bool) -> Path:  # noqa: FBT001 - see Fetch
            return fetch_deb(
                deb,
                archives=self.origin.archives,
                distro=distro,
                platform=Platform.parse(self.info.platform),
                mirrors=self.origin.mirrors,
                http=http,
                cache=self.machine.cache,
                offline=offline,
                snapshot=self.info.snapshot,
                host_sources=self.machine.apt_sources,
            )

        return Wanted(name=f"{deb.name} {deb.version}", sha256=deb.sha256, fetch=get)

    def _debs_index(self, files: Mapping[str, Path]) -> Content:
        from lading.debian import packages_index  # noqa: PLC0415 - only for a vendored folder

        debs = [(deb, files[deb.sha256]) for deb in self.info.vendored_debs]
        return Content(source=packages_index(debs).encode())


def _masked(error: LadingError, mask: Callable[[str], str]) -> ResolutionError:
    """The same error without any secret that was read to fetch."""
    return ResolutionError(
        Problem(
            message=mask(one.message),
            location=one.location,
            hint=one.hint and mask(one.hint),
            detail=one.detail and mask(one.detail),
        )
        for one in error.problems
    )


def _nothing(_: str) -> None:
    """Say nothing."""
