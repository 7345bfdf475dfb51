"""Tiny real packages: an ar archive of two tars, so that each byte of them can be wrong."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.debs import NOTHING, DebFile, Installed, install
from lading.oci.contents import Reader, plain_parts
from lading.oci.entries import Regular
from lading.oci.zstandard import _zstd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from lading.debs import Ground
    from lading.oci.entries import Entry

__all__ = [
    "Member",
    "Some",
    "ar",
    "by_path",
    "control_text",
    "file",
    "folder",
    "hardlink",
    "installed",
    "link",
    "make_deb",
    "packed",
    "special",
    "tar",
    "text_of",
]

TOP = ("etc", "usr", "usr/bin", "usr/lib", "usr/share", "var", "var/lib")


@dataclass(frozen=True)
class Member:
    """A member of a tar, as it is written."""

    info: tarfile.TarInfo
    data: bytes = b""


def _info(name: str, kind: bytes, mode: int, uid: int = 0, gid: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.uid, info.gid = kind, mode, uid, gid
    return info


def file(
    name: str, data: bytes | str = b"", *, mode: int = 0o644, uid: int = 0, gid: int = 0
) -> Member:
    content = data.encode() if isinstance(data, str) else data
    info = _info(name, tarfile.REGTYPE, mode, uid, gid)
    info.size = len(content)
    return Member(info, content)


def folder(name: str, *, mode: int = 0o755, gid: int = 0) -> Member:
    return Member(_info(name, tarfile.DIRTYPE, mode, gid=gid))


def link(name: str, target: str) -> Member:
    info = _info(name, tarfile.SYMTYPE, 0o777)
    info.linkname = target
    return Member(info)


def hardlink(name: str, target: str) -> Member:
    info = _info(name, tarfile.LNKTYPE, 0o644)
    info.linkname = target
    return Member(info)


def special(name: str, kind: bytes) -> Member:
    return Member(_info(name, kind, 0o644))


def tar(members: Iterable[Member]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for member in members:
            archive.addfile(member.info, io.BytesIO(member.data))
    return out.getvalue()


def packed(data: bytes, how: str) -> bytes:
    if how == ".gz":
        return gzip.compress(data, mtime=0)
    if how == ".xz":
        return lzma.compress(data)
    if how == ".zst":
        return bytes(_zstd().compress(data))
    return data


def ar(members: Iterable[tuple[str, bytes]]) -> bytes:
    out = b"!<arch>\n"
    for name, data in members:
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode()
        out += data + b"\n" * (len(data) % 2)
    return out


def control_text(
    name: str, *, version: str = "1.0", architecture: str = "amd64", **more: str
) -> str:
    fields = {
        "Package": name,
        "Version": version,
        "Architecture": architecture,
        "Maintainer": "A test <test@example.test>",
        **{key.title().replace("_", "-"): value for key, value in more.items()},
        "Description": "a package of a test\n with more to say",
    }
    return "".join(f"{key}: {value}\n" for key, value in fields.items())


def make_deb(
    path: Path,
    name: str,
    *files: Member,
    control: Mapping[str, bytes | str] | None = None,
    packing: str = ".xz",
    whole: bytes | None = None,
    version: str = "1.0",
    architecture: str = "amd64",
    **fields: str,
) -> DebFile:
    """A package; with `whole`, of exactly these bytes."""
    text = control_text(name, version=version, architecture=architecture, **fields)
    members = [file("./control", text)]
    for key, value in (control or {}).items():
        members.append(file(f"./{key}", value, mode=0o755))
    content = whole
    if content is None:
        content = ar(
            (
                ("debian-binary", b"2.0\n"),
                (f"control.tar{packing}", packed(tar(members), packing)),
                (f"data.tar{packing}", packed(tar((folder("./"), *files)), packing)),
            )
        )
    place = path / f"{name}_{version.replace(':', '%3a')}_{architecture}.deb"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return DebFile(name=name, version=version, architecture=architecture, path=place)


def installed(path: Path, *debs: DebFile, ground: Ground = NOTHING, **options: object) -> Installed:
    workdir = path / "work"
    workdir.mkdir(exist_ok=True)
    return install(debs, ground, workdir=workdir, **options)  # type: ignore[arg-type]


def by_path(found: Installed) -> dict[str, Entry]:
    return {one.path: one for one in found.entries}


def text_of(found: Installed, path: str) -> str:
    entry = by_path(found)[path]
    assert isinstance(entry, Regular)
    with Reader() as reader:
        return b"".join(plain_parts(entry.content, reader)).decode()


@dataclass(frozen=True)
class Some:
    """A ground of these files; a text that begins with `->` is a link."""

    files: Mapping[str, str]

    def _real(self, path: str) -> str:
        parts, there = [part for part in path.split("/") if part], ""
        for part in parts:
            there = f"{there}/{part}"
            target = self.files.get(there.strip("/"), "")
            if target.startswith("->"):
                target = target[2:]
                there = target if target[0] == "/" else f"{there.rpartition('/')[0]}/{target}"
                there = self._real(there)
        return there

    def read(self, path: str) -> bytes | None:
        found = self.files.get(self._real(path).strip("/"))
        return None if found is None else found.encode()

    def link(self, path: str) -> str | None:
        parent, _, name = path.rpartition("/")
        found = self.files.get(f"{self._real(parent)}/{name}".strip("/"), "")
        return found[2:] if found.startswith("->") else None

    def is_folder(self, path: str) -> bool:
        real = self._real(path).strip("/")
        return not real or any(name.startswith(f"{real}/") for name in self.files)

    def names(self, path: str) -> tuple[str, ...]:
        real = self._real(path).strip("/")
        before = f"{real}/" if real else ""
        inside = (name[len(before) :] for name in self.files if name.startswith(before))
        return tuple(sorted({name.partition("/")[0] for name in inside}))
