"""Several things at once, and the end of all when one fails or the user interrupts."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from lading.errors import RegistryError
from lading.registry.persistence import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Crew", "each"]

_T = TypeVar("_T")
_LOOK = 0.2
_GRACE = 0.5
"""Seconds in which all threads together may end after an interrupt, before they are left."""


def each(jobs: int, items: Iterable[_T], act: Callable[[_T], None], stop: Event) -> None:
    """Call `act` with each of the items, some at a time.

    Args:
        jobs: How many at a time.
        items: What with, in the order in which they begin.
        act: Raises `Stopped` when it sees that `stop` is set.
        stop: Is set when one has failed, or on an interrupt.

    Raises:
        RegistryError: One or more have failed, and the registry is why.
        BaseException: What else was raised first.
    """
    crew = Crew(jobs, act, stop)
    try:
        for item in items:
            crew.add(item)
        crew.finish()
    except BaseException:
        crew.leave()
        raise


class Crew(Generic[_T]):
    """Threads that call `act` with what they are given, some at a time.

    They are daemons: an interrupt does not wait for a server that stalls. Whoever has one ends it
    by `finish`, or by `leave` where that or anything else was raised.

    Args:
        jobs: How many at a time.
        act: Raises `Stopped` when it sees that `stop` is set.
        stop: Is set when one has failed, or when they are left.
    """

    def __init__(self, jobs: int, act: Callable[[_T], None], stop: Event) -> None:
        self._jobs = jobs
        self._act = act
        self._stop = stop
        self._lock = Lock()
        self._left: deque[_T] = deque()
        self._threads: list[Thread] = []
        self._running = 0
        self._errors: list[BaseException] = []

    def add(self, item: _T) -> None:
        """Let one more be done, soon; from any thread."""
        with self._lock:
            self._left.append(item)
            if self._running == self._jobs:
                return
            thread = Thread(target=self._run, daemon=True)
            self._threads.append(thread)
            self._running += 1
            thread.start()

    def finish(self) -> None:
        """Wait until all is done.

        Raises:
            RegistryError: One or more have failed, and the registry is why.
            BaseException: What else was raised first.
        """
        for thread in self._threads:
            while thread.is_alive():
                thread.join(_LOOK)
        self._report()

    def leave(self) -> None:
        """Do no more, and wait a moment for what is being done."""
        self._stop.set()
        for thread in self._threads:
            with suppress(RuntimeError):  # an interrupt may come before it is started
                thread.join(_GRACE / len(self._threads))

    def _run(self) -> None:
        while True:
            with self._lock:
                if self._stop.is_set() or not self._left:
                    self._running -= 1
                    return
                item = self._left.popleft()
            self._do(item)

    def _do(self, item: _T) -> None:
        try:
            self._act(item)
        except Stopped:
            return
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread that waits
            with self._lock:
                self._errors.append(error)
            self._stop.set()

    def _report(self) -> None:
        """Raise what went wrong: what is no registry's fault first, as it was raised."""
        others = [error for error in self._errors if type(error) is not RegistryError]
        if others:
            raise others[0]
        problems = [one for error in self._errors for one in cast("RegistryError", error).problems]
        if problems:
            raise RegistryError(tuple(dict.fromkeys(problems)))
