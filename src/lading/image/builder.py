"""`Image`: what the runtime environment of a model server must hold.

Each call returns a new `Image`; the one it is called on stays as it was, and nothing that is handed
in is kept by reference. Every word is checked in the call that brings it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar, cast

from lading.distros import Distro, infer_distro, parse_distro
from lading.errors import Location  # noqa: TC001 - a dataclass field
from lading.grammar.accelerator import parse_accelerator
from lading.grammar.base import SCRATCH, BaseImage, parse_base
from lading.grammar.component import parse_components
from lading.grammar.invalid import Invalid
from lading.grammar.nearest import did_you_mean
from lading.grammar.python_version import PythonVersion
from lading.grammar.snapshot import parse_snapshot
from lading.grammar.system_package import parse_any_system_package
from lading.grammar.words import expect_words
from lading.image import steps
from lading.image.arguments import said
from lading.image.bases import BaseCalls
from lading.image.call import Call
from lading.image.container import ContainerCalls
from lading.image.files import FileCalls
from lading.image.layers import LayerCalls, changed_below
from lading.image.merging import MergeCalls
from lading.image.on_platform import PlatformCalls
from lading.image.packages import PackageCalls
from lading.image.pythons import check_base, default_python
from lading.image.system import check_archive, check_auto
from lading.image.variants import Variants, check_piped, check_returned, varied
from lading.image.words import parse_distro_keyword
from lading.platforms import DEFAULT_PLATFORM

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from os import PathLike
    from typing import Unpack

    from lading.grammar.dialect import Dialect
    from lading.image.arguments import Arguments
    from lading.image.steps import Step, SystemPackages
    from lading.info import ImageInfo

__all__ = ["Image"]

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, init=False)
class Image(
    LayerCalls, PackageCalls, FileCalls, ContainerCalls, PlatformCalls, BaseCalls, MergeCalls
):
    """An immutable description of a container image for a Python model server.

    Args:
        base_image: What to build on: an image of a registry, such as
            `"nvidia/cuda:12.4.1-runtime-ubuntu22.04"`; one in the project, as
            `"oci:images/base"` (a layout), `"oci-archive:base.tar"` or
            `"docker-archive:base.tar"` (of `docker save`); what a Dockerfile of it makes, as
            `"dockerfile:docker/Dockerfile"` (see `from_dockerfile`); or `"scratch"`: with a Debian
            `distro` a base made of that release's packages, its Python and little else; without,
            nothing.
            Left out, it is the distro's own base for that Python version.
        distro: `"debian"`, `"debian:bookworm"`, `"ubuntu:24.04"`, `"alpine:3.20"`, `"ubi9"`,
            `"amazonlinux:2023"`, ... Left out, it is read off a well-known base image's name, and
            is Debian where there is no base image either.
        python_version: `"3.12"` or `"3.12.4"`. Left out, it is the constant documented for the
            distro, never the version of the machine at hand.
        lock_python_packages: Whether Python packages are resolved into `lading.lock` and installed
            by hash, as they are where it is left out. Without, the requirements are installed as
            written.
        lock_system_packages: Whether Debian's and Ubuntu's packages are resolved into `lading.lock`
            for what the base image has, and installed in exactly those versions, as they are where
            it is left out. Without, and on other distributions, the build installs what their
            archive has on its day.
        components: Of Debian's archive, beside `main`, where system packages may come from:
            `"contrib"`, `"non-free"`, `"non-free-firmware"`.
        snapshot: The day, as `"2026-11-01"`, whose state of Debian's archive system packages are
            taken from, while locking and building. Left out, they are taken from what the archive
            has; a build then fails where a locked version has been replaced there since.
        shell: Whether a base from scratch has a shell, and the usual commands; left out, it has
            none. A step that one has to run brings them too.
        compile_bytecode: Whether installed modules are byte-compiled while building, as they are
            where it is left out. Without, the image is smaller and sooner built, and each start of
            a container compiles them again.
        accelerator: What PyTorch's packages run on: `"cpu"`, `"cu126"`, ... They then come from
            PyTorch's own index for it, and all else from where it comes without.

    Raises:
        SpecificationError: A word is invalid; all invalid words of a call are reported together.
    """

    base_image: BaseImage | None
    declared_distro: Distro | None
    declared_python: PythonVersion | None
    lock_python_packages: bool
    lock_system_packages: bool
    components: tuple[str, ...]
    snapshot: str | None
    shell: bool
    compile_bytecode: bool
    accelerator: str | None
    steps: tuple[Step, ...]
    location: Location = field(compare=False)
    lines: tuple[tuple[str, Location], ...] = field(compare=False)
    name: str | None = field(compare=False)

    def __init__(  # noqa: PLR0913 - one argument a field
        self,
        base_image: str | None = None,
        distro: str | None = None,
        python_version: str | None = None,
        lock_python_packages: bool | None = None,  # noqa: FBT001 - the field's known call
        *,
        lock_system_packages: bool | None = None,
        components: Sequence[str] | None = None,
        snapshot: str | None = None,
        shell: bool | None = None,
        compile_bytecode: bool | None = None,
        accelerator: str | None = None,
    ) -> None:
        given: Arguments = {
            "base_image": base_image,
            "distro": distro,
            "python_version": python_version,
            "lock_python_packages": lock_python_packages,
            "lock_system_packages": lock_system_packages,
            "components": components,
            "snapshot": snapshot,
            "shell": shell,
            "compile_bytecode": compile_bytecode,
            "accelerator": accelerator,
        }
        with Call() as call:
            self._set(
                base_image=call.maybe(parse_base, base_image),
                declared_distro=call.maybe(parse_distro, distro),
                declared_python=call.maybe(PythonVersion.parse, python_version),
                lock_python_packages=call.flag(
                    "lock_python_packages", lock_python_packages, usual=True
                ),
                lock_system_packages=call.flag(
                    "lock_system_packages", lock_system_packages, usual=True
                ),
                components=call.read(parse_components, () if components is None else components),
                snapshot=call.maybe(parse_snapshot, snapshot),
                shell=call.flag("shell", shell, usual=False),
                compile_bytecode=call.flag("compile_bytecode", compile_bytecode, usual=True),
                accelerator=call.maybe(parse_accelerator, accelerator),
                steps=(),
                location=call.location,
                lines=tuple((name, call.location) for name in said(given)),
                name=None,
            )
        with Call():
            check_base(self.base_image, self.distro, self.python_version)
            check_archive(self.distro, components=self.components, snapshot=self.snapshot)
            if self.shell and (self.base_image != SCRATCH or self.distro is None):
                raise Invalid(
                    "shell is for a base from scratch, and others have one",
                    hint='leave it out, or write base_image="scratch" and a Debian distro',
                )

    # What follows from what was declared.

    @property
    def distro(self) -> Distro | None:
        """The distribution inside: declared, else told by the base image, else unknown (None)."""
        if self.declared_distro is not None:
            return self.declared_distro
        return parse_distro("debian") if self.base_image is None else infer_distro(self.base_image)

    @property
    def python_version(self) -> PythonVersion:
        """The Python version: declared, else a constant for the distro and base image."""
        return self.declared_python or default_python(self.distro, self.base_image)

    # System packages.

    def system_packages(self, *packages: str, **by_distro: Sequence[str]) -> Image:
        """Install packages of the distribution.

        Args:
            *packages: Names for whatever distro the image has. On Debian and Ubuntu `"auto"` stands
                for the packages with the libraries that Python packages of the image need to be
                imported, and that it would lack; the lock has their names.
            **by_distro: Names for one distro only: `debian=["libgomp1"], alpine=["libgomp"]`.
        """
        return self._packages(steps.SystemPackages, "system_packages", packages, by_distro)

    def build_packages(self, *packages: str, **by_distro: Sequence[str]) -> Image:
        """Packages of the distribution for compiling Python packages; the image has none of them.

        They are there wherever a source is compiled, whether this is called before or after.

        Args:
            *packages: Names for whatever distro the image has.
            **by_distro: Names for one distro only, as for `system_packages`.
        """
        return self._packages(steps.BuildPackages, "build_packages", packages, by_distro)

    def _packages(
        self,
        kind: type[SystemPackages],
        name: str,
        packages: tuple[str, ...],
        by_distro: Mapping[str, Sequence[str]],
    ) -> Image:
        example = f'{name}("curl", "libgomp1")'
        with Call() as call:
            words = call.read(expect_words, name, packages, example=example)
            if not (packages or by_distro):
                call.refuse(Invalid(f"{name} has no package", hint=example))
            step = kind(
                packages=call.each(parse_any_system_package, words),
                by_distro=tuple(
                    (
                        call.read(parse_distro_keyword, keyword, name),
                        call.names(parse_any_system_package, keyword, names),
                    )
                    for keyword, names in by_distro.items()
                ),
                location=call.location,
            )
        with Call():
            check_auto(step, self)
        return self._add(step)

    # Variations.

    def replace(self, **changes: Unpack[Arguments]) -> Image:
        """The same image with other constructor arguments: `image.replace(distro="alpine")`.

        Raises:
            SpecificationError: An argument is unknown or invalid, or a step does not fit it (system
                packages that are not named for the new distro, for one); or it is that of an image
                below, whose layers would be others.
        """
        image = self._replaced(**changes)
        with Call() as call:
            now = image._arguments()  # noqa: SLF001 - its own class
            for one in changed_below(self.steps, self._arguments(), now):
                call.refuse(one)
        return image

    def _replaced(self, **changes: Unpack[Arguments]) -> Image:
        """The same, with the images below changed alike."""
        if not changes:
            return self
        with Call() as call:
            arguments = self._arguments()
            for name in changes:
                if name not in arguments:
                    hint = did_you_mean(name, arguments) or f"it takes {', '.join(arguments)}"
                    call.refuse(Invalid(f"replace has no argument {name!r}", hint=hint))
        image = Image(**said({**self._said(), **changes}))
        with Call() as call:
            for step in self.steps:
                if isinstance(step, steps.SystemPackages):
                    call.recheck(step.location, check_auto, step, image)
        kept = {name: place for name, place in self.lines if name not in changes}
        lines = tuple((dict(image.lines) | kept).items())
        return image._copy(steps=self.steps, name=self.name, lines=lines)

    def pipe(
        self,
        function: Callable[Concatenate[Image, P], T],
        /,
        *arguments: P.args,
        **options: P.kwargs,
    ) -> T:
        """`function(image, ...)`, so that a variation of one's own chains like any other call.

        Raises:
            SpecificationError: It is no function, or returns nothing.
        """
        with Call() as call:
            call.read(check_piped, function)
        found = function(self, *arguments, **options)
        with Call() as call:
            call.read(check_returned, function, found)
        return found

    def variants(self, **functions: Callable[[Image], Image]) -> Variants:
        """This image in several variants, by name: `images["gpu"]`, or TARGET `app.py:images.gpu`.

        Args:
            **functions: What makes each, as for `pipe`: `gpu=lambda image: image.replace(...)`.

        Raises:
            SpecificationError: A name is invalid, or what a function gives is no `Image`.
        """
        return varied([("", self)], functions)

    # The next stage.

    def freeze(  # noqa: PLR0913 - one argument a choice
        self,
        target: str | PathLike[str],
        *,
        platform: str | None = None,
        project: str | PathLike[str] = ".",
        name: str | None = None,
        locked: bool = False,
        allow_unpinned_base: bool = False,
        vendor: bool = False,
        dialect: Dialect = "buildkit",
        strict: bool = False,
    ) -> ImageInfo:
        """Decide this image completely, and write it to `target` as a build context.

        Args:
            target: The folder to write; one that an earlier freeze wrote is replaced whole.
            platform: What the image is for; `linux/amd64` where left out, never taken from the
                machine at hand.
            project: The folder that paths in the steps start from, with the lock in it.
            name: What the image is called there, as `gpu` in `app.py:gpu`, whose lock is
                `lading.gpu.lock`; left out, its lock is `lading.lock`.
            locked: Refuse to update the lock, instead of resolving what changed.
            allow_unpinned_base: Go on without the base image's digest where no registry tells it.
            vendor: Put every wheel, source, system package and tool into the folder, so that
                building it needs no network but for the base image.
            dialect: `"buildkit"`, or `"classic"` for builders that know no `RUN --mount`.
            strict: Refuse an image that would lack libraries which its Python packages need, or of
                which that can't be found out. Without, what is known of it is a `UserWarning`.

        Raises:
            ResolutionError: The requirements can't be resolved for the platform.
            RegistryError: The base image's registry can't be reached or refuses.
            FreezeError: A file is missing, leaves the project, or the lock is out of date; or, with
                `strict`, a library is missing.
        """
        from lading.freeze import freeze  # noqa: PLC0415 - the door to the next room; see ADR 1

        return freeze(
            self,
            target,
            platform=platform or DEFAULT_PLATFORM,
            project=project,
            name=name,
            locked=locked,
            allow_unpinned_base=allow_unpinned_base,
            vendor=vendor,
            dialect=dialect,
            strict=strict,
        )

    # How a changed copy is made.

    def _arguments(self) -> Arguments:
        return {
            "base_image": _text(self.base_image),
            "distro": _text(self.declared_distro),
            "python_version": _text(self.declared_python),
            "lock_python_packages": self.lock_python_packages,
            "lock_system_packages": self.lock_system_packages,
            "components": self.components,
            "snapshot": self.snapshot,
            "shell": self.shell,
            "compile_bytecode": self.compile_bytecode,
            "accelerator": self.accelerator,
        }

    def _said(self) -> Arguments:
        lines = dict(self.lines)
        found = {name: one for name, one in self._arguments().items() if name in lines}
        return cast("Arguments", found)

    def _line_of(self, argument: str) -> Location:
        """Where an argument is written, or replaced; with all others where it is not."""
        return dict(self.lines).get(argument, self.location)

    def _add(self, step: Step) -> Image:
        return self._copy(steps=(*self.steps, step))

    def _copy(self, **changes: object) -> Image:
        image = object.__new__(Image)
        image._set(**{name: getattr(self, name) for name in self.__slots__} | changes)
        return image

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)


def _text(word: object) -> str | None:
    return None if word is None else str(word)
