"""Doing again what may succeed a while later, after longer and longer pauses; none is random."""

from __future__ import annotations

import re
from threading import Event
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from lading.errors import LadingError
    from lading.http import Answer, HttpSettings

__all__ = ["BUSY", "Setback", "Stopped", "asked_pause", "persistently"]

BUSY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""The statuses of a server that may answer otherwise a while later."""

_T = TypeVar("_T")


class Setback(Exception):  # noqa: N818 - it is an error only when it is the last one
    """An attempt failed, and the next one may not.

    Attributes:
        error: What to raise if no attempt follows.
        pause: Seconds that the server asks to wait, or None.
        further: Whether it got further than all before, so that patience begins anew.
    """

    def __init__(
        self, error: LadingError, *, pause: float | None = None, further: bool = False
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.pause = pause
        self.further = further


class Stopped(Exception):  # noqa: N818 - the name says what happened
    """The work is not wanted any more."""


def persistently(act: Callable[[], _T], settings: HttpSettings, stop: Event | None = None) -> _T:
    """What `act` returns when it succeeds, tried again as often as the settings say.

    Args:
        act: Raises `Setback` where another attempt may succeed.
        settings: Its retries, its back-off, and its longest pause, also where a server asks for
            a longer one.
        stop: Ends the pauses too.

    Raises:
        LadingError: The last attempt's.
        Stopped: `stop` is set.
    """
    stop = stop or Event()
    failures = 0
    while True:
        try:
            return act()
        except Setback as setback:
            failures = 1 if setback.further else failures + 1
            if failures > settings.retries:
                raise setback.error from None
            pause = setback.pause
        if stop.wait(_pause(failures, pause, settings)):
            raise Stopped


def _pause(failures: int, asked: float | None, settings: HttpSettings) -> float:
    own = settings.backoff * 2 ** (failures - 1)
    return min(own if asked is None else asked, settings.longest_wait)


def asked_pause(answer: Answer) -> float | None:
    """The seconds of a `Retry-After` (RFC 9110, 10.2.3); as a date, it counts from the answer's."""
    said = answer.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", said):
        return float(said)
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - seldom needed

    try:
        until = parsedate_to_datetime(said)
        return max(0.0, (until - parsedate_to_datetime(answer.headers["date"])).total_seconds())
    except (ValueError, TypeError, KeyError):
        return None
