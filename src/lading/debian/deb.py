"""The control file inside a .deb: deb(5), read without running anything of the package."""

from __future__ import annotations

import io
import re
import tarfile
from typing import IO, TYPE_CHECKING, Final

from lading.debian.unpack import gunzip, unxz, unzstd
from lading.errors import ResolutionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["control_of"]

_MAGIC: Final = b"!<arch>\n"
_HEADER: Final = 60
_HEADER_END: Final = b"`\n"
_MEMBERS: Final = 4  # the format's version, at most one extra, the control archive
_FILES: Final = 1000
_MAX_PACKED: Final = 16 << 20
_MAX_PLAIN: Final = 64 << 20
_MAX_CONTROL: Final = 1 << 20


def control_of(file: Path, *, what: str) -> str:
    """The text of a package's control file.

    Args:
        file: The .deb.
        what: What the package is called, for the error.

    Raises:
        ResolutionError: It is no .deb, or is damaged.
    """
    try:
        with file.open("rb") as content:
            name, packed = _control_member(content)
        plain = _unpacked(name, packed)
        return _control_file(plain)
    except (OSError, EOFError, ValueError, tarfile.TarError) as error:
        raise ResolutionError(f"{what} can't be read as a Debian package: {error}") from None


def _control_member(content: IO[bytes]) -> tuple[str, bytes]:
    """The member `control.tar` and its compression: the second, after the format's version."""
    if content.read(len(_MAGIC)) != _MAGIC:
        raise ValueError("it is no ar archive")
    for name, size in _members(content):
        if name.startswith("control.tar"):
            packed = content.read(size) if size <= _MAX_PACKED else b""
            if len(packed) != size:
                raise EOFError("its control member is cut off, or too large")
            return name, packed
        content.seek(size + size % 2, io.SEEK_CUR)
    raise ValueError("it has no control member")


def _members(content: IO[bytes]) -> Iterator[tuple[str, int]]:
    """Names and sizes; the caller moves on to the next header."""
    for _ in range(_MEMBERS):
        header = content.read(_HEADER)
        match = re.fullmatch(rb"([!-~]{1,16}) *", header[:16])
        size = re.fullmatch(rb"([0-9]{1,10}) *", header[48:58])
        if match is None or size is None or header[58:] != _HEADER_END:
            raise ValueError("it has a damaged header")
        yield match[1].decode().rstrip("/"), int(size[1])


def _unpacked(name: str, packed: bytes) -> bytes:
    match name.removeprefix("control.tar"):
        case "":
            return packed
        case ".gz":
            return gunzip(packed, _MAX_PLAIN)
        case ".xz":
            return unxz(packed, _MAX_PLAIN)
        case ".zst":
            return unzstd(packed, _MAX_PLAIN)
        case suffix:
            raise ValueError(f"its control member is compressed in an unknown way, {suffix}")


def _control_file(plain: bytes) -> str:
    with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as archive:
        for _ in range(_FILES):
            member = archive.next()
            if member is None:
                break
            if member.name.removeprefix("./") == "control" and member.isreg():
                file = archive.extractfile(member)
                if file is None or member.size > _MAX_CONTROL:
                    break
                return file.read(_MAX_CONTROL).decode()
    raise ValueError("it has no control file")
