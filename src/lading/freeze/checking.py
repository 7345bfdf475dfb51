"""Whether a vendored folder is what its own image.json says, without a network and without trust.

Nothing is opened by a path that image.json names: the folder's files are looked at, no link is
followed, and what is found is compared to what should be there.
"""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from lading.dockerfile import generated_files
from lading.errors import FreezeError, LadingError
from lading.freeze.implied import Implied, implied_files
from lading.grammar.dialect import DIALECTS
from lading.info import ImageInfo
from lading.info.layout import DEBS_INDEX, deb_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = ["Checked", "check_folder", "read_image"]

_IMAGE: Final = "image.json"
_LARGEST: Final = 128 << 20
_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A folder that was looked at.

    Attributes:
        info: The image that it says to be.
        files: How many files it has.
        differences: What is not as it should be, in words; empty where all is.
    """

    info: ImageInfo
    files: int
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A file of the folder."""

    path: Path
    sha256: str
    executable: bool


def check_folder(folder: Path) -> Checked:
    """Compare each file of a vendored folder to what its image.json says of it.

    Args:
        folder: The folder.

    Raises:
        FreezeError: There is no folder, or its image.json can't be read as one.
    """
    if not folder.is_dir():
        raise FreezeError(f"there is no folder {folder.name or folder}")
    info = read_image(folder)
    problems: list[str] = []
    if not info.vendored:
        problems.append(f"{_IMAGE}: the image is not vendored: its build takes more than is here")
    implied = dict(_named(info, problems))
    found = _look(folder, problems)
    problems += _compared(implied, found)
    generated = _generated(info, implied, found, problems)
    problems += _generated_differ(generated, found)
    extra = found.keys() - implied.keys() - generated.keys()
    problems += (f"{name} does not belong there" for name in extra)
    differences = sorted({_printable(one) for one in problems})
    return Checked(info=info, files=len(found), differences=tuple(differences))


def read_image(folder: Path) -> ImageInfo:
    """What the image.json of a frozen folder says; no link is followed.

    Raises:
        FreezeError: There is none, or it is not what freezing writes.
    """
    path = folder / _IMAGE
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise FreezeError(f"{_IMAGE} is not a file")
            data = file.read(_LARGEST + 1)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        message = f"{_IMAGE} can't be read: {why}"
        raise FreezeError(message, hint="name a folder that `lading vendor` wrote") from None
    if len(data) > _LARGEST:
        raise FreezeError(f"{_IMAGE} has more than {_LARGEST >> 20} MiB")
    try:
        return ImageInfo.from_json(data.decode())
    except UnicodeDecodeError:
        raise FreezeError(f"{_IMAGE} is not UTF-8 text") from None
    except RecursionError:
        raise FreezeError(f"{_IMAGE} is no frozen image: it is nested too deeply") from None


def _named(info: ImageInfo, problems: list[str]) -> Iterator[tuple[str, Implied]]:
    """The files that the image implies, but for those whose path is none of a folder's."""
    seen: dict[str, Implied] = {}
    for path, implied in implied_files(info):
        if not _is_inside(path):
            problems.append(f"{_IMAGE} names {path!r}, which is no path in the folder")
        elif seen.setdefault(path, implied) != implied:
            problems.append(f"{_IMAGE} names {path} twice, with contents that differ")
        else:
            yield path, implied


def _is_inside(path: str) -> bool:
    pure = PurePosixPath(path)
    return (
        "\0" not in path
        and not pure.is_absolute()
        and ".." not in pure.parts
        and pure.as_posix() == path
        and path != "."
    )


