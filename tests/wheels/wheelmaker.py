"""Tiny wheels, honest ones and others: every field of the zip can be written as one likes."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import struct
import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = [
    "Part",
    "changed",
    "make_wheel",
    "record_of",
    "wheel_parts",
    "write_wheel",
    "zipped",
]

UTF8 = 1 << 11
DESCRIPTOR = 1 << 3
SATURATED = 0xFFFFFFFF

_LOCAL = ("mark", "needed", "flags", "method", "time", "date", "crc32", "compressed", "size")
_CENTRAL = ("mark", "made_by", *_LOCAL[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A member.

    Attributes:
        name: Its name; bytes where it is to be none.
        content: What it holds.
        mode: Unix's, with the kind of file.
        method: 8 deflates, 0 and all others store.
        flags: The general purpose bits; that of UTF-8 is added where the name needs it.
        wide: Whether its sizes stand in zip64 fields.
        data: Its bytes in the file, in place of what `method` makes.
        before: Bytes that belong to nobody, before its header.
        after: The same, after its data.
        local: Other values for fields of its local header; `name` and `extra` too.
        central: The same for the central directory; `header` and `attributes` too.
    """

    name: str | bytes
    content: bytes = b""
    mode: int = 0o100644
    method: int = 8
    flags: int = 0
    wide: bool = False
    data: bytes | None = None
    before: bytes = b""
    after: bytes = b""
    local: Mapping[str, int | bytes] = field(default_factory=dict)
    central: Mapping[str, int | bytes] = field(default_factory=dict)


def _deflated(content: bytes) -> bytes:
    deflater = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflater.compress(content) + deflater.flush()


def _fields(part: Part, data: bytes) -> dict[str, int | bytes]:
    name = part.name if isinstance(part.name, bytes) else part.name.encode()
    utf8 = UTF8 if isinstance(part.name, str) and not part.name.isascii() else 0
    return {
        "needed": 20,
        "made_by": 3 << 8 | 20,
        "flags": part.flags | utf8,
        "method": part.method,
        "time": 0,
        "date": 33,
        "crc32": zlib.crc32(part.content),
        "compressed": SATURATED if part.wide else len(data),
        "size": SATURATED if part.wide else len(part.content),
        "name": name,
        "extra": struct.pack("<2H2Q", 1, 16, len(part.content), len(data)) if part.wide else b"",
        "comment": b"",
        "disk": 0,
        "internal": 0,
        "attributes": part.mode << 16,
    }


def _local(part: Part, data: bytes) -> bytes:
    found = {**_fields(part, data), "mark": 0x04034B50}
    if part.flags & DESCRIPTOR:
        found |= {"crc32": 0, "compressed": 0, "size": 0}
    found |= part.local
    name, extra = bytes(found["name"]), bytes(found["extra"])
    head = struct.pack("<L5H3L", *(found[key] for key in _LOCAL))
    return head + struct.pack("<2H", len(name), len(extra)) + name + extra


def _central(part: Part, data: bytes, header: int) -> bytes:
    found = {**_fields(part, data), "mark": 0x02014B50, "header": header} | dict(part.central)
    words = [bytes(found[key]) for key in ("name", "extra", "comment")]
    head = struct.pack("<L6H3L", *(found[key] for key in _CENTRAL))
    lengths = struct.pack("<3H", *(len(word) for word in words))
    tail = struct.pack(
        "<2H2L", *(found[key] for key in ("disk", "internal", "attributes", "header"))
    )
    return head + lengths + tail + b"".join(words)


