"""What `lading explain` was asked about, found: packages of the lock, and layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.cli.loading import loaded
from lading.cli.planning import default_image
from lading.errors import SpecificationError
from lading.explain.naming import by_digest, by_name, digest_in
from lading.grammar.nearest import did_you_mean
from lading.grammar.words import shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lading.explain.image import ImageExplainer
    from lading.explain.layers import BuiltLayer, LayerReport
    from lading.explain.packages import PackageReport
    from lading.grammar.base import BaseImage
    from lading.machine import Machine
    from lading.platforms import Platform

__all__ = ["Explaining"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explaining:
    """Finds what a word names, and explains it.

    Attributes:
        machine: How to reach what is needed.
        platform: What the image is for.
        offline: Whether to refuse, rather than to fetch.
        say: Told what is going on.
    """

    machine: Machine
    platform: Platform
    offline: bool
    say: Callable[[str], None]

    def of_image(self, name: str, source: str) -> tuple[LayerReport, ...]:
        """The layers of an image that a word names.

        Raises:
            SpecificationError: It names none.
            LadingError: The image can't be read.
        """
        from lading.cli.sending import read_images, read_transport  # noqa: PLC0415 - for images
        from lading.explain.layers import built_layers  # noqa: PLC0415

        images = read_images(read_transport(source), self.machine, None)
        layers = tuple(built_layers(images))
        found = self._named(name, layers)
        if not found:
            raise SpecificationError(
                f"{source} has no layer {shown(name)}",
                hint=did_you_mean(name, [one.name for one in layers])
                or f"`lading inspect {source}` names them",
            )
        return tuple(map(self._built, found))

    def of_target(
        self, name: str, target: str, project: str | None, base_image: BaseImage | None
    ) -> tuple[tuple[PackageReport, ...], tuple[LayerReport, ...]]:
        """The packages of an image that a word names, or else its layers.

        Raises:
            SpecificationError: It names neither.
            LadingError: The lock does not fit, or a package can't be read.
        """
        from lading.explain.image import ImageExplainer  # noqa: PLC0415 - only for this command
        from lading.freeze import Freezer  # noqa: PLC0415
        from lading.lock.file import lock_name, read_lock  # noqa: PLC0415

        found = loaded(target, project=project, base_image=base_image)
        freezer = Freezer(
            machine=self.machine,
            locked=True,
            allow_unpinned_base=True,
            offline=self.offline,
            say=self.say,
        )
        kept = default_image(found.project)
        decided = freezer.decide(
            found.image,
            platform=str(self.platform),
            project=found.project,
            outputs=(kept,),
            for_engine=False,
        )
        lock = read_lock(found.project, lock_name(found.image))
        locked = None if lock is None else lock.platform(str(self.platform))
        assert locked is not None  # noqa: S101 - by which it was decided
        explainer = ImageExplainer(
            freezer=freezer,
            decided=decided,
            written=found.image,
            locked=locked,
            store=self.machine.store(),
        )
        packages = explainer.packages(name)
        layers = () if packages else (*self._kept(name, kept), *explainer.layers(name))
        if not packages and not layers:
            raise self._unknown(name, explainer)
        return packages, layers

    def _kept(self, name: str, kept: Path) -> tuple[LayerReport, ...]:
        """The layers of the image that the last build has left, by their digests."""
        from lading.explain.layers import built_layers  # noqa: PLC0415 - only for this command
        from lading.oci import layout  # noqa: PLC0415

        start = digest_in(name)
        if start is None or not layout.is_layout(kept):
            return ()
        return tuple(map(self._built, by_digest(start, built_layers(layout.read(kept)))))

    def _named(self, name: str, layers: tuple[BuiltLayer, ...]) -> tuple[BuiltLayer, ...]:
        start = digest_in(name)
        found = by_digest(start, layers) if start else ()
        return found or by_name(name, ((one.name, one) for one in layers))

    def _built(self, layer: BuiltLayer) -> LayerReport:
        from lading.cli.looking import looked_into  # noqa: PLC0415 - only for this command
        from lading.explain.layers import LayerReport, why_a_layer  # noqa: PLC0415

        look = looked_into(layer.blob, self.machine.store())
        holds = look.distributions if look else ()
        return LayerReport(
            name=layer.name,
            platform=layer.platform,
            kind=layer.kind,
            digest=str(layer.blob.descriptor.digest),
            size=layer.blob.descriptor.size,
            unpacked=look.unpacked if look else None,
            files=look.files if look else None,
            holds=holds,
            why=why_a_layer(layer.kind, alone=None if len(holds) == 1 else False),
            at=layer.at,
        )

    def _unknown(self, name: str, explainer: ImageExplainer) -> SpecificationError:
        from lading.explain.roots import platforms_asking  # noqa: PLC0415 - for this error only

        message = f"the image has no package and no layer {shown(name)} for {self.platform}"
        hint = did_you_mean(name, explainer.names())
        if built := explainer.built_with(name):
            hint = f"it is there to build {', '.join(built)}, in a stage that is not shipped"
        elif others := platforms_asking(name, explainer.written):
            hint = f"it is asked for on {', '.join(others)}: --platform {others[0]}"
        elif hint is None and digest_in(name):
            hint = "name the image whose layer it is: --image SRC"
        return SpecificationError(message, hint=hint)