def _look(folder: Path, problems: list[str]) -> dict[str, _Found]:
    """The regular files, by path."""
    found: dict[str, _Found] = {}
    waiting = [("", folder)]
    while waiting:
        prefix, path = waiting.pop()
        entries = list(_entries(prefix, path, problems))
        if not entries and prefix:
            problems.append(f"{prefix.rstrip('/')} is an empty folder")
        for entry in entries:
            name = prefix + entry.name
            if entry.is_symlink():
                problems.append(f"{name} is a link")
            elif entry.is_dir(follow_symlinks=False):
                waiting.append((f"{name}/", path / entry.name))
            elif not entry.is_file(follow_symlinks=False):
                problems.append(f"{name} is not a file")
            elif (file := _read(path / entry.name)) is None:
                problems.append(f"{name} can't be read")
            else:
                found[name] = file
    return found


def _entries(prefix: str, path: Path, problems: list[str]) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            yield from entries
    except OSError:
        problems.append(f"{prefix.rstrip('/')} can't be read")


def _read(path: Path) -> _Found | None:
    digest = hashlib.sha256()
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            mode = os.fstat(handle).st_mode
            while block := file.read(_BLOCK):
                digest.update(block)
        executable = bool(mode & stat.S_IXUSR)
        return _Found(path=path, sha256=digest.hexdigest(), executable=executable)
    return None


def _printable(text: str) -> str:
    """`text`, of which a terminal shows each character: names of files may hold any."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def _compared(implied: Mapping[str, Implied], found: Mapping[str, _Found]) -> Iterator[str]:
    for name, wanted in implied.items():
        file = found.get(name)
        if file is None:
            yield f"{name} is missing"
        elif file.sha256 not in wanted.sha256:
            due = ", ".join(sorted(wanted.sha256)) or "another, which it does not tell"
            yield f"{name} has the SHA-256 {file.sha256}, and {_IMAGE} says {due}"
        elif file.executable != wanted.executable:
            yield f"{name} is {'' if file.executable else 'not '}executable"


def _generated(
    info: ImageInfo,
    implied: Mapping[str, Implied],
    found: Mapping[str, _Found],
    problems: list[str],
) -> dict[str, bytes]:
    """The files that the image gives by itself, in the dialect that the folder is in."""
    made: dict[str, bytes] = {}
    with suppress(KeyError):  # a package that is missing was said to be
        if info.vendored_debs:
            made[DEBS_INDEX] = _debs_index(info, found, problems)
    others = (*implied, *([DEBS_INDEX] if info.vendored_debs else ()))
    candidates = []
    refused: list[str] = []
    for dialect in DIALECTS:
        try:
            candidates.append(generated_files(info, others, dialect=dialect))
        except Exception as error:  # noqa: BLE001 - what nobody froze may break any assumption
            refused.append(_reason(error))
    if not candidates:
        problems.append(f"{_IMAGE} gives no Dockerfile: {refused[0]}")
        return {**made, _IMAGE: info.to_json().encode()}
    # Which dialect it is nothing says but the files themselves.
    fewest = min(candidates, key=lambda files: len(list(_generated_differ(files, found))))
    return {**fewest, **made}


def _debs_index(
    info: ImageInfo,
    found: Mapping[str, _Found],
    problems: list[str],
) -> bytes:
    from lading.debian import packages_index  # noqa: PLC0415 - only where there are packages

    debs = [(deb, found[deb_path(deb)].path) for deb in info.vendored_debs]
    try:
        return packages_index(debs).encode()
    except LadingError as error:
        problems.append(f"{DEBS_INDEX} can't be compared: {_reason(error)}")
        return b""


def _reason(error: Exception) -> str:
    if isinstance(error, LadingError):
        return error.problems[0].message
    return str(error) or "it contradicts itself"


def _generated_differ(generated: Mapping[str, bytes], found: Mapping[str, _Found]) -> Iterable[str]:
    for name, data in generated.items():
        file = found.get(name)
        if file is None:
            yield f"{name} is missing"
        elif file.sha256 != hashlib.sha256(data).hexdigest():
            yield f"{name} is not what {'Lading writes' if name == _IMAGE else f'{_IMAGE} gives'}"
        elif file.executable:
            yield f"{name} is executable"
