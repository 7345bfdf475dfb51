"""A .deb read: what its control archive says, and its files, whose bytes go to a file of their own.

What a package holds is streamed once: decompressed, checked, and written one file's bytes after the
other into a spool, of which the entries of a layer are slices. So the largest package takes no more
memory than its decompressor.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Final

from lading.debian.ar import read_members
from lading.debian.streams import archived
from lading.debs.refusal import Broken, refused, text_of
from lading.debs.stanza import Stanza, parse_stanza
from lading.errors import ImageError
from lading.files import is_full
from lading.oci.entries import Slice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from lading.debs.model import DebFile
    from lading.oci.tar_reading import Kind, TarMember

__all__ = ["DataFile", "Package", "read_package"]

_STEP: Final = 1 << 20
_MOST_MEMBERS: Final = 1 << 19
_MOST_CONTROL: Final = 1000
_LARGEST_CONTROL: Final = 64 << 20
_LONGEST_NAME: Final = 4096
_LONGEST_PART: Final = 255
_CONTROL_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_REFUSED: Final = {"character": "a device", "block": "a device", "fifo": "a named pipe"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """A file, folder or link of a package.

    Attributes:
        path: As the package has it, without `./` or a slash at either end.
        kind: `file`, `folder`, `symlink` or `hardlink`.
        target: Of a link.
        content: Of a file.
        sha256: Of that, in hexadecimal.
        md5: The same by the hash that dpkg's records have.
    """

    path: str
    kind: Kind
    mode: int
    uid: int
    gid: int
    target: str = ""
    content: Slice | None = None
    sha256: str | None = None
    md5: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package that was read.

    Attributes:
        deb: Its file.
        stanza: Its control file.
        control: The other files of the control archive: scripts, triggers, md5sums and so on.
        files: What it installs, in its own order.
    """

    deb: DebFile
    stanza: Stanza
    control: Mapping[str, bytes] = field(repr=False)
    files: tuple[DataFile, ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        """Its name."""
        return self.stanza.package

    @property
    def conffiles(self) -> tuple[str, ...]:
        """The paths of its configuration files (deb-conffiles(5))."""
        lines = self.control.get("conffiles", b"").decode().splitlines()
        return tuple(line.strip() for line in lines if line.startswith("/"))


def read_package(deb: DebFile, *, workdir: Path) -> Package:
    """A package with its files, whose bytes are in a file of `workdir`.

    Raises:
        ImageError: It is no package, is damaged, another than it is called, or has a file that no
            package may have.
    """
    spool = workdir / f"{deb.name}_{deb.version.replace(':', '%3a')}_{deb.architecture}.data"
    try:
        with deb.path.open("rb") as file, spool.open("wb") as out:
            stanza, control = _control(file)
            _check_identity(deb, stanza)
            with archived(file, read_members(file).data) as members:
                files = tuple(_files(members, out, spool))
    except (Broken, OSError, UnicodeDecodeError) as error:
        spool.unlink(missing_ok=True)
        raise _failure(deb, error, workdir) from None
    return Package(deb=deb, stanza=stanza, control=control, files=files)


def _failure(deb: DebFile, error: Exception, workdir: Path) -> ImageError:
    if isinstance(error, OSError) and is_full(error):
        hint = f"free some space in {workdir}: packages are unpacked there"
        return ImageError(f"{deb} can't be unpacked: no space is left", hint=hint)
    return refused(deb, error)


def _check_identity(deb: DebFile, stanza: Stanza) -> None:
    found = (stanza.package, stanza.version, stanza.get("Architecture"))
    if found != (deb.name, deb.version, deb.architecture):
        raise Broken(f"it is by its own words {' '.join(found)}")


def _control(file: BinaryIO) -> tuple[Stanza, dict[str, bytes]]:
    found: dict[str, bytes] = {}
    left = _LARGEST_CONTROL
    with archived(file, read_members(file).control) as members:
        for member in members:
            if member.kind == "folder" and not member.name:
                continue
            if member.kind != "file" or not _CONTROL_NAME.fullmatch(member.name):
                raise Broken(f"its control archive has {text_of(member.written)}, which is no file")
            if member.name in found or len(found) == _MOST_CONTROL or member.size > left:
                raise Broken("its control archive has a file twice, or more than any package")
            left -= member.size
            found[member.name] = member.read()
    if "control" not in found:
        raise Broken("it has no control file")
    return parse_stanza(found["control"].decode()), found


def _files(members: Iterator[TarMember], out: BinaryIO, spool: Path) -> Iterator[DataFile]:
    seen: dict[str, Kind] = {}
    for member in members:
        _check(member, seen)
        seen[member.name] = member.kind
        if len(seen) > _MOST_MEMBERS:
            raise Broken(f"it has more than {_MOST_MEMBERS} files")
        if member.kind == "file":
            yield _spooled(member, out, spool)
        elif member.name:
            yield _data_file(member)


def _check(member: TarMember, seen: Mapping[str, Kind]) -> None:
    """A member is where it says, once, and of a kind that packages may have (Policy 10)."""
    name = member.name
    if member.kind in _REFUSED:
        raise Broken(f"it has {text_of(member.written)}, which is {_REFUSED[member.kind]}")
    if member.written.startswith("/"):
        raise Broken(f"it has the absolute path {text_of(member.written)}")
    if not name and member.kind != "folder":
        raise Broken("it has a file in the place of the root")
    if name in seen:
        raise Broken(f"it has {text_of(name)} twice")
    if not name.isprintable():
        raise Broken(f"it has the name {text_of(name)}, with a character that no name may have")
    if len(name) > _LONGEST_NAME or any(len(x.encode()) > _LONGEST_PART for x in name.split("/")):
        raise Broken("it has a name that is longer than any system takes")
    if seen.get(name.rpartition("/")[0], "folder") != "folder":
        raise Broken(f"it has {text_of(name)} below what is no folder")
    if member.kind == "hardlink" and seen.get(member.target) != "file":
        raise Broken(f"it has the hard link {text_of(name)} to what is no file before it")
    if member.kind == "symlink" and not member.target:
        raise Broken(f"it has the link {text_of(name)} to nowhere")


def _data_file(member: TarMember) -> DataFile:
    return DataFile(
        path=member.name,
        kind=member.kind,
        mode=member.mode,
        uid=member.uid,
        gid=member.gid,
        target=member.target,
    )


def _spooled(member: TarMember, out: BinaryIO, spool: Path) -> DataFile:
    offset, crc32 = out.tell(), 0
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    while piece := member.read(_STEP):
        out.write(piece)
        crc32 = zlib.crc32(piece, crc32)
        sha256.update(piece)
        md5.update(piece)
    return DataFile(
        path=member.name,
        kind="file",
        mode=member.mode,
        uid=member.uid,
        gid=member.gid,
        content=Slice(path=spool, offset=offset, size=member.size, crc32=crc32),
        sha256=sha256.hexdigest(),
        md5=md5.hexdigest(),
    )
