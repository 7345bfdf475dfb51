"""`lading build` without an engine: images are decided, assembled, and sent where they go."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from lading.cli.destinations import Destination
from lading.cli.libraries import refuse_missing, warn_of_missing
from lading.errors import BuildError, ImageError, Problem
from lading.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from lading.assembly import Assembled, AssembledLayer, Installer, MustExecute, Needed
    from lading.bases import Base
    from lading.cli.asked import Order
    from lading.cli.display import Display
    from lading.cli.target import Target
    from lading.engines.loading import Loader
    from lading.freeze import Freezer
    from lading.freeze.deciding import Decided
    from lading.info import ImageInfo
    from lading.machine import Machine
    from lading.oci.blobs import Artifact, Blob
    from lading.oci.media_types import Vocabulary
    from lading.registry import Pushing
    from lading.store import Store

__all__ = ["Made", "Without", "default_image", "obstacles_error", "tags_of"]


def default_image(project: Path) -> Path:
    """The layout that an image goes to which nobody takes."""
    return project / ".lading" / "image"


def obstacles_error(obstacles: tuple[MustExecute, ...]) -> BuildError:
    """The error of an image that can't be made without an engine."""
    first = Problem(
        message="--engine oci: some of it has to be executed",
        hint="leave out --engine, and a container engine builds it",
    )
    listed = (replace(one.problem, hint=None) for one in obstacles)
    return BuildError((first, *dict.fromkeys(listed)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What came of a build.

    Attributes:
        decided: The image for each platform, in the order in which they were named.
        assembled: Each of them, made.
        artifact: All that was made: an image, or the index of several.
        pushed: The references that it was pushed to.
        output: Where it was written.
        loaded: The engine that has it.
    """

    decided: tuple[Decided, ...]
    assembled: tuple[Assembled, ...]
    artifact: Artifact
    pushed: tuple[str, ...] = ()
    output: Destination | None = None
    loaded: str | None = None


@dataclass(slots=True, kw_only=True)
class Without:
    """One build without an engine.

    Attributes:
        order: What was asked for.
        found: The image.
        machine: How to reach what is needed.
        shown: Told what is going on.
        workdir: A folder for what is there during the build alone.
        beside: Takes images, by their names in a layout, that are written with others in the end.
        kept: The layers that were made so far, where others use them too.
    """

    order: Order
    found: Target
    machine: Machine
    shown: Display
    workdir: Path
    beside: dict[str, Artifact] | None = None
    kept: Store | None = None
    _bases: dict[Platform, Base] = field(default_factory=dict)
    _installers: dict[Platform, Installer] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """The layers that were made so far."""
        if self.kept is None:
            self.kept = self.machine.store()
        return self.kept

    def decide(self, *, for_engine: bool = False) -> tuple[Decided, ...]:
        """The image for each platform; only the lock may be written.

        Args:
            for_engine: Whether a container engine is to build it.

        Raises:
            LadingError: It can't be decided.
        """
        return tuple(
            self._freezer().decide(
                self.found.image,
                platform=str(platform),
                project=self.found.project,
                excluded=self._excluded(),
                for_engine=for_engine,
            )
            for platform in self.order.platforms
        )

    def refuse_missing(self, decided: tuple[Decided, ...]) -> None:
        """Where that is asked, refuse an image that would lack libraries.

        Raises:
            LadingError: It would, or that can't be found out.
        """
        if self.order.strict:
            refuse_missing(self._freezer(), decided)

    def warn_of_missing(self, decided: tuple[Decided, ...]) -> None:
        """Say which libraries it would lack: what was made of it is at hand by now."""
        if not (self.order.strict or self.order.quiet):
            warn_of_missing(self._freezer(), decided)

    def obstacles(self, decided: tuple[Decided, ...]) -> tuple[MustExecute, ...]:
        """What of it must be executed; the bases are looked at only where the steps are none.

        Raises:
            LadingError: A base can't be had, or has another interpreter.
        """
        from lading.assembly import must_execute  # noqa: PLC0415 - only where images are made

        steps = [one for each in decided for one in must_execute(each.info)]
        if not steps:
            lacking = (each.info for each in decided if not self._has_python(each))
            steps = [one for info in lacking for one in must_execute(info, interpreter=False)]
        if not steps:
            steps = [one for each in decided for one in self._scripts(each)]
        return tuple(dict.fromkeys(steps))

    def _scripts(self, decided: Decided) -> tuple[MustExecute, ...]:
        """The maintainer scripts of system packages that have to be run.

        Raises:
            LadingError: A package is not as it must be, or can't be had.
        """
        from lading.assembly import (  # noqa: PLC0415 - only where images are made
            scripts_to_run,
            unfit,
            unpackable,
        )

        if not decided.info.installed_debs:
            return ()
        try:
            needed = tuple(
                one for info in decided.info.stack for one in self._needed(decided, info)
            )
        except ImageError as error:
            from lading.debs import Unfit  # noqa: PLC0415 - packages have been read by now

            if not isinstance(error, Unfit):  # no engine is given what is damaged
                raise
            return tuple(unfit(one.message) for one in error.problems)
        found = scripts_to_run(decided.info, needed)
        if found and decided.info.on_scratch:
            raise unpackable(found)
        return found

    def _needed(self, decided: Decided, info: ImageInfo) -> tuple[Needed, ...]:
        """The same of an image, or of one below it."""
        from lading.assembly import Upon  # noqa: PLC0415 - only where images are made

        below = info.below
        over = below.installed_debs if below else ()
        upon = Upon(debs=over, user=below.config.user) if below and over else None
        installer, base = self._installer(decided), self._base(decided)
        return installer.needed_scripts(info.installed_debs, base, info.config.user, upon)

    def _installer(self, decided: Decided) -> Installer:
        from lading.assembly import Installer  # noqa: PLC0415 - only where images are made

        platform = Platform.parse(decided.info.platform)
        if platform not in self._installers:
            fetch = partial(self._freezer().fetch_debs, decided)
            self._installers[platform] = Installer(
                store=self.store, fetch=fetch, workdir=self.workdir
            )
        return self._installers[platform]

    def make(self, decided: tuple[Decided, ...]) -> Made:
        """Assemble it, and send it where it is wanted; the caller is `using` the store.

        Raises:
            LadingError: It can't be made, or some place can't take it.
        """
        from lading.store import retried  # noqa: PLC0415 - only where images are made

        places = self._places()
        return retried(
            lambda: self._made(decided, *places),
            told=lambda damage: self.shown.say(str(damage.problems[0].message)),
        )

    def _made(
        self, decided: tuple[Decided, ...], output: Destination | None, loader: Loader | None
    ) -> Made:
        whole = output is not None or loader is not None
        words = self._vocabulary(output)
        with self._pushing() as pushing:
            assembled = tuple(self._assembled(one, words, pushing, whole=whole) for one in decided)
            self.shown.names.update(_names(assembled))
            artifact = _together(assembled, words)
            made = Made(decided=decided, assembled=assembled, artifact=artifact)
            return self._sent(made, output, loader, pushing)

    def _sent(
        self, made: Made, output: Destination | None, loader: Loader | None, pushing: Pushing | None
    ) -> Made:
        if output is not None:
            if self.beside is None:
                self.shown.say(f"writing {output}")
                output.write((made.artifact,), tags_of(self.order))
            else:
                self.beside |= dict.fromkeys(
                    tags_of(self.order) or (self.found.name,), made.artifact
                )
            made = replace(made, output=output)
        if loader is not None:
            self._load(made, loader)
            made = replace(made, loaded=loader.name)
        if pushing is not None:
            for name in tags_of(self.order):
                self.shown.say(f"pushing {name}")
            pushing.finish(made.artifact)
            made = replace(made, pushed=tags_of(self.order))
        return made

    def _places(self) -> tuple[Destination | None, Loader | None]:
        """Where the image goes, beside registries."""
        order = self.order
        output, loader = order.output, self._loader()
        if output is None and loader is None and not order.push:
            output = Destination(kind="oci", path=default_image(self.found.project))
            output.check()
        return output, loader

    def _loader(self) -> Loader | None:
        """The engine that gets the image, where it was asked for or is the one place it can go."""
        order = self.order
        nowhere = order.output is None and not order.push
        if not order.load and not (nowhere and order.tags and len(order.platforms) == 1):
            return None
        from lading.engines.loading import find_loader, first_loader  # noqa: PLC0415 - seldom

        find = find_loader if order.load else first_loader
        return find(self.machine.environ)

    def _freezer(self) -> Freezer:
        from lading.freeze import Freezer  # noqa: PLC0415 - only for this command

        order = self.order
        return Freezer(
            machine=self.machine,
            locked=order.locked,
            allow_unpinned_base=order.allow_unpinned_base,
            offline=order.offline,
            say=self.shown.say,
        )

    def _excluded(self) -> Iterator[Path]:
        yield default_image(self.found.project)
        if self.order.output is not None:
            yield self.order.output.path

    def _base(self, decided: Decided) -> Base:
        from lading.bases import find_base  # noqa: PLC0415 - only where images are made

        platform = Platform.parse(decided.info.platform)
        if platform not in self._bases:
            self._bases[platform] = find_base(
                decided.info.base,
                platform,
                project=self.found.project,
                store=self.store,
                http=replace(self.machine.http(), offline=self.order.offline),
                credentials=self.machine.credentials(),
                mirror=decided.info.base_mirror,
            )
        return self._bases[platform]

    def _has_python(self, decided: Decided) -> bool:
        from lading.bases import interpreter  # noqa: PLC0415 - only where images are made
        from lading.grammar.python_version import PythonVersion  # noqa: PLC0415

        info = decided.info
        if info.venv is None:
            return True
        found = interpreter(
            self._base(decided),
            PythonVersion.parse(info.python),
            self.store,
            installable=bool(info.interpreter_packages),
        )
        return found is not None

    def _vocabulary(self, output: Destination | None) -> Vocabulary:
        """The media types: docker's where nobody but docker's own formats gets the image.

        An OCI configuration has no place for a health check, which `docker run` is to see.
        """
        if self.order.media_types is not None:
            return self.order.media_types
        into_engine = output is None or output.kind == "docker-archive"
        return "docker" if into_engine and not self.order.push else "oci"

    def _assembled(
        self, decided: Decided, words: Vocabulary, pushing: Pushing | None, *, whole: bool
    ) -> Assembled:
        from lading.assembly import Assembler  # noqa: PLC0415 - only where images are made
        from lading.bases import full  # noqa: PLC0415

        base = self._base(decided)
        for layer in base.layers:
            self.shown.names[str(layer.blob.descriptor.digest)] = f"base image {base.name}"
        if whole:
            base = full(base, self.store, progress=self.shown)
        assembler = Assembler(
            store=self.store,
            base=base,
            wheels=partial(self._freezer().fetch_wheels, decided),
            installer=self._installer(decided),
            contents={path: content.source for path, content in decided.contents.items()},
            environ=self.machine.environ,
            created=self.machine.created(),
            vocabulary=words,
            progress=self.shown,
        )
        if pushing is not None:
            assembler = replace(assembler, begun=partial(self._begin, pushing))
        return assembler.assemble(decided.info)

    def _load(self, made: Made, loader: Loader) -> None:
        from lading.engines.loading import load  # noqa: PLC0415 - only where it is loaded

        self.shown.say(f"loading into {loader.name}")
        native = self.machine.platform
        of_platforms = dict(zip(self.order.platforms, made.assembled, strict=True))
        if len(of_platforms) > 1 and native not in of_platforms:
            raise BuildError(
                f"--load: none of the platforms is this machine's own, {native}",
                hint="an engine takes one platform: name one, or leave out --load",
            )
        chosen = of_platforms.get(native) or made.assembled[0]
        load(loader, chosen.artifact, tags_of(self.order), self.machine.environ)

    def _pushing(self) -> AbstractContextManager[Pushing | None]:
        """Takes layers on their way as soon as they are made, where they go to a registry."""
        if not self.order.push:
            return nullcontext()
        from lading.grammar.reference import ImageReference  # noqa: PLC0415 - only for pushing
        from lading.registry import Pushing  # noqa: PLC0415

        return Pushing(
            [ImageReference.parse(tag) for tag in tags_of(self.order)],
            http=self.machine.http(),
            credentials=self.machine.credentials(),
            progress=self.shown,
        )

    def _begin(self, pushing: Pushing, layer: AssembledLayer, blob: Blob) -> None:
        self.shown.names[str(layer.digest)] = layer.name
        pushing.begin(blob)


def _together(assembled: tuple[Assembled, ...], vocabulary: Vocabulary) -> Artifact:
    if len(assembled) == 1:
        return assembled[0].artifact
    from lading.assembly import index_of  # noqa: PLC0415 - only for several

    return index_of(tuple(one.artifact for one in assembled), vocabulary=vocabulary)


def tags_of(order: Order) -> tuple[str, ...]:
    """The names, each with a tag, and each once."""
    return tuple(dict.fromkeys(tag if _has_tag(tag) else f"{tag}:latest" for tag in order.tags))


def _has_tag(name: str) -> bool:
    return ":" in name.rpartition("/")[2]


def _names(assembled: tuple[Assembled, ...]) -> Mapping[str, str]:
    found = {str(one.image_id): "configuration" for one in assembled}
    return found | {str(layer.digest): layer.name for one in assembled for layer in one.layers}
