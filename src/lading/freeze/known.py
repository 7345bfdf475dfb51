"""What is known of the libraries that an image would lack, for who makes it all the same.

Most images lack nothing, and most are made many times: that one was found sound is kept, by all
that decides it, so that the next time nothing else is read.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from lading.errors import LadingError
from lading.info import InstallPython, InstallSystem, SetEnv
from lading.libraries.findings import Report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from lading.freeze.deciding import Decided
    from lading.freeze.freezer import Freezer
    from lading.info import ImageInfo
    from lading.store import Store

__all__ = ["keep_sound", "known_report"]

_RECORD: Final = "image-libraries-sound-1"
"""Raised whenever a check finds more than before."""


def known_report(freezer: Freezer, decided: Decided, *, now: datetime) -> Report:
    """What is known of an image that is made all the same.

    What was kept, and what is at hand, decides: no network is touched, and nothing is raised. Of an
    image that can't be checked at all, which a check says, there is nothing to tell.
    """
    if decided.info.distro is None or not decided.origin.image.lock_python_packages:
        return Report()
    try:
        store = freezer.machine.store()
        if store.record(_name(decided.info)) is not None:
            return Report()
        from lading.freeze.libraries import LibraryCheck  # noqa: PLC0415 - seldom

        check = LibraryCheck(freezer=freezer, store=store, now=now, fetching=False)
        return check.report(decided)
    except LadingError as error:
        return Report(unchecked=error.problems[:1])


def keep_sound(info: ImageInfo, report: Report, store: Store) -> None:
    """Keep that a check has found no error, where it has looked at everything."""
    if not (report.of("error") or report.unchecked or report.unread):
        store.keep(_name(info), b"")


def _name(info: ImageInfo) -> str:
    content = msgspec.json.encode((info.platform, info.distro, info.base, *_deciding(info)))
    return f"{_RECORD}-{hashlib.sha256(content).hexdigest()}"


def _deciding(info: ImageInfo) -> Iterator[object]:
    """What of an image decides which libraries it has and needs, besides what it is made for."""
    yield from (info.python, info.venv, info.interpreter_debs)
    for step in info.steps:
        match step:
            case InstallPython():
                yield step.distributions
            case InstallSystem():
                yield step.debs
            case SetEnv():
                yield step.variables
            case _:
                pass
