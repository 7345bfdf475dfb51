"""Headers of tar archives: the one function that writes them.

POSIX.1-1988 `ustar`, with records of POSIX.1-2001 (`pax`) only for what doesn't fit there: a long
name, a character that is not ASCII, 8 GiB and more. The standard library's writer is not used: what
it writes differs between versions of Python, and it is slow for tens of thousands of files.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from lading.errors import ImageError
from lading.oci.entries import MTIME, Entry, Folder, Hardlink, Regular, Symlink

__all__ = ["BLOCK", "END", "check_path", "header", "padding"]

BLOCK: Final = 512
END: Final = bytes(2 * BLOCK)
"""What ends an archive: two blocks of zeros."""

_NAME: Final = 100
_PREFIX: Final = 155
_LARGEST_SIZE: Final = 8**11 - 1
_LARGEST_ID: Final = 8**7 - 1
_TYPES: Final = {Regular: b"0", Hardlink: b"1", Symlink: b"2", Folder: b"5"}
_TIME: Final = b"%011o\0" % MTIME
_TAIL: Final = b"ustar\x0000" + bytes(32 + 32 + 8 + 8)  # no user, no group, no device
_WHITEOUT: Final = ".wh."


def header(entry: Entry, size: int) -> bytes:
    """The block or blocks before an entry's bytes.

    Args:
        entry: Whose header it is.
        size: How many bytes follow; 0 for all but regular files.

    Raises:
        ImageError: Its path or target can't stand in a layer.
    """
    path = _encoded(entry, f"{entry.path}/" if isinstance(entry, Folder) else entry.path)
    target = _encoded(entry, entry.target) if isinstance(entry, Symlink | Hardlink) else b""
    split = _split(path)
    extended = _records(entry, path if split is None else b"", target, size)
    prefix, name = split or (b"", _ascii(path)[:_NAME])
    block = _block(
        name,
        prefix,
        _numbers(entry.mode & 0o7777, *(_small(x, _LARGEST_ID) for x in (entry.uid, entry.gid))),
        _small(size, _LARGEST_SIZE),
        _TYPES[type(entry)],
        target if target.isascii() and len(target) <= _NAME else b"",
    )
    return _extension(extended) + block if extended else block


def padding(size: int) -> int:
    """How many zeros follow so many bytes, up to the next block."""
    return -size % BLOCK


def check_path(entry: Entry) -> None:
    """An entry's path says where it is, and nothing else.

    Raises:
        ImageError: It leaves the image, is not in its one spelling, or would delete a file: layers
            mark that by a name that begins with `.wh.` (OCI image-spec, layer.md).
    """
    parts = entry.path.split("/")
    if "" in parts or "." in parts or ".." in parts or "\0" in entry.path:
        raise _refused(entry, "it is no path inside an image")
    if _WHITEOUT in entry.path and any(part.startswith(_WHITEOUT) for part in parts):
        raise _refused(
            entry,
            "a name that begins with .wh. deletes a file in a layer",
            hint="no image can hold such a file: rename it, or leave it out",
        )
    if isinstance(entry, Symlink) and (not entry.target or "\0" in entry.target):
        raise _refused(entry, "its link has no valid target")


def _refused(entry: Entry, reason: str, *, hint: str | None = None) -> ImageError:
    message = f"{entry.source or 'a layer'} has the path {entry.path!r}: {reason}"
    return ImageError(message, hint=hint)


def _encoded(entry: Entry, text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise _refused(entry, "it is no valid Unicode") from None


def _split(path: bytes) -> tuple[bytes, bytes] | None:
    """The path's prefix and name as ustar holds them; None where they don't fit."""
    if not path.isascii():
        return None
    if len(path) <= _NAME:
        return b"", path
    cut = path.find(b"/", len(path) - _NAME - 1, len(path) - 1)
    return (path[:cut], path[cut + 1 :]) if 0 < cut <= _PREFIX else None


def _ascii(path: bytes) -> bytes:
    return path.decode().encode("ascii", "replace")


def _small(number: int, largest: int) -> int:
    """The number where its field can hold it, else 0: a record has it then."""
    return number if number <= largest else 0


@lru_cache(maxsize=64)
def _numbers(mode: int, uid: int, gid: int) -> bytes:
    return b"%07o\0%07o\0%07o\0" % (mode, uid, gid)


def _block(  # noqa: PLR0913, PLR0917 - the fields of a header
    name: bytes, prefix: bytes, numbers: bytes, size: int, kind: bytes, target: bytes
) -> bytes:
    fields = b"%b%011o\0%b" % (numbers, size, _TIME)
    rest = b"%b%b%b%b" % (kind, target.ljust(_NAME, b"\0"), _TAIL, prefix.ljust(167, b"\0"))
    # The checksum counts its own eight bytes as blanks.
    checksum = sum(name) + sum(fields) + sum(rest) + 8 * 32
    return b"%b%b%06o\0 %b" % (name.ljust(_NAME, b"\0"), fields, checksum, rest)


def _records(entry: Entry, path: bytes, target: bytes, size: int) -> bytes:
    """The records for what no field can hold; in the order of their names."""
    found = []
    if entry.gid > _LARGEST_ID:
        found.append((b"gid", b"%d" % entry.gid))
    if len(target) > _NAME or not target.isascii():
        found.append((b"linkpath", target))
    if path:
        found.append((b"path", path))
    if size > _LARGEST_SIZE:
        found.append((b"size", b"%d" % size))
    if entry.uid > _LARGEST_ID:
        found.append((b"uid", b"%d" % entry.uid))
    return b"".join(_record(name, value) for name, value in found)


def _record(name: bytes, value: bytes) -> bytes:
    """`length name=value`, where the length counts itself (POSIX.1-2001, pax, extended header)."""
    rest = b" %b=%b\n" % (name, value)
    length = len(rest)
    while len(b"%d" % length) + len(rest) != length:
        length = len(b"%d" % length) + len(rest)
    return b"%d%b" % (length, rest)


def _extension(records: bytes) -> bytes:
    block = _block(b"././@PaxHeader", b"", _numbers(0o644, 0, 0), len(records), b"x", b"")
    return block + records + bytes(padding(len(records)))
