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

# How a path begins that may have a colon in it.
_PATHS: Final = ("/", "./", "../")

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
        name: What the image is called there, beside its tags.
    """

    kind: LocalKind
    path: Path
    name: str | None = None

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
        from lading.oci import transports  # noqa: PLC0415 - only where one is written

        target = transports.FileTransport(kind=self.kind, path=self.path, name=self.name)
        return transports.write(target, artifacts, names=names)


def _check_folder(path: Path) -> None:
    from lading.oci.layout import is_of_others  # noqa: PLC0415 - only where one is written

    if path.is_dir():
        if is_of_others(path):
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
    """The place that `text` names: `kind:PATH[:NAME]`, or a path whose suffix tells the kind.

    Raises:
        Invalid: It names none.
    """
    if text.startswith(tuple(f"{kind}:" for kind in KINDS)):
        return _with_word(text)
    if (":" in text or "@" in text) and not text.startswith(_PATHS):
        raise Invalid(
            f"{shown(text)} is no path",
            hint="an image goes to a registry by -t REF --push; here, " + _FORM,
        )
    path = _path(text, text)
    suffix = path.suffix.lower()
    if suffix == ".tar":
        return Destination(kind="oci-archive", path=path)
    if suffix in _OTHER_SUFFIXES and not path.is_dir():
        raise Invalid(f"{shown(text)} ends in {path.suffix}, which no image does", hint=_FORM)
    return Destination(kind="oci", path=path)


def _with_word(text: str) -> Destination:
    from lading.oci.transports import FileTransport, parse_transport  # noqa: PLC0415 - seldom

    found = parse_transport(text, base=Path.cwd())
    assert isinstance(found, FileTransport)  # noqa: S101 - each of these words is of one
    return Destination(kind=found.kind, path=found.path, name=found.name)


def _path(text: str, word: str) -> Path:
    if not text or "\0" in text:
        raise Invalid(f"{shown(word)} names no place", hint=_FORM)
    return Path(text).absolute()
