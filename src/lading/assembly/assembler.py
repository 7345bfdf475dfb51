"""The second generator: an `ImageInfo` becomes an image, and nothing is executed for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from lading.assembly.checking import check_once
from lading.assembly.configuring import NO_HEALTHCHECK
from lading.assembly.document import annotations_of, document, moment
from lading.assembly.ground import ground_of
from lading.assembly.jobs import jobs
from lading.assembly.making import made
from lading.assembly.packages import Packaging, remarks_in
from lading.assembly.plan import BUDGET, models_in, plan
from lading.errors import ImageError
from lading.oci.entries import MTIME
from lading.oci.making import Layer, image_of
from lading.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from lading.assembly.ground import Ground
    from lading.assembly.includes import Contents
    from lading.assembly.making import Fetch, Made
    from lading.assembly.system import Installer
    from lading.bases import Base
    from lading.grammar.reference import Digest
    from lading.info import ImageInfo
    from lading.oci.blobs import Artifact, Blob
    from lading.oci.media_types import Vocabulary
    from lading.progress import Progress
    from lading.store import Store
    from lading.wheels import Interpreter

__all__ = ["Assembled", "AssembledLayer", "Assembler"]

_MOST_LAYERS: Final = 127
"""What overlay drivers stack, the base's layers among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssembledLayer:
    """A layer of an image.

    Attributes:
        name: As the image's history calls it.
        digest: Of its blob.
        size: Of that, in bytes.
        outcome: How it came to be.
    """

    name: str
    digest: Digest
    size: int
    outcome: Literal["made", "reused", "base"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """An image.

    Attributes:
        artifact: Its manifest, with all that it refers to.
        layers: From the base's lowest up.
        remarks: What a user has to know of it.
    """

    artifact: Artifact
    layers: tuple[AssembledLayer, ...]
    remarks: tuple[str, ...] = ()

    @property
    def image_id(self) -> Digest:
        """The digest of its configuration."""
        return self.artifact.blobs[0].descriptor.digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembler:
    """What assembles images on one base.

    Attributes:
        store: Where layers are kept.
        base: What images are put on.
        wheels: Gets wheels; called once at most, and never where no layer has to be made.
        installer: Installs system packages.
        contents: The project's files, by their path in the frozen folder.
        environ: Where an interpreter is looked for that compiles modules.
        created: The image's time, in seconds since 1970.
        vocabulary: The media types.
        progress: Told of each layer.
        budget: How many layers there may be on top of the base's.
        at_once: How many are made at the same time; 0 for one each core.
        begun: Told of each layer as soon as it has been made, from any thread; not of those that
            were there.
    """

    store: Store
    base: Base
    wheels: Fetch
    installer: Installer
    contents: Contents
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    created: int = MTIME
    vocabulary: Vocabulary = "oci"
    progress: Progress = SILENT
    budget: int = BUDGET
    at_once: int = 0
    begun: Callable[[AssembledLayer, Blob], object] = lambda *_: None

    def assemble(self, info: ImageInfo) -> Assembled:
        """The image.

        Raises:
            ImageError: Something has to be executed for it, the base doesn't fit, or files are not
                as they must be.
            LadingError: Wheels or files of the base can't be had.
        """
        ground = ground_of(info, self.base, self.store)
        compiler = self._compiler(info, ground)
        room = _MOST_LAYERS - len(self.base.layers) - models_in(info)
        layers = plan(info, budget=min(self.budget, room))
        self._check_number(len(layers))
        found = jobs(
            info,
            layers,
            ground=ground,
            packaging=_packaging(info, ground, compiler),
            contents=self.contents,
            installer=self.installer,
        )
        done = made(
            tuple(found),
            self.store,
            self.wheels,
            progress=self.progress,
            at_once=self.at_once,
            tell=lambda one: self.begun(_told(one), one.stored.blob),
        )
        check_once(done, self.store)
        return Assembled(
            artifact=self._image(info, done, compiler),
            layers=(*_base_layers(self.base), *map(_told, done)),
            remarks=(
                *self._remarks(info, ground, compiler),
                *(remark for one in done for remark in remarks_in(one.stored.attachment)),
            ),
        )

    def _check_number(self, layers: int) -> None:
        base = len(self.base.layers)
        if base + layers > _MOST_LAYERS:
            message = (
                f"the base image {self.base.name} has {base} layers, and {layers} more of the "
                f"image's own make {base + layers}: an engine stacks {_MOST_LAYERS} at most"
            )
            raise ImageError(message, hint="take a base image with fewer layers")

    def _image(
        self, info: ImageInfo, done: Sequence[Made], compiler: Interpreter | None
    ) -> Artifact:
        created = moment(self.created)
        config = document(
            info,
            self.base,
            [one.job.layer for one in done],
            created=created,
            vocabulary=self.vocabulary,
            compiler=compiler.version if compiler is not None else None,
        )
        own = [Layer(blob=one.stored.blob, diff_id=one.stored.diff_id) for one in done]
        return image_of(
            config,
            (*self.base.layers, *own),
            vocabulary=self.vocabulary,
            annotations=annotations_of(info, created=created),
        )

    def _compiler(self, info: ImageInfo, ground: Ground) -> Interpreter | None:
        if not info.compile_bytecode:
            return None
        from lading.wheels import find_interpreter  # noqa: PLC0415 - only where one compiles

        return find_interpreter(ground.series, self.environ)

    def _remarks(
        self, info: ImageInfo, ground: Ground, compiler: Interpreter | None
    ) -> Iterator[str]:
        if info.compile_bytecode and compiler is None:
            yield (
                f"modules are not compiled: no Python {ground.series} is at hand; "
                "with one on PATH they are, or say compile_bytecode=False"
            )
        inherited = self.base.config.execution.healthcheck
        if self.vocabulary == "oci" and (info.config.healthcheck or inherited) is not None:
            yield NO_HEALTHCHECK
        if "" in ground.owned(info.config):
            yield "the folder / stays root's: no layer of an image can give it away"


def _packaging(info: ImageInfo, ground: Ground, compiler: Interpreter | None) -> Packaging | None:
    if info.venv is None:
        return None
    return Packaging(
        prefix=info.venv, root=ground.resolved(info.venv), series=ground.series, compiler=compiler
    )


def _base_layers(base: Base) -> Iterator[AssembledLayer]:
    for layer in base.layers:
        found = layer.blob.descriptor
        yield AssembledLayer(
            name=f"base image {base.name}", digest=found.digest, size=found.size, outcome="base"
        )


def _told(one: Made) -> AssembledLayer:
    found = one.stored.descriptor
    return AssembledLayer(
        name=one.job.layer.name, digest=found.digest, size=found.size, outcome=one.outcome
    )
