"""What a wheel's RECORD says of its files (PEP 376, PEP 427, PEP 627)."""

from __future__ import annotations

import base64
import binascii
import csv
import io
from typing import TYPE_CHECKING, Final

from installer.records import Hash, InvalidRecordEntry, RecordEntry, parse_record_file
from installer.utils import Scheme, construct_record_file

from lading.wheels.content import Unreadable, digests
from lading.wheels.refusal import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lading.wheels.members import File

__all__ = ["SIGNATURES", "checked_hashes", "parse_record", "written_record"]

SIGNATURES: Final = ("RECORD.jws", "RECORD.p7s")
"""Files that sign RECORD, and which it does not name (PEP 427); installing drops them with it."""

_STRONG: Final = {"sha256": 32, "sha384": 48, "sha512": 64}


def parse_record(text: str) -> dict[str, RecordEntry]:
    """The lines of RECORD by their paths.

    Raises:
        ValueError: It is malformed; the text says how.
    """
    found: dict[str, RecordEntry] = {}
    try:
        for path, digest, size in parse_record_file(io.StringIO(text, newline="")):
            entry = RecordEntry.from_elements(path, digest, size)
            if found.setdefault(path, entry) != entry:
                raise ValueError(f"two lines of RECORD differ on {shown(path)}")
    except InvalidRecordEntry as error:
        raise ValueError(f"RECORD is malformed: {', '.join(error.issues).lower()}") from None
    except csv.Error as error:
        raise ValueError(f"RECORD is malformed: {error}") from None
    return found


def checked_hashes(
    files: Sequence[File],
    record: Mapping[str, RecordEntry],
    *,
    own: Sequence[str],
    folders: Sequence[str],
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Each file's SHA-256 as RECORD has it, in hexadecimal, and what is wrong with RECORD.

    Nothing is hashed here, but for a file that RECORD has another strong hash of.

    Args:
        files: All of the wheel's.
        record: Its RECORD.
        own: The names of RECORD and of its signatures, which need no hash.
        folders: The wheel's folders: a line for one is superfluous, and no mistake.
    """
    hashes: dict[str, str] = {}
    problems: list[str] = []
    for file in files:
        if file.name in own:
            continue
        try:
            hashes[file.name] = _hash(file, record.get(file.name))
        except ValueError as error:
            problems.append(f"{shown(file.name)}: {error}")
    there = {file.name for file in files}.union(own, folders)
    problems += (
        f"{shown(path)}: RECORD names it, and the wheel does not have it"
        for path in record
        if path.rstrip("/") not in there
    )
    return hashes, tuple(problems)


def _hash(file: File, line: RecordEntry | None) -> str:
    if line is None:
        raise ValueError("RECORD does not name it")
    if line.size is not None and line.size != file.content.size:
        raise ValueError(f"RECORD says {line.size} bytes, and it has {file.content.size}")
    if line.hash_ is None:
        raise ValueError("RECORD has no hash of it")
    value = _value(line.hash_)
    if line.hash_.name == "sha256":
        return value.hex()
    try:
        own, other = digests(file, "sha256", line.hash_.name)
    except Unreadable as error:
        raise ValueError(str(error)) from None
    if other != value:
        raise ValueError(f"its {line.hash_.name} is not the one in RECORD")
    return own.hex()


def _value(digest: Hash) -> bytes:
    length = _STRONG.get(digest.name)
    if length is None:
        raise ValueError(f"RECORD has its {shown(digest.name)}, which is weaker than SHA-256")
    try:
        padded = digest.value.rstrip("=") + "=" * (-len(digest.value.rstrip("=")) % 4)
        value = base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        value = b""
    if len(value) != length:
        raise ValueError(f"RECORD has no {digest.name} of it, but {shown(digest.value)!r}")
    return value


def written_record(lines: Iterable[tuple[str, str | None, int | None]]) -> bytes:
    """A RECORD of these lines: path, SHA-256 in hexadecimal, size; sorted by their paths."""
    entries = (
        (
            Scheme("purelib"),
            RecordEntry(path, Hash("sha256", _text(hexed)) if hexed else None, size),
        )
        for path, hexed, size in lines
    )
    with construct_record_file(entries) as file:
        return file.read()


def _text(hexed: str) -> str:
    return base64.urlsafe_b64encode(bytes.fromhex(hexed)).rstrip(b"=").decode("ascii")