def zipped(
    parts: Iterable[Part],
    *,
    comment: bytes = b"",
    between: bytes = b"",
    after: bytes = b"",
    wide: bool = False,
    end: Mapping[str, int] | None = None,
) -> bytes:
    """A zip file of these members.

    Args:
        parts: The members.
        comment: The file's.
        between: Bytes before the central directory.
        after: Bytes after all.
        wide: Whether it has a zip64 end.
        end: Other values for fields of its end.
    """
    out = bytearray()
    directory = bytearray()
    count = 0
    for part in parts:
        data = part.data
        if data is None:
            data = _deflated(part.content) if part.method == 8 else part.content
        out += part.before
        directory += _central(part, data, len(out))
        out += _local(part, data) + data + part.after
        count += 1
    out += between
    values = {"count": count, "size": len(directory), "start": len(out)} | dict(end or {})
    out += directory
    if wide:
        out += _wide_end(values, len(out))
        values = {"count": 0xFFFF, "size": SATURATED, "start": SATURATED}
    out += struct.pack(
        "<4s4H2LH",
        b"PK\5\6",
        values.get("disk", 0),
        0,
        values["count"],
        values["count"],
        values["size"],
        values["start"],
        len(comment),
    )
    return bytes(out + comment + after)


def _wide_end(values: Mapping[str, int], place: int) -> bytes:
    count, size, start = values["count"], values["size"], values["start"]
    head = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
    return head + struct.pack("<4sLQL", b"PK\6\7", 0, place, 1)


def record_of(files: Mapping[str, bytes], own: str, *, algorithm: str = "sha256") -> bytes:
    """A RECORD of these files, which is itself the one called `own`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.new(algorithm, content).digest())
        writer.writerow([name, f"{algorithm}={digest.decode().rstrip('=')}", len(content)])
    writer.writerow([own, "", ""])
    return out.getvalue().encode()


def wheel_parts(
    files: Mapping[str, bytes | Part],
    *,
    name: str = "demo",
    version: str = "1.0",
    pure: bool = True,
    entry_points: str | None = None,
    info: Mapping[str, bytes | None] | None = None,
    record: bytes | None = None,
) -> tuple[Part, ...]:
    """The members of a wheel, RECORD last.

    Args:
        files: By their names in the wheel; a `Part` stands as it is, with its own name.
        name: As the wheel spells it.
        version: The same.
        pure: What `Root-Is-Purelib` says.
        entry_points: The text of that file.
        info: Other files of dist-info; None for one that is left out.
        record: RECORD's content, in place of the right one.
    """
    folder = f"{name}-{version}.dist-info"
    wheel = f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: {str(pure).lower()}\n"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    described: dict[str, bytes | None] = {"METADATA": metadata.encode(), "WHEEL": wheel.encode()}
    if entry_points is not None:
        described["entry_points.txt"] = entry_points.encode()
    described |= info or {}
    parts = [
        one if isinstance(one, Part) else Part(name=key, content=one) for key, one in files.items()
    ]
    parts += [
        Part(name=f"{folder}/{key}", content=one)
        for key, one in described.items()
        if one is not None
    ]
    if record is None:
        told = {one.name: one.content for one in parts if _is_told(one)}
        record = record_of(told, f"{folder}/RECORD")  # type: ignore[arg-type]
    return (*parts, Part(name=f"{folder}/RECORD", content=record))


def _is_told(part: Part) -> bool:
    name = part.name
    return isinstance(name, str) and not name.endswith(("/", "RECORD.jws", "RECORD.p7s"))


def write_wheel(folder: Path, content: bytes, filename: str = "demo-1.0-py3-none-any.whl") -> Path:
    """A file of that name."""
    path = folder / filename
    path.write_bytes(content)
    return path


def make_wheel(
    folder: Path,
    files: Mapping[str, bytes | Part],
    *,
    name: str = "demo",
    version: str = "1.0",
    tag: str = "py3-none-any",
    **more: object,
) -> Path:
    """An honest wheel, whole; see `wheel_parts`."""
    parts = wheel_parts(files, name=name, version=version, **more)  # type: ignore[arg-type]
    return write_wheel(folder, zipped(parts), f"{name}-{version}-{tag}.whl")


def changed(parts: Iterable[Part], name: str, **values: object) -> tuple[Part, ...]:
    """The parts, one of them with other values."""
    return tuple(
        replace(part, **values) if part.name == name else part  # type: ignore[arg-type]
        for part in parts
    )
