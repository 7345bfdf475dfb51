"""Tar archives of any engine, read as they come: `ustar`, `pax`, GNU's and the oldest form.

The standard library's reader keeps every member and reads headers of any length into memory; this
one has bounds, and stops where its caller stops. What it takes is what Go's archive/tar takes, with
which docker, containerd and podman read layers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Final, Literal, TypeAlias

from lading.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Kind", "TarMember", "members"]

Kind: TypeAlias = Literal["file", "hardlink", "symlink", "character", "block", "folder", "fifo"]

_BLOCK: Final = 512
_EMPTY: Final = bytes(_BLOCK)
_STEP: Final = 1 << 20
_LONGEST: Final = 1 << 20
"""How long all that is said of one member may be; in Go's reader, each name and record."""

_KINDS: Final[dict[bytes, Kind]] = {
    b"\0": "file",
    b"0": "file",
    b"7": "file",
    b"1": "hardlink",
    b"2": "symlink",
    b"3": "character",
    b"4": "block",
    b"5": "folder",
    b"6": "fifo",
}
_PAX: Final = b"x"
_PAX_GLOBAL: Final = b"g"
_GNU: Final = {b"L": "path", b"K": "linkpath"}
_EXTENSIONS: Final = frozenset({_PAX, _PAX_GLOBAL, *_GNU})
_SPARSE: Final = b"S"


class _Content:
    """The bytes of the member that the archive stands at, and the zeros after them."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._padding = -size % _BLOCK
        self._is_past = False
        self.left = size

    def read(self, limit: int = -1) -> bytes:
        if self._is_past:
            raise ValueError("the archive has been read beyond this member")
        wanted = self.left if limit < 0 else min(limit, self.left)
        found = self._stream.read(wanted)
        if len(found) != wanted:
            raise _broken("it ends in the middle of a file")
        self.left -= wanted
        return found

    def skip(self) -> None:
        while self.left:
            self.read(_STEP)
        self._is_past = True
        if len(self._stream.read(self._padding)) != self._padding:
            raise _broken("it ends in the middle of a file")


@dataclass(frozen=True, slots=True, kw_only=True)
class TarMember:
    """A member of a layer's archive.

    Attributes:
        name: From the image's root, without `/` at either end; empty for the root itself. Bytes
            that are no UTF-8 stand as surrogates.
        kind: What it is.
        mode: The permission bits.
        uid: The owner.
        gid: The owner's group.
        mtime: In whole seconds.
        target: Of a symbolic link as it stands; of a hard link the other member's name.
        size: Of a file.
        written: Its name as the archive has it.
    """

    name: str
    kind: Kind
    mode: int
    uid: int
    gid: int
    mtime: int
    target: str
    size: int
    written: str = field(default="", repr=False, compare=False)
    _content: _Content = field(repr=False, compare=False)

    def read(self, limit: int = -1) -> bytes:
        """The next bytes, at most `limit`, or all that are left.

        Raises:
            ImageError: The archive is cut short.
            ValueError: The next member was asked for already.
        """
        return self._content.read(limit)


def members(stream: BinaryIO) -> Iterator[TarMember]:
    """Each member of an archive, in order; its bytes may be read until the next one is asked for.

    Raises:
        ImageError: It is no valid archive, or has what no layer may have.
    """
    said: dict[str, str] = {}
    left = _LONGEST
    while (block := _next_block(stream)) is not None:
        kind = block[156:157]
        if kind in _EXTENSIONS:
            extension = _extension(stream, block, left)
            left -= len(extension)
            said |= _said(kind, extension)
        else:
            member = _member(stream, block, said)
            yield member
            member._content.skip()  # noqa: SLF001 - the two are one
            said, left = {}, _LONGEST
    if said:
        raise _broken("it ends before the file that its last record is about")


def _next_block(stream: BinaryIO) -> bytes | None:
    """The next header; None at the end, which two blocks of zeros mark, or nothing."""
    block = stream.read(_BLOCK)
    if not block:
        return None
    if block == _EMPTY:
        if stream.read(_BLOCK) not in {b"", _EMPTY}:
            raise _broken("a block of zeros is in the midst of it")
        return None
    if len(block) != _BLOCK:
        raise _broken("it ends in the middle of a header")
    if not _has_checksum(block):
        raise _broken("a header's checksum is wrong")
    return block


def _has_checksum(block: bytes) -> bool:
    """As a sum of unsigned bytes, or of signed ones, which some old writers made."""
    field_ = block[148:156]
    said, unsigned = _number(field_), sum(block) - sum(field_) + 8 * 32
    if said == unsigned:
        return True
    rest = block[:148] + block[156:]
    return said == unsigned - 256 * sum(byte > 127 for byte in rest)  # noqa: PLR2004


def _member(stream: BinaryIO, block: bytes, said: dict[str, str]) -> TarMember:
    flag = block[156:157]
    if flag == _SPARSE or any(key.startswith("GNU.sparse.") for key in said):
        raise _broken("it has a sparse file, which layers must not have")
    kind = _KINDS.get(flag)
    if kind is None:
        raise _broken(f"it has a member of the unknown kind {flag!r}")
    path = said.get("path", _name(block))
    if kind == "file" and path.endswith("/"):
        kind = "folder"  # the oldest form has no kind for folders
    size = _said_number(said, "size", block[124:136]) if kind == "file" else 0
    target = said.get("linkpath", _text(_until_zero(block[157:257])))
    return TarMember(
        name=_clean(path),
        kind=kind,
        mode=_number(block[100:108]) & 0o7777,
        uid=_said_number(said, "uid", block[108:116]),
        gid=_said_number(said, "gid", block[116:124]),
        mtime=_time(said, block[136:148]),
        target=_clean(target) if kind == "hardlink" else target if kind == "symlink" else "",
        size=size,
        written=path,
        _content=_Content(stream, size),
    )


def _name(block: bytes) -> str:
    name = _until_zero(block[:100])
    if block[257:263] != b"ustar\0":
        return _text(name)  # GNU's form has times where the prefix would be
    prefix = _until_zero(block[345:476] if block[508:512] == b"tar\0" else block[345:500])
    return _text(b"%b/%b" % (prefix, name) if prefix else name)


def _clean(path: str) -> str:
    """In its one spelling, as engines join it to the image's root."""
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if ".." in parts or "\0" in path:
        raise _broken(f"its path {path!r} leaves the image")
    return "/".join(parts)


