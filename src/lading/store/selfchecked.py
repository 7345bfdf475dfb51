"""Small files that tell whether they are whole, and whether they lie where they belong.

lading-store 1 <kind> <name>
<SHA-256 of the first line and of what follows this one>
<content>
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from lading.store.opening import opened_to_read

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["decoded", "encoded", "read_small", "unchecked"]

_FORMAT: Final = 1
_LARGEST: Final = 256 << 20


def encoded(kind: str, name: str, content: bytes) -> bytes:
    """The bytes of the file."""
    head = f"lading-store {_FORMAT} {kind} {name}\n".encode()
    return b"%s%s\n%s" % (head, _proof(head, content), content)


def decoded(kind: str, name: str, data: bytes) -> bytes | None:
    """The content, or None where the file is damaged, another's, or of another format."""
    head = f"lading-store {_FORMAT} {kind} {name}\n".encode()
    if not data.startswith(head):
        return None
    proof, end, content = data[len(head) :].partition(b"\n")
    return content if end and proof == _proof(head, content) else None


def _proof(head: bytes, content: bytes) -> bytes:
    found = hashlib.sha256(head)
    found.update(content)
    return found.hexdigest().encode()


def unchecked(kind: str, name: str, data: bytes) -> bytes | None:
    """The content as far as it has been read, or None where the file is another's."""
    head = f"lading-store {_FORMAT} {kind} {name}\n".encode()
    return data[len(head) :].partition(b"\n")[2] if data.startswith(head) else None


def read_small(path: Path, size: int = _LARGEST) -> bytes | None:
    """The file's bytes, or None where there is no such file that we can read.

    Args:
        path: The file.
        size: How many bytes are wanted at most.
    """
    try:
        file, found = opened_to_read(path)
        with file:
            return None if found.st_size > _LARGEST else file.read(size)
    except OSError:
        return None
