"""Reading and writing `lading.lock`."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import msgspec
import tomli_w

from lading.errors import FreezeError, Problem
from lading.files import write_atomically
from lading.lock.model import FORMAT, Lock

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LOCK_NAME", "emit_lock", "parse_lock", "read_lock", "write_lock"]

LOCK_NAME = "lading.lock"

_HEADER = "# Made by `lading lock`, which also checks it (--check) and renews it (--upgrade).\n\n"

_REMAKE = "remove it and run `lading lock` again"


def read_lock(project: Path) -> Lock | None:
    """The lock beside the project, or None where there is none.

    Raises:
        FreezeError: The file is not a lock that this Lading can read.
    """
    path = project / LOCK_NAME
    try:
        return parse_lock(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise FreezeError(f"{LOCK_NAME} is not UTF-8 text", hint=_REMAKE) from None


def parse_lock(text: str) -> Lock:
    """The lock that `text` holds.

    Raises:
        FreezeError: It is no TOML, of another format, or lacks or has unknown keys; the message has
            the path of the first wrong one (`$.platforms[0].base`).
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FreezeError(f"{LOCK_NAME} is not valid TOML: {error}", hint=_REMAKE) from None
    found = data.get("version")
    if found != FORMAT:
        message = f"{LOCK_NAME} has format {found!r}; this Lading reads format {FORMAT}"
        raise FreezeError(message, hint=_REMAKE)
    try:
        return msgspec.convert(data, Lock)
    except msgspec.ValidationError as error:
        problem = Problem(message=f"{LOCK_NAME} is not a lock: {error}", hint=_REMAKE)
        raise FreezeError(problem) from None


def emit_lock(lock: Lock) -> str:
    """The file's text; `parse_lock` of it gives `lock` again."""
    data = {"version": lock.version, **msgspec.to_builtins(lock)}
    return _HEADER + tomli_w.dumps(data, multiline_strings=False)


def write_lock(project: Path, lock: Lock) -> bool:
    """Write the lock beside the project, and tell whether the file changed."""
    path = project / LOCK_NAME
    text = emit_lock(lock).encode()
    if path.is_file() and path.read_bytes() == text:
        return False
    write_atomically(path, text)
    return True
