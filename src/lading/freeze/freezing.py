"""`Image.freeze`: an image is frozen on the machine at hand, by the words of a call."""

from __future__ import annotations

import os
import warnings
from datetime import UTC, datetime
from os import PathLike
from typing import TYPE_CHECKING, Final

from lading.freeze.freezer import Freezer
from lading.grammar.dialect import parse_dialect
from lading.grammar.invalid import Invalid
from lading.grammar.words import shown
from lading.image.call import Call
from lading.image.words import parse_flag
from lading.lock.file import LOCK_NAME, is_lock_name
from lading.machine import Machine
from lading.platforms import Platform

if TYPE_CHECKING:
    from lading.freeze.deciding import Decided
    from lading.grammar.dialect import Dialect
    from lading.image import Image
    from lading.info import ImageInfo

__all__ = ["freeze"]


def freeze(  # noqa: PLR0913 - the arguments of Image.freeze
    image: Image,
    target: str | PathLike[str],
    *,
    platform: str,
    project: str | PathLike[str],
    name: str | None,
    locked: bool,
    allow_unpinned_base: bool,
    vendor: bool,
    dialect: Dialect,
    strict: bool,
) -> ImageInfo:
    """What `Image.freeze` does, on the machine at hand.

    Raises:
        SpecificationError: An argument is invalid; all such together.
    """
    with Call() as call:
        call.read(_check_path, "target", target)
        call.read(_check_path, "project", project)
        call.maybe(_check_name, name)
        call.read(Platform.parse, platform)
        call.read(parse_dialect, dialect)
        call.read(parse_flag, "locked", locked)
        call.read(parse_flag, "allow_unpinned_base", allow_unpinned_base)
        call.read(parse_flag, "vendor", vendor)
        call.read(parse_flag, "strict", strict)
    if name is not None:
        image = image._copy(name=name)  # noqa: SLF001 - the same distribution
    freezer = Freezer(
        machine=Machine.here(),
        locked=locked,
        allow_unpinned_base=allow_unpinned_base,
        vendor=vendor,
        dialect=dialect,
    )
    decided = freezer.decide(image, platform=platform, project=project, target=target)
    if strict:
        _refuse_missing(freezer, decided)
    freezer.write(decided, target)
    if not strict:
        _warn_of_missing(freezer, decided)
    return decided.info


def _refuse_missing(freezer: Freezer, decided: Decided) -> None:
    from lading.freeze.libraries import LibraryCheck  # noqa: PLC0415 - only where it is asked

    store, now = freezer.machine.store(), datetime.now(UTC)
    LibraryCheck(freezer=freezer, store=store, now=now).insist(decided)


def _warn_of_missing(freezer: Freezer, decided: Decided) -> None:
    """Tell by Python's own warnings what the image would lack: nobody may be at a terminal."""
    from lading.freeze.known import known_report  # noqa: PLC0415 - only where it was made
    from lading.libraries import warning_lines  # noqa: PLC0415

    report = known_report(freezer, decided, now=datetime.now(UTC))
    if report.of("error"):
        text = "\n".join(warning_lines(report, decided.info.platform))
        warnings.warn(text.removeprefix("warning: "), UserWarning, stacklevel=4)


_LONGEST_FILE: Final = 240
"""In bytes. File systems take 255, and some more are added while it is written."""


def _check_name(name: object) -> None:
    """Refuse what is no part of a lock's name."""
    file = f"{LOCK_NAME.removesuffix('lock')}{name}.lock"
    if not isinstance(name, str) or not is_lock_name(file) or len(file.encode()) > _LONGEST_FILE:
        raise Invalid(f"name {shown(name)} names no image", hint='name="gpu", as in app.py:gpu')


def _check_path(name: str, path: object) -> None:
    """Refuse what names no folder."""
    if not isinstance(path, str | PathLike):
        raise Invalid(f"{name} is {shown(path)}", hint='a path, such as "build"')
    text = os.fspath(path)
    if not isinstance(text, str) or not text or "\0" in text:
        raise Invalid(f"{name} {shown(path)} is no path", hint='a path, such as "build"')
