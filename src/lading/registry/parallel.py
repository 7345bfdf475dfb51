"""Several things at once, and the end of all when one fails or the user interrupts."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, TypeVar, cast

from lading.errors import RegistryError
from lading.registry.persistence import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["each"]

_T = TypeVar("_T")
_LOOK = 0.2
_GRACE = 0.5
"""Seconds in which all threads together may end after an interrupt, before they are left."""


def each(jobs: int, items: Iterable[_T], act: Callable[[_T], None], stop: Event) -> None:
    """Call `act` with each of the items, some at a time.

    The threads are daemons: an interrupt does not wait for a server that stalls.

    Args:
        jobs: How many at a time.
        items: What with, in the order in which they begin.
        act: Raises `Stopped` when it sees that `stop` is set.
        stop: Is set when one has failed, or on an interrupt.

    Raises:
        RegistryError: One or more have failed, and the registry is why.
        BaseException: What else was raised first.
    """
    work = _Work(items, act, stop)
    threads = [Thread(target=work.run, daemon=True) for _ in range(min(jobs, work.count))]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(_LOOK)
    except BaseException:
        stop.set()
        for thread in threads:
            with suppress(RuntimeError):  # an interrupt may come before it is started
                thread.join(_GRACE / len(threads))
        raise
    work.report()


class _Work:
    def __init__(self, items: Iterable[_T], act: Callable[[_T], None], stop: Event) -> None:
        self._left = deque(items)
        self.count = len(self._left)
        self._act = act
        self._stop = stop
        self._lock = Lock()
        self._errors: list[BaseException] = []

    def run(self) -> None:
        while not self._stop.is_set():
            try:
                item = self._left.popleft()
            except IndexError:
                return
            self._do(item)

    def _do(self, item: object) -> None:
        try:
            self._act(item)  # type: ignore[arg-type]
        except Stopped:
            return
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread that waits
            with self._lock:
                self._errors.append(error)
            self._stop.set()

    def report(self) -> None:
        """Raise what went wrong: what is no registry's fault first, as it was raised."""
        others = [error for error in self._errors if type(error) is not RegistryError]
        if others:
            raise others[0]
        problems = [one for error in self._errors for one in cast("RegistryError", error).problems]
        if problems:
            raise RegistryError(tuple(dict.fromkeys(problems)))
