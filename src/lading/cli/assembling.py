"""`lading build` without an engine: images are assembled, and sent where they go."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from lading.cli.destinations import Destination
from lading.cli.planning import default_image
from lading.errors import BuildError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from lading.assembly import Assembled, AssembledLayer, MustExecute
    from lading.cli.asked import Order
    from lading.cli.display import Display
    from lading.cli.planning import Planning
    from lading.engines.loading import Loader
    from lading.freeze.deciding import Decided
    from lading.machine import Machine
    from lading.oci.blobs import Artifact, Blob
    from lading.oci.media_types import Vocabulary
    from lading.registry import Pushing

__all__ = ["Made", "Making", "obstacles_error", "tags_of"]


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


def obstacles_error(obstacles: tuple[MustExecute, ...]) -> BuildError:
    """The error of an image that can't be made without an engine."""
    first = Problem(
        message="--engine oci: some of it has to be executed",
        hint="leave out --engine, and a container engine builds it",
    )
    listed = (replace(one.problem, hint=None) for one in obstacles)
    return BuildError((first, *dict.fromkeys(listed)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """Making an image without an engine.

    Attributes:
        planning: What is known of it.
        beside: Takes images, by their names in a layout, that are written with others in the end.
    """

    planning: Planning
    beside: dict[str, Artifact] | None = None

    @property
    def order(self) -> Order:
        """What was asked for."""
        return self.planning.order

    @property
    def machine(self) -> Machine:
        """How to reach what is needed."""
        return self.planning.machine

    @property
    def shown(self) -> Display:
        """Told what is going on."""
        return self.planning.shown

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
                names = tags_of(self.order) or (self.planning.found.name,)
                self.beside.update(dict.fromkeys(names, made.artifact))
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
            output = Destination(kind="oci", path=default_image(self.planning.found.project))
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

        base = self.planning.base(decided)
        for layer in base.layers:
            self.shown.names[str(layer.blob.descriptor.digest)] = f"base image {base.name}"
        if whole:
            base = full(base, self.planning.store, progress=self.shown)
        assembler = Assembler(
            store=self.planning.store,
            base=base,
            wheels=partial(self.planning.freezer().fetch_wheels, decided),
            installer=self.planning.installer(decided),
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
