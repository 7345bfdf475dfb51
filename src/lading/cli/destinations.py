"""Where an image that was made without an engine is written, as `-o` says it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lading.errors import ImageError
from lading.grammar.base import KINDS, LocalKind
from lading.grammar.invalid import Invalid
from lading.grammar.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lading.oci.blobs import Artifact

__all__ = ["Destination", "parse_destination"]

_FORM: Final = 'write a folder, a file such as image.tar, or "docker-archive:image.tar"'

# Names that promise something that no image is written as.
_OTHER_SUFFIXES: Final = frozenset(
    {".tgz", ".gz", ".zst", ".xz", ".bz2", ".zip", ".img", ".sif", ".oci", ".json"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A layout's folder, or the file of an archive.

    Attributes:
        kind: Which.
        path: Where.
    """

    kind: LocalKind
    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def check(self) -> None:
        """Refuse, before anything is made, a place that holds what is not to be replaced.

        Raises:
            ImageError: It does.
        """
        if self.kind == "oci":
            _check_folder(self.path)
        elif self.path.is_dir():
            raise ImageError(
                f"{self.path} is a folder, and the archive is a file",
                hint=f"name a file in it: {self.path.name}/image.tar",
            )

    def write(self, artifacts: Iterable[Artifact], names: Iterable[str]) -> bool:
        """Write the images; whether anything was not there yet.

        Raises:
            ImageError: The place can't be written.
            LadingError: A layer can't be had.
        """
        # What is not written is not imported.
        if self.kind == "oci":
            from lading.oci import layout  # noqa: PLC0415

            return layout.write(self.path, artifacts, names=names)
        if self.kind == "oci-archive":
            from lading.oci import archive  # noqa: PLC0415

            return archive.write(self.path, artifacts, names=names)
        from lading.oci import docker_archive  # noqa: PLC0415

        return docker_archive.write(self.path, artifacts, names=names)


def _check_folder(path: Path) -> None:
    from lading.oci.layout import is_layout  # noqa: PLC0415 - only where one is written

    if path.is_dir():
        if not is_layout(path) and any(path.iterdir()):
            raise ImageError(
                f"{path} is not empty, and no image layout",
                hint="name another folder, or a new one",
            )
    elif path.exists():
        raise ImageError(
            f"{path} is a file, and an image layout is a folder",
            hint=f"name another, or write an archive: {path.with_suffix('.tar').name}",
        )


def parse_destination(text: str) -> Destination:
    """The place that `text` names: `kind:PATH`, or a path whose suffix tells the kind.

    Raises:
        Invalid: It names none.
    """
    for kind in KINDS:
        if text.startswith(f"{kind}:"):
            return Destination(kind=kind, path=_path(text.removeprefix(f"{kind}:"), text))
    if ":" in text or "@" in text:
        raise Invalid(
            f"{shown(text)} is no path",
            hint="an image goes to a registry by -t REF --push; here, " + _FORM,
        )
    path = _path(text, text)
    if path.suffix == ".tar":
        return Destination(kind="oci-archive", path=path)
    if path.suffix in _OTHER_SUFFIXES and not path.is_dir():
        raise Invalid(f"{shown(text)} ends in {path.suffix}, which no image does", hint=_FORM)
    return Destination(kind="oci", path=path)


def _path(text: str, word: str) -> Path:
    if not text or "\0" in text:
        raise Invalid(f"{shown(word)} names no place", hint=_FORM)
    return Path(text).absolute()
