"""What commands that make something of an image say of libraries that it would lack."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lading.cli.talk import note

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lading.freeze import Freezer
    from lading.freeze.deciding import Decided

__all__ = ["refuse_missing", "warn_of_missing"]


def refuse_missing(freezer: Freezer, decided: Iterable[Decided]) -> None:
    """Refuse images that would lack libraries, or of which that is not known.

    Raises:
        FreezeError: They would.
        LadingError: A wheel can't be had, or is damaged.
    """
    from lading.freeze.libraries import LibraryCheck  # noqa: PLC0415 - only where it is asked

    check = LibraryCheck(freezer=freezer, store=freezer.machine.store(), now=datetime.now(UTC))
    for one in decided:
        check.insist(one)


def warn_of_missing(freezer: Freezer, decided: Iterable[Decided]) -> None:
    """Say what images would lack, as far as that is known without a network."""
    from lading.freeze.known import known_report  # noqa: PLC0415 - only where it was made
    from lading.libraries import warning_lines  # noqa: PLC0415

    for one in decided:
        report = known_report(freezer, one, now=datetime.now(UTC))
        for line in warning_lines(report, one.info.platform):
            note(line)
