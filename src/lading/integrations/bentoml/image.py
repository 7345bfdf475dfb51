"""BentoML's `Image`, each call of which is one of Lading's as well."""

from __future__ import annotations

import logging
import shlex
import shutil
from contextlib import contextmanager
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import attrs
from _bentoml_sdk.images import Image as BentoImage
from bentoml._internal.bento.bento import ImageInfo
from bentoml._internal.configuration import get_bentoml_requirement
from bentoml._internal.container.frontend.dockerfile import CONTAINER_METADATA
from bentoml.exceptions import BentoMLConfigException

from lading.bentos.composing import compose
from lading.bentos.layout import ENTRYPOINT, SOURCES
from lading.bentos.requirement_lines import add_requirements
from lading.bentos.writing import local_paths, requirements_of, write_bento
from lading.errors import LadingError, SpecificationError
from lading.freeze import Freezer
from lading.image import Image as LadingImage
from lading.image import steps
from lading.image.callsite import caller
from lading.integrations.bentoml.platforms import platform_of
from lading.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lading.info import ImageInfo as LadingInfo

__all__ = ["Image"]

_log = logging.getLogger("bentoml.lading")

_DEBIAN = "debian"


@attrs.define(init=False, slots=False)  # the slots of BentoML's own fields are its class's
class Image(BentoImage):
    """What a Bento's container holds, locked and built by Lading.

    It takes the arguments and calls of BentoML's own, and like it each call changes it. What Lading
    has beyond them goes into a Lading Image to begin with: `Image(image=lading.Image(...))`.

    Args:
        base_image: As BentoML's; also what a Lading Image takes.
        distro: As BentoML's; also a release: `"debian:bookworm"`. With a `base_image` that tells
            its distro, it may be left out.
        python_version: As BentoML's; left out, it is Lading's constant or what the base image has,
            never the version of the machine at hand.
        commands: Shell commands that come first.
        lock_python_packages: Whether Python packages are resolved into `lading.lock`.
        pack_git_packages: Whether what comes from git repositories is put into the Bento.
        python_requirements: Lines of a requirements file.
        post_commands: Shell commands that come after the Python packages.
        build_include_paths: Files of the project that commands and packages need.
        image: The Lading Image to begin with.
        project: The folder that paths start from, and `lading.lock` lies in; this folder where
            left out, which BentoML makes that of the Bento.
        scripts: Of a copy: what `run_script` has named.
        after_pip_install: Of a copy: whether Python packages were named.
        uv_lock_used: Of a copy: whether `uv_lock` was called.

    Raises:
        BentoMLConfigException: A word is invalid; it tells the user's line, and what to do.
    """

    image: LadingImage = attrs.field(kw_only=True)
    project: Path = attrs.field(kw_only=True)
    scripts: dict[str, str] = attrs.field(kw_only=True)
    _after_pip_install: bool = attrs.field(kw_only=True, alias="after_pip_install", repr=False)
    _uv_lock: bool = attrs.field(kw_only=True, alias="uv_lock_used", repr=False)

    def __init__(  # noqa: PLR0913, PLR0917 - BentoML's arguments, and what `attrs.evolve` hands on
        self,
        base_image: str = "",
        distro: str = _DEBIAN,
        python_version: str = "",
        commands: Sequence[str] = (),
        lock_python_packages: bool | None = None,  # noqa: FBT001 - BentoML's call
        pack_git_packages: bool = True,  # noqa: FBT001, FBT002
        python_requirements: str = "",
        post_commands: Sequence[str] = (),
        build_include_paths: Sequence[str] = (),
        *,
        image: LadingImage | None = None,
        project: Path | None = None,
        scripts: dict[str, str] | None = None,
        after_pip_install: bool | None = None,
        uv_lock_used: bool = False,
    ) -> None:
        is_copy = after_pip_install is not None
        with in_their_words():
            changes = _arguments(base_image, distro, python_version, image)
            if lock_python_packages is not None:
                changes["lock_python_packages"] = lock_python_packages
            self.image = _begun(image, changes)
        self.base_image, self.distro, self.python_version = base_image, distro, python_version
        self.lock_python_packages = self.image.lock_python_packages
        self.pack_git_packages = pack_git_packages
        self.commands, self.post_commands = list(commands), list(post_commands)
        self.python_requirements = python_requirements
        self.build_include_paths = list(build_include_paths)
        self.project = project or Path.cwd()
        self.scripts = dict(scripts or {})
        self._after_pip_install = bool(after_pip_install or python_requirements.strip())
        self._uv_lock = uv_lock_used
        if not is_copy:
            with in_their_words():
                self.image = self._given()

    def _given(self) -> LadingImage:
        """What the constructor's lists say, as calls."""
        image = self.image
        for command in self.commands:
            image = image.run(command)
        if lines := [line for line in self.python_requirements.splitlines() if line.strip()]:
            image = add_requirements(image, lines)
        if self.build_include_paths:
            image = image.build_include(*self.build_include_paths, to=SOURCES)
        for command in self.post_commands:
            image = image.run(command)
        return image

    # BentoML's calls. Theirs comes last: it has rules of its own, and none of ours counts then.

    def system_packages(self, *packages: str) -> Self:
        """Install packages of the distribution; locked on Debian and Ubuntu."""
        with in_their_words():
            image = self.image.system_packages(*packages)
        if metadata := CONTAINER_METADATA.get(_family(image)):
            words = " ".join(shlex.quote(package) for package in packages)
            self.commands.append(metadata["install_command"].format(packages=words))
        self.image = image
        return self

    def requirements_file(self, file_path: str) -> Self:
        """Install what a requirements file of the project lists."""
        with in_their_words():
            image = self.image.requirements_file(file_path)
        super().requirements_file(file_path)
        self.image = image
        return self

    def pyproject_toml(self, file_path: str = "pyproject.toml") -> Self:
        """Install the dependencies that a pyproject.toml declares, from where it says."""
        with in_their_words():
            image = self.image.pyproject_toml(file_path)
        super().pyproject_toml(file_path)
        # Theirs ends in `python_packages`, which is ours, and has added them once more.
        self.image = image
        return self

    def uv_lock(self) -> Self:
        """Install the versions that the project's uv.lock pins, with its hashes."""
        with in_their_words():
            self.image = self.image.uv_lock()
        self._uv_lock = True
        return self

    def python_packages(self, *packages: str) -> Self:
        """Install Python packages; a line may also be an option of a requirements file."""
        with in_their_words():
            image = add_requirements(self.image, packages)
        super().python_packages(*packages)
        self.image = image
        return self

    def run(self, command: str) -> Self:
        """Run a shell command, as root."""
        with in_their_words():
            self.image = self.image.run(command)
        super().run(command)
        return self

    def run_script(self, script: str) -> Self:
        """Run a script of the project, which begins with a `#!` line, as root."""
        with in_their_words():
            image = self.image.run_script(script)
        super().run_script(script)
        self.image = image
        return self

    def build_include(self, *file_paths: str) -> Self:
        """Put files of the project below `src`, for the commands and packages that need them."""
        with in_their_words():
            self.image = self.image.build_include(*file_paths, to=SOURCES)
        super().build_include(*file_paths)
        return self

    def freeze(self, bento_fs: Path, envs: list[Any], platform_: str | None = None) -> ImageInfo:
        """Lock, and write the frozen image and its Dockerfile into the Bento.

        Raises:
            BentoMLConfigException: It can't be locked or frozen, and why.
        """
        bento = Path(bento_fs)
        with in_their_words():
            info = write_bento(
                compose(
                    self.image,
                    requirement=self._server(),
                    variables={
                        one.name: one.value for one in envs if one.stage == "all" and one.value
                    },
                    secrets=[one.name for one in envs if one.stage == "build"],
                ),
                bento,
                freezer=Freezer(machine=Machine.here(), say=_log.info),
                platform=platform_of(platform_),
                project=self.project,
                pack_git=self.pack_git_packages,
            )
        self._write_programs(bento)
        return self._told(info)

    def _server(self) -> str | None:
        """BentoML itself, as it is here; None where the image names its source."""
        found = (one for one in self.image.steps if isinstance(one, steps.PythonPackages))
        every = (requirement for step in found for requirement in step.requirements)
        if any(one.name == "bentoml" and one.kind != "named" for one in every):
            return None
        requirement: str | None = get_bentoml_requirement()
        if requirement is None:
            raise LadingError(
                "this BentoML is an editable installation, which no image can have",
                hint="install a release of it, or name its source: "
                'python_packages("bentoml @ git+https://...")',
            )
        return requirement

    def _write_programs(self, bento: Path) -> None:
        """BentoML's entrypoint; and the scripts, for those who build without Lading."""
        frontend = resources.files("bentoml._internal.container.frontend.dockerfile")
        with resources.as_file(frontend / "entrypoint.sh") as entrypoint:
            shutil.copy(entrypoint, bento / ENTRYPOINT)
        for script, target in self.scripts.items():
            shutil.copy(script, bento / target)

    def _told(self, info: LadingInfo) -> ImageInfo:
        """What bento.yaml says: the same image, for those who build without Lading."""
        digest = f"@{info.base.digest}" if info.base.digest else ""
        metadata = CONTAINER_METADATA.get(_family(self.image), {})
        begin = [metadata["default_install_command"]] if metadata else []
        return ImageInfo(
            base_image=f"{info.base.reference}{digest}",
            python_version=info.python,
            commands=[*begin, *self.commands],
            python_requirements=requirements_of(info),
            post_commands=self.post_commands,
            build_include=[*self.build_include_paths, *local_paths(info)],
        )


