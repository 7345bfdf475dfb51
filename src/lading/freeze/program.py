"""The uv that a build runs, taken out of its wheel once and kept beside it."""

from __future__ import annotations

import base64
import csv
import hashlib
import os
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from lading.download import uv_binary
from lading.errors import ResolutionError
from lading.files import write_atomically
from lading.freeze.folder import SHARED_MODE, Content, file_time

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["uv_program"]


def uv_program(wheel: Path, cache: Path) -> Content:
    """The program in a wheel of uv whose own hash has been checked.

    Inflating it takes longer than all the rest of freezing, so the program is kept. What is kept is
    checked against the hash in the wheel's RECORD (PEP 376), which the lock's hash of the wheel
    covers: a cache that somebody else can write to changes nothing.

    Args:
        wheel: The wheel, verified.
        cache: Where programs are kept; made where missing.

    Raises:
        ResolutionError: It is no wheel of uv for Linux, or is damaged.
    """
    sha256 = _recorded(wheel)
    kept = cache / "programs" / sha256
    if _sha256(kept) != sha256:
        program = uv_binary(wheel)
        if hashlib.sha256(program).hexdigest() != sha256:
            raise ResolutionError(f"the uv in {wheel.name} is not the one that its RECORD lists")
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(kept, program, mode=SHARED_MODE)
        os.utime(kept, (file_time(sha256), file_time(sha256)))
    return Content(source=kept, executable=True, sha256=sha256, shared=True)


def _recorded(wheel: Path) -> str:
    try:
        with ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name.endswith(".dist-info/RECORD")]
            record = archive.read(names[0]).decode() if names else ""
    except (OSError, BadZipFile, EOFError, UnicodeDecodeError) as error:
        raise ResolutionError(f"{wheel.name} can't be read as a wheel: {error}") from None
    for row in csv.reader(record.splitlines()):
        if row and row[0].endswith(".data/scripts/uv"):
            algorithm, _, value = row[1].partition("=")
            if algorithm == "sha256":
                return base64.urlsafe_b64decode(f"{value}==").hex()
    raise ResolutionError(f"{wheel.name} is not a wheel of uv for Linux")


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
