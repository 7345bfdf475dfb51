"""The control file inside a .deb: deb(5), read without running anything of the package."""

from __future__ import annotations

import io
import re
import tarfile
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from lading import process
from lading.debian.unpack import gunzip, unxz
from lading.errors import ResolutionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["control_of"]

_MAGIC: Final = b"!<arch>\n"
_HEADER: Final = 60
_HEADER_END: Final = b"`\n"
_MEMBERS: Final = 4  # the format's version, at most one extra, the control archive
_FILES: Final = 1000
_MAX_PACKED: Final = 16 << 20
_MAX_PLAIN: Final = 64 << 20
_MAX_CONTROL: Final = 1 << 20
_SECONDS: Final = 60.0


def control_of(file: Path, *, what: str, environ: Mapping[str, str]) -> str:
    """The text of a package's control file.

    Args:
        file: The .deb.
        what: What the package is called, for the error.
        environ: Where `zstd` is found, which Ubuntu's packages need (and no Python before 3.14
            has).

    Raises:
        ResolutionError: It is no .deb, or is damaged.
    """
    try:
        with file.open("rb") as content:
            name, packed = _control_member(content)
        plain = _unpacked(name, packed, environ)
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


def _unpacked(name: str, packed: bytes, environ: Mapping[str, str]) -> bytes:
    match name.removeprefix("control.tar"):
        case "":
            return packed
        case ".gz":
            return gunzip(packed, _MAX_PLAIN)
        case ".xz":
            return unxz(packed, _MAX_PLAIN)
        case ".zst":
            return _unzstd(packed, environ)
        case suffix:
            raise ValueError(f"its control member is compressed in an unknown way, {suffix}")


def _unzstd(packed: bytes, environ: Mapping[str, str]) -> bytes:
    try:
        from compression import zstd  # type: ignore[import-not-found] # noqa: PLC0415 - since 3.14
    except ImportError:
        return _unzstd_by_program(packed, environ)
    with zstd.open(io.BytesIO(packed)) as file:
        return _read_all(file)


def _unzstd_by_program(packed: bytes, environ: Mapping[str, str]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="lading-") as name:
        folder = Path(name)
        (folder / "control.zst").write_bytes(packed)
        argv = ("zstd", "-d", "-q", "--memory=128MB", "-o", "control", "control.zst")
        env = {"LC_ALL": "C", **{name: environ[name] for name in ("PATH",) if name in environ}}
        try:
            done = process.run(argv, env=env, cwd=folder, timeout=_SECONDS)
        except process.ProgramNotFound:
            raise ResolutionError(
                "Ubuntu's packages are compressed by zstd, which is not on the PATH",
                hint="install zstd, or use Python 3.14 or newer",
            ) from None
        if done.returncode != 0:
            raise ValueError(done.stderr.strip() or "zstd can't unpack it")
        with (folder / "control").open("rb") as file:
            return _read_all(file)


def _read_all(file: IO[bytes]) -> bytes:
    plain = file.read(_MAX_PLAIN + 1)
    if len(plain) > _MAX_PLAIN:
        raise ValueError("its control member is too large")
    return plain


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