@contextmanager
def in_their_words() -> Iterator[None]:
    """Runs Lading's calls, whose errors `bentoml` then shows as its own: without a traceback.

    Raises:
        BentoMLConfigException: What a LadingError said.
    """
    try:
        yield
    except LadingError as error:
        raise BentoMLConfigException(str(error)) from None


def _arguments(
    base_image: str, distro: str, python_version: str, image: LadingImage | None
) -> dict[str, Any]:
    """What was given, of the arguments that Lading has too.

    BentoML's `distro` is Debian where nobody says anything, whatever the base image.
    """
    given: dict[str, Any] = {}
    if base_image:
        given["base_image"] = base_image
    if distro != _DEBIAN or not (base_image or image):
        given["distro"] = distro
    elif base_image:
        given["distro"] = None
    if python_version:
        given["python_version"] = python_version
    return given


def _begun(image: LadingImage | None, changes: dict[str, Any]) -> LadingImage:
    if image is None:
        return LadingImage(**changes)
    if not changes:
        return image
    location, here = image.location, caller()
    try:
        changed = image.replace(**changes)
    except SpecificationError as error:
        # BentoML has called, for a bentofile.yaml: the user's line is where the image is written.
        found = (
            replace(one, location=location) if one.location == here else one
            for one in error.problems
        )
        raise SpecificationError(found) from None
    return changed._copy(location=location)  # noqa: SLF001 - the same distribution


def _family(image: LadingImage) -> str:
    """What BentoML calls the distro."""
    if image.distro is None:
        return ""
    return {"ubuntu": _DEBIAN, "ubi": "ubi8"}.get(image.distro.name, image.distro.name)
