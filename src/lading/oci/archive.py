"""OCI archives: an image layout as one .tar (`oci-archive` of skopeo, podman and BuildKit)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.errors import ImageError
from lading.oci.blobs import FileBlob
from lading.oci.graph import (
    INDEX,
    MARK,
    MARK_CONTENT,
    artifacts_of,
    blob_path,
    contents,
    index_content,
    named,
)
from lading.oci.layout import check_mark
from lading.oci.members import Members, find_members
from lading.oci.packing import pack
from lading.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lading.oci.blobs import Artifact, Blob, Descriptor
    from lading.progress import Progress

__all__ = ["read", "write"]


def read(path: Path) -> tuple[Artifact, ...]:
    """The images of an archive, as its index lists them; layers are read when they are needed.

    Raises:
        ImageError: It is no archive of a layout, or a document in it is not what it must be.
    """
    members = find_members(path)
    for name in (MARK, INDEX):
        if name not in members.files:
            hint = "an OCI archive has oci-layout, index.json and blobs at its top"
            raise ImageError(f"{path} is no OCI archive: it has no {name}", hint=hint)
    check_mark(members.document(MARK), str(path))
    return artifacts_of(members.document(INDEX), _Archive(members))


class _Archive:
    """The blobs of a layout in an archive."""

    def __init__(self, members: Members) -> None:
        self._members = members

    @property
    def name(self) -> str:
        return str(self._members.path)

    def blob(self, descriptor: Descriptor) -> Blob | None:
        member = self._members.files.get(blob_path(descriptor))
        if member is None:
            return None
        if member.size != descriptor.size:
            raise ImageError(
                f"{self.name}: {descriptor.digest} has {member.size} bytes, not {descriptor.size}"
            )
        return FileBlob(descriptor=descriptor, path=self._members.path, offset=member.offset)


def write(
    path: Path,
    artifacts: Iterable[Artifact],
    *,
    names: Iterable[str] = (),
    progress: Progress = SILENT,
) -> bool:
    """Make `path` an archive of these images.

    Args:
        path: The archive; an older one is replaced once the new one is whole.
        artifacts: The images.
        names: What the one image is called there: tags or references.
        progress: Told of each layer, by its digest.

    Returns:
        Whether anything was written: where it is there already, nothing is touched.

    Raises:
        ImageError: It can't be written, or a blob's bytes are not what its descriptor says; then
            what was there stays.
        LadingError: A blob can't be had.
    """
    roots = named(tuple(artifacts), tuple(names))
    blobs = {blob_path(blob.descriptor): blob for blob in contents(roots)}
    return pack(path, {**blobs, INDEX: index_content(roots), MARK: MARK_CONTENT}, progress=progress)
