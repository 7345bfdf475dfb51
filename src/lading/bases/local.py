"""A base image that is a file or folder of the project: what it holds, and which of it is meant."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from lading.errors import ImageError
from lading.grammar.nearest import did_you_mean
from lading.oci.blobs import digest_of
from lading.oci.choice import choose_descriptor
from lading.oci.documents import Index, encode_index
from lading.oci.making import config_of
from lading.oci.media_types import CONFIGS, OCI

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from lading.grammar.base import LocalImage
    from lading.grammar.reference import Digest
    from lading.oci.blobs import Artifact
    from lading.platforms import Platform

__all__ = ["Local", "read_local"]

# OCI image-spec, annotations: what a layout calls one of its images.
_NAME: Final = "org.opencontainers.image.ref.name"

# BuildKit's attestation storage: a manifest in the index, for no platform that there is.
_ATTESTATION: Final = ("vnd.docker.reference.type", "attestation-manifest")
_UNKNOWN: Final = "unknown/unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """What a local base image holds.

    Attributes:
        name: As errors call it.
        artifacts: The images and indexes at its top.
    """

    name: str
    artifacts: tuple[Artifact, ...]

    @property
    def digest(self) -> Digest:
        """Of all that it holds: that of the one artifact, or of an index over the several."""
        if len({one.descriptor.digest for one in self.artifacts}) == 1:
            return self.artifacts[0].descriptor.digest
        found = (replace(one.descriptor, annotations=()) for one in self.artifacts)
        index = Index(media_type=OCI["index"], manifests=tuple(found))
        return digest_of(encode_index(index))

    def image(self, platform: Platform) -> Artifact:
        """The one image for a platform.

        Raises:
            ImageError: There is none, or there are several.
        """
        images = {one.descriptor.digest: one for one in self._images()}
        try:
            chosen = choose_descriptor(
                (one.descriptor for one in images.values()), platform, self.name
            )
        except ImageError as error:
            asked = "lock and build it for no other (--platform)"
            raise ImageError(
                replace(one, hint=f"{one.hint}: {asked}" if one.hint else asked)
                for one in error.problems
            ) from None
        same = [one for one in images.values() if one.descriptor.platform == chosen.platform]
        if len(same) > 1:
            raise ImageError(
                f"{self.name} has {len(same)} images for {chosen.platform}: {_names(same)}",
                hint="save the one that is meant to a file or folder of its own",
            )
        return same[0]

    def _images(self) -> Iterator[Artifact]:
        """Every image, with its platform; attestations and signatures are none."""
        for root in self.artifacts:
            for one in root.manifests():
                if one.children or not _is_image(one):
                    continue
                described = one.descriptor
                if described.platform is None:
                    described = replace(described, platform=config_of(one).platform)
                # In an index, only the index itself has a name.
                names = {**dict(root.descriptor.annotations), **dict(described.annotations)}
                annotations = tuple(sorted(names.items()))
                yield replace(one, descriptor=replace(described, annotations=annotations))


def read_local(base: LocalImage, project: Path) -> Local:
    """What the file or folder that `base` names holds now.

    Args:
        base: The base image.
        project: The project's folder.

    Raises:
        ImageError: It isn't there, leaves the project, or is no such image.
    """
    path = project / base.path.text
    _check_path(base, path, project)
    try:
        return Local(name=str(base), artifacts=_read(base, path))
    except ImageError as error:
        named = f"base image {base}"
        problems = (
            replace(one, message=_named(one.message, path, named)) for one in error.problems
        )
        raise ImageError(tuple(problems)) from None


def _named(message: str, path: Path, name: str) -> str:
    """The message, with what the user wrote in the place of the file's path."""
    return message.replace(str(path), name) if str(path) in message else f"{name}: {message}"


def _check_path(base: LocalImage, path: Path, project: Path) -> None:
    if not path.exists():
        raise ImageError(f"base image {base} is not in the project", hint=_near(base, path))
    if not path.resolve().is_relative_to(project.resolve()):
        raise ImageError(
            f"base image {base} leaves the project by a symbolic link",
            hint="copy it into the project",
        )
    if path.is_dir() and base.kind != "oci":
        raise ImageError(
            f"base image {base} is a folder, and {base.kind} is a file",
            hint=f'for an image layout, write "oci:{base.path}"',
        )
    if not path.is_dir() and base.kind == "oci":
        raise ImageError(
            f"base image {base} is a file, and oci is a folder",
            hint=f'write "oci-archive:{base.path}", or "docker-archive:{base.path}" for what '
            "`docker save` wrote",
        )


def _near(base: LocalImage, path: Path) -> str | None:
    folder = path.parent
    if not folder.is_dir():
        return None
    prefix = base.path.text.rpartition("/")[0]
    start = f"{base.kind}:{prefix}/" if prefix else f"{base.kind}:"
    names = sorted(f"{start}{one.name}" for one in folder.iterdir())
    return did_you_mean(str(base), names)


def _read(base: LocalImage, path: Path) -> tuple[Artifact, ...]:
    from lading.oci import archive, docker_archive, layout  # noqa: PLC0415 - one of them is used

    match base.kind:
        case "oci":
            return layout.read(path)
        case "oci-archive":
            return archive.read(path)
        case "docker-archive":
            return docker_archive.read(path)


def _is_image(one: Artifact) -> bool:
    described = one.descriptor
    if _ATTESTATION in described.annotations or str(described.platform) == _UNKNOWN:
        return False
    return bool(one.blobs) and one.blobs[0].descriptor.media_type in CONFIGS


def _names(images: Iterable[Artifact]) -> str:
    named: dict[str, list[str]] = defaultdict(list)
    for one in images:
        name = dict(one.descriptor.annotations).get(_NAME)
        named[name or str(one.descriptor.digest)].append(name or "")
    return ", ".join(sorted(named))
