"""Where images are locked in the tests: a project, a machine, two indexes and a registry."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lading import Image
from lading.errors import LadingError, Problem
from lading.lock.file import emit_lock
from lading.lock.inputs import read_inputs
from lading.lock.making import LockMaker
from lading.lock.resolve import Renewal
from lading.machine import Machine
from lading.platforms import Platform

if TYPE_CHECKING:
    from pathlib import Path

    from lading.lock.model import Distribution, Lock, PlatformLock
    from lock.package_index import PackageIndex
    from registry.fake_registry import FakeRegistry, FakeServer

AMD64 = "linux/amd64"
ARM64 = "linux/arm64"


@dataclass
class Dock:
    """All that locking touches, each of it real and on loopback."""

    project: Path
    home: Path
    index: PackageIndex
    other: PackageIndex
    registry: FakeServer
    contents: FakeRegistry
    environ: dict[str, str] = field(default_factory=dict)
    interpreter: str = sys.executable
    said: list[str] = field(default_factory=list)

    @property
    def base(self) -> str:
        return f"{self.registry.host}/python:3.11"

    def image(self, distro: str = "debian:bookworm", *, lock: bool = True) -> Image:
        """An image that knows only the index of the test."""
        image = self.bare_image(distro, lock=lock)
        return image.index(f"{self.index.url}/simple", default=True)

    def bare_image(
        self, distro: str = "debian:bookworm", *, lock: bool = True, accelerator: str | None = None
    ) -> Image:
        """An image that knows no index."""
        return Image(
            base_image=self.base,
            distro=distro,
            python_version="3.11",
            lock_python_packages=lock,
            lock_system_packages=False,  # what is compiled would ask for an archive
            accelerator=accelerator,
        )

    def machine(self) -> Machine:
        return Machine(environ=self.environ, home=self.home, interpreter=self.interpreter)

    def lock(
        self,
        image: Image,
        *platforms: str,
        earlier: Lock | None = None,
        upgrade: tuple[str, ...] = (),
        everything: bool = False,
        allow_unpinned_base: bool = False,
    ) -> Lock:
        maker = LockMaker(
            machine=self.machine(),
            allow_unpinned_base=allow_unpinned_base,
            say=self.said.append,
        )
        return maker.make(
            read_inputs(image, self.project),
            [Platform.parse(platform) for platform in platforms or (AMD64,)],
            earlier=earlier,
            renewal=Renewal(everything=everything, packages=upgrade),
        )

    def part(self, image: Image) -> PlatformLock:
        (part,) = self.lock(image).platforms
        return part

    def text(self, image: Image) -> str:
        return emit_lock(self.lock(image))

    def distributions(self, image: Image) -> dict[str, Distribution]:
        return {one.name: one for one in self.part(image).distributions}

    def refused(self, image: Image, *platforms: str) -> tuple[Problem, ...]:
        try:
            self.lock(image, *platforms)
        except LadingError as error:
            return error.problems
        raise AssertionError("it was locked")

    def write(self, path: str, content: str | bytes) -> None:
        file = self.project / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())


def versions(lock: Lock, platform: str = AMD64) -> dict[str, str | None]:
    part = lock.platform(platform)
    assert part is not None
    return {one.name: one.version for one in part.distributions}