def _said(kind: bytes, extension: bytes) -> dict[str, str]:
    """What an extension says of the next member; what is said of all counts for none."""
    if kind in _GNU:
        return {_GNU[kind]: _text(_until_zero(extension))}
    return _records(extension) if kind == _PAX else {}


def _extension(stream: BinaryIO, block: bytes, most: int) -> bytes:
    """What a member holds that is about the next one."""
    size = _number(block[124:136])
    if not 0 <= size <= most:
        raise _broken(f"it has a name or a record of {size} bytes")
    content = _Content(stream, size)
    found = content.read()
    content.skip()
    return found


def _records(data: bytes) -> dict[str, str]:
    """`length key=value` and a new line, again and again (POSIX.1-2001, pax)."""
    found, place = {}, 0
    while place < len(data):
        length, _, _ = data[place : place + 20].partition(b" ")
        end = place + int(length) if length.isdigit() else 0
        if not place + len(length) + 2 < end <= len(data):
            raise _broken("it has a record that can't be read")
        key, is_pair, value = data[place + len(length) + 1 : end - 1].partition(b"=")
        if not is_pair or data[end - 1 : end] != b"\n":
            raise _broken("it has a record that can't be read")
        found[_text(key)] = _text(value)
        place = end
    return found


def _said_number(said: dict[str, str], key: str, field_: bytes) -> int:
    text = said.get(key)
    if text is None:
        found = _number(field_)
    elif text.isascii() and text.isdigit() and len(text) < 20:  # noqa: PLR2004 - 64 bits
        found = int(text)
    else:
        raise _broken(f"it has the record {key}={text!r}")
    if found < 0:
        raise _broken(f"it has a negative {key}")
    return found


def _time(said: dict[str, str], field_: bytes) -> int:
    try:
        return int(float(said["mtime"])) if "mtime" in said else _number(field_)
    except (ValueError, OverflowError):
        raise _broken("it has a time that can't be read") from None


def _number(field_: bytes) -> int:
    """Octal digits, or (GNU) a binary number whose first bit is set."""
    if field_[0] & 0x80:
        value = int.from_bytes(field_, "big", signed=False) & ((1 << (8 * len(field_) - 1)) - 1)
        return value - (1 << (8 * len(field_) - 1)) if field_[0] & 0x40 else value
    digits = _until_zero(field_).strip(b" \0")
    if not digits:
        return 0
    try:
        return int(digits, 8)
    except ValueError:
        raise _broken(f"it has the number {digits!r}") from None


def _until_zero(field_: bytes) -> bytes:
    return field_.partition(b"\0")[0]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _broken(reason: str) -> ImageError:
    return ImageError(f"the layer's archive can't be used: {reason}")
