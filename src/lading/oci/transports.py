"""Where images are read from and written to, in the words that skopeo and podman use too.

    oci:PATH[:NAME]              an image layout's folder
    oci-archive:PATH[:NAME]      the same as a .tar
    docker-archive:PATH[:NAME]   what `docker save` writes
    docker://REFERENCE           a registry

As skopeo does, a path ends at its first colon. Without such a word, `./PATH`, `/PATH`, what ends in
`.tar`, and a folder or file that holds images is a path, whole; all else is a reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from lading.errors import ImageError
from lading.grammar.invalid import Invalid
from lading.grammar.reference import ImageReference
from lading.grammar.words import expect_text, shown
from lading.oci import archive, docker_archive, layout
from lading.oci.graph import INDEX, MARK, pick
from lading.oci.members import find_members
from lading.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lading.oci.blobs import Artifact
    from lading.platforms import Platform
    from lading.progress import Progress

__all__ = [
    "FileTransport",
    "RegistryTransport",
    "Transport",
    "parse_transport",
    "read",
    "read_one",
    "write",
]

Kind: TypeAlias = Literal["oci", "oci-archive", "docker-archive"]

_KINDS: Final[dict[str, Kind]] = {
    "oci": "oci",
    "oci-archive": "oci-archive",
    "docker-archive": "docker-archive",
}
_REGISTRY: Final = "docker://"

# The words of skopeo's that have no meaning here.
_OTHERS: Final = ("containers-storage:", "dir:", "docker-daemon:", "ostree:", "tarball:", "sif:")

# containers/image, oci/internal: what a layout may call an image.
_NAME: Final = r"[A-Za-z0-9](?:[A-Za-z0-9._:@/+-]*[A-Za-z0-9])?"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTransport:
    """A folder or a file that holds images, or is to.

    Attributes:
        kind: Which of the three.
        path: Where it is.
        name: What the image is called there, where that is said.
        text: As it was written.
    """

    kind: Kind
    path: Path
    name: str | None = None
    text: str = ""

    def __str__(self) -> str:
        return self.text or f"{self.kind}:{self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryTransport:
    """An image in a registry."""

    reference: ImageReference

    def __str__(self) -> str:
        return f"{_REGISTRY}{self.reference}"


Transport: TypeAlias = FileTransport | RegistryTransport


def parse_transport(text: str, *, base: Path) -> Transport:
    """Where `text` says that an image is.

    Args:
        text: See above.
        base: The folder that paths start from.

    Raises:
        Invalid: It is neither a path with one of the words, nor a reference.
        ImageError: A path that stands bare is there, and holds no images.
    """
    word, _, rest = expect_text("image", text).partition(":")
    if text.startswith(_REGISTRY):
        return RegistryTransport(reference=_reference(text.removeprefix(_REGISTRY), text))
    if word in _KINDS:
        return _with_word(_KINDS[word], rest, text, base)
    if text.startswith(_OTHERS):
        raise Invalid(
            f"image {shown(text)} has a transport that Lading doesn't know",
            hint="write oci:PATH, oci-archive:PATH, docker-archive:PATH or docker://REFERENCE",
        )
    if _is_path(text, base):
        return _bare(text, base)
    return RegistryTransport(reference=_reference(text, text))


def _reference(text: str, whole: str) -> ImageReference:
    try:
        return ImageReference.parse(text)
    except Invalid as error:
        hint = error.hint or "a path is written oci:PATH, or begins with ./"
        raise Invalid(
            f"{error.message} (in {shown(whole)})" if text != whole else error.message, hint=hint
        ) from None


def _with_word(kind: Kind, rest: str, text: str, base: Path) -> FileTransport:
    path, colon, name = rest.partition(":")
    if not path or "\0" in path:
        raise Invalid(f"image {shown(text)} names no path", hint=f"write {kind}:PATH")
    if colon and not re.fullmatch(_NAME, name):
        raise Invalid(
            f"image {shown(text)} has the invalid name {shown(name)}",
            hint="after the path comes the image's tag or reference: oci:PATH:TAG",
        )
    return FileTransport(kind=kind, path=base / path, name=name or None, text=text)


def _is_path(text: str, base: Path) -> bool:
    begins = text.startswith(("/", "./", "../")) or text in {".", ".."}
    if begins or text.lower().endswith((".tar", "/")):
        return True
    path = base / text
    return layout.is_layout(path) or path.is_file()


def _bare(text: str, base: Path) -> FileTransport:
    path = base / text
    return FileTransport(kind=_kind_of(path, text), path=path, text=text)


def _kind_of(path: Path, text: str) -> Kind:
    """What stands there; where nothing does, what its name says: `x.tar` is to be an archive."""
    if path.is_dir() or not path.exists():
        return "oci-archive" if text.lower().endswith(".tar") and not path.is_dir() else "oci"
    files = find_members(path).files
    # `docker save` since version 25 writes both: a layout keeps the images' own digests.
    if MARK in files and INDEX in files:
        return "oci-archive"
    if docker_archive.MANIFEST in files:
        return "docker-archive"
    raise ImageError(
        f"{text} holds no image",
        hint="an archive has index.json (OCI) or manifest.json (`docker save`) at its top",
    )


def read(source: FileTransport) -> tuple[Artifact, ...]:
    """The images there; those of the one name, where the source says one.

    Raises:
        ImageError: What is there is not what it must be, or has no image of the name.
    """
    readers = {"oci": layout.read, "oci-archive": archive.read}
    found = readers.get(source.kind, docker_archive.read)(source.path)
    if source.name is None:
        return found
    return (pick(found, where=str(source), name=source.name),)


def read_one(source: FileTransport, platform: Platform | None) -> Artifact:
    """The one image there that is meant.

    Args:
        source: Where it is.
        platform: What it is for; None takes an index whole.

    Raises:
        ImageError: There is none, or more than one.
    """
    return pick(read(source), where=str(source), platform=platform)


def write(
    target: FileTransport,
    artifacts: Iterable[Artifact],
    *,
    names: Iterable[str] = (),
    progress: Progress = SILENT,
) -> bool:
    """Put these images there; see each kind's own `write`.

    Under a name that the target says, an image comes into a layout beside those of other names, as
    with skopeo; else the layout holds nothing else afterwards. An archive is written whole.

    Args:
        target: Where.
        artifacts: The images.
        names: What the one image is called, beside the target's own name.
        progress: Told of each layer, by its digest.

    Returns:
        Whether anything was written: where it is there already, nothing is touched.

    Raises:
        ImageError: It can't be done.
        LadingError: A blob can't be had.
    """
    own = () if target.name is None else (target.name,)
    called = tuple(dict.fromkeys((*own, *names)))
    if target.kind == "oci":
        keeps = target.name is not None
        return layout.write(target.path, artifacts, names=called, keeps=keeps, progress=progress)
    write_to = archive.write if target.kind == "oci-archive" else docker_archive.write
    return write_to(target.path, artifacts, names=called, progress=progress)
