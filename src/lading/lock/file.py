"""Reading and writing `lading.lock`."""

from __future__ import annotations

import re
import stat
import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING

from lading.errors import FreezeError, Location, Problem
from lading.files import write_atomically
from lading.lock.integrity import flaws
from lading.lock.model import FORMAT, Lock

if TYPE_CHECKING:
    from pathlib import Path

    from lading.image import Image

__all__ = [
    "LOCK_NAME",
    "emit_lock",
    "is_lock_name",
    "lock_name",
    "parse_lock",
    "read_any_lock",
    "read_lock",
    "refuse_edited",
    "write_lock",
]

LOCK_NAME = "lading.lock"
_UNNAMED = "image"


def lock_name(image: Image) -> str:
    """What the lock of an image is called: several images of one project have one each.

    That of an image without a name, or that is just called `image`, is `lading.lock`; that of any
    other `lading.NAME.lock`, as PEP 751 names more than one of its kind.
    """
    return LOCK_NAME if image.name in {None, _UNNAMED} else f"lading.{image.name}.lock"


def is_lock_name(name: str) -> bool:
    """Whether a file is called as locks of images are."""
    return name.isprintable() and re.fullmatch(r"lading(\.[^/]+)?\.lock", name) is not None


_HEADER = "# Made by `lading lock`, which also checks it (--check) and renews it (--upgrade).\n\n"

_REMAKE = "remove it and run `lading lock` again"
_UPDATE = "update Lading: a newer one has made this lock"
_OLDER = f"an older Lading has made it: {_REMAKE}"
_MERGE = "take one side whole (git checkout --ours or --theirs), then run `lading lock` again"
_CONFLICT = re.compile(r"^(<{7}|={7}|>{7})( |$)", re.MULTILINE)
_TOML_LINE = re.compile(r"at line (\d+)")


def read_lock(project: Path, name: str = LOCK_NAME) -> Lock | None:
    """The lock of that name beside the project, or None where there is none.

    Raises:
        FreezeError: The file is not a lock that this Lading can read, or contradicts itself.
    """
    lock = read_any_lock(project, name)
    if lock is not None:
        refuse_edited(lock, name)
    return lock


def refuse_edited(lock: Lock, name: str) -> None:
    """Refuse a lock that contradicts itself.

    Raises:
        FreezeError: It does; all that is wrong with it together.
    """
    edited = [Problem(message=f"{name} was edited: {flaw}") for flaw in flaws(lock)]
    if edited:
        raise FreezeError([*edited[:-1], replace(edited[-1], hint=_REMAKE)])


def read_any_lock(project: Path, name: str) -> Lock | None:
    """The lock of that name beside the project, whether it contradicts itself or not.

    Raises:
        FreezeError: The file is not a lock that this Lading can read.
    """
    path = project / name
    try:
        return parse_lock(_read(path), name)
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise FreezeError(f"{name} is not UTF-8 text", hint=_REMAKE) from None
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise FreezeError(f"{name} can't be read: {why}") from None


def _read(path: Path) -> str:
    name = path.name
    # A pipe of that name would be waited for, and for ever.
    if not stat.S_ISREG(path.stat().st_mode):
        raise FreezeError(f"{name} can't be read: it is no file", hint=_REMAKE)
    return path.read_text("utf-8-sig")


def parse_lock(text: str, name: str = LOCK_NAME) -> Lock:
    """The lock that `text` holds; `name` is what messages call it.

    Raises:
        FreezeError: It is empty, no TOML, of another format, or lacks or has unknown keys; the
            message has the path of the first wrong one (`$.platforms[0].base`).
    """
    import msgspec  # noqa: PLC0415 - the model has brought it already

    from lading.lock.forms import in_words  # noqa: PLC0415 - likewise

    data = _tables(text, name)
    if not data:
        raise FreezeError(f"{name} is empty", hint=_REMAKE)
    found = data.get("version")
    if found != FORMAT or isinstance(found, bool):
        said = "says no format" if found is None else f"has format {found!r}"
        message = f"{name} {said}; this Lading reads format {FORMAT}"
        raise FreezeError(message, hint=_hint_of(found))
    try:
        lock = msgspec.convert(data, Lock)
    except msgspec.ValidationError as error:
        words = in_words(str(error))
        raise FreezeError(f"{name} is not a lock: {words}", hint=_REMAKE) from None
    names = [part.platform for part in lock.platforms]
    if len(set(names)) != len(names):
        raise FreezeError(f"{name} has a platform twice: {', '.join(names)}", hint=_REMAKE)
    return lock


def _hint_of(found: object) -> str:
    """What to do about a lock of another format."""
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        return _REMAKE
    return _UPDATE if found > FORMAT else _OLDER


def _tables(text: str, name: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise FreezeError(f"{name} is not a lock: nested too deep", hint=_REMAKE) from None
    except ValueError as error:  # also a number of more digits than Python reads
        conflict = _CONFLICT.search(text)
        if conflict is not None:
            place = Location(name, text.count("\n", 0, conflict.start()) + 1)
            message = f"{name} has the marks of a merge conflict"
            raise FreezeError(Problem(message=message, location=place, hint=_MERGE)) from None
        found = _TOML_LINE.search(str(error))
        at = Location(name, int(found[1])) if found else None
        words = f"{str(error)[:1].lower()}{str(error)[1:]}"
        message = f"{name} is not valid TOML: {words}"
        raise FreezeError(Problem(message=message, location=at, hint=_REMAKE)) from None


def emit_lock(lock: Lock) -> str:
    """The file's text; `parse_lock` of it gives `lock` again."""
    import msgspec  # noqa: PLC0415 - the model has brought it already
    import tomli_w  # noqa: PLC0415 - only where a lock is made

    # The format is written although it is the default of its field.
    data = {"version": lock.version, **msgspec.to_builtins(lock)}
    return _HEADER + tomli_w.dumps(data, multiline_strings=False)


def write_lock(project: Path, lock: Lock, name: str = LOCK_NAME) -> bool:
    """Write the lock beside the project, and tell whether the file changed.

    Raises:
        FreezeError: The file can't be written; the former one is as it was.
    """
    path = project / name
    text = emit_lock(lock).encode()
    try:
        if path.is_file() and path.read_bytes() == text:
            return False
        write_atomically(path, text)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise FreezeError(f"{name} can't be written: {why}") from None
    return True
