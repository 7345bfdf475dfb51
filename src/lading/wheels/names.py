"""Which names members of a wheel may have: those that mean one file to every reader."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from lading.wheels.refusal import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["clashes", "decoded", "name_problem"]

_LONGEST_NAME: Final = 1024
_LONGEST_PART: Final = 255  # NAME_MAX
_DEEPEST: Final = 64

_UTF8: Final = 1 << 11
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def decoded(raw: bytes, flags: int) -> tuple[str, str | None]:
    """A member's name, and what is wrong with its encoding."""
    try:
        text = raw.decode("utf-8" if flags & _UTF8 else "ascii")
    except UnicodeDecodeError:
        # Without the flag, APPNOTE D.1 means IBM's code page 437, and readers differ.
        reason = "its name is not UTF-8" if flags & _UTF8 else "its name is not marked as UTF-8"
        return raw.decode("utf-8", "backslashreplace"), reason
    return text, None


def name_problem(name: str) -> str | None:
    """Why a member may not have this name; a folder's ends in a slash."""
    path = name.removesuffix("/")
    if not path:
        return "it has no name"
    if _CONTROL.search(name):
        return "its name holds a control character"
    if "\\" in name:
        return "its name holds a backslash"
    if name.startswith("/") or _DRIVE.match(name):
        return "its name is an absolute path"
    if len(name.encode()) > _LONGEST_NAME:
        return f"its name is longer than {_LONGEST_NAME} bytes"
    return _parts_problem(path.split("/"))


def _parts_problem(parts: list[str]) -> str | None:
    if ".." in parts:
        return "its name leads out of the wheel"
    if "" in parts or "." in parts:
        return "its name is not in its shortest form"
    if len(parts) > _DEEPEST:
        return f"it is more than {_DEEPEST} folders deep"
    if any(len(part.encode()) > _LONGEST_PART for part in parts):
        return f"a part of its name is longer than {_LONGEST_PART} bytes"
    return None


def clashes(names: Iterable[str]) -> Iterator[str]:
    """What is wrong between names that are right one by one: two for one file, a file as folder.

    A folder's name ends in a slash. Names that Unicode holds for the same (form C) are the same:
    some filesystems don't tell them apart.
    """
    # A slash sorts as the lowest character, so that whatever is in a folder follows it directly.
    keyed = sorted((_key(name), name) for name in names)
    for (before, first), (key, second) in pairwise(keyed):
        if key == before:
            yield f"{shown(second)}: it is there twice"
        elif key.startswith(f"{before}\0") and not first.endswith("/"):
            yield f"{shown(first)}: it is a file and a folder"


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name.removesuffix("/")).replace("/", "\0")
