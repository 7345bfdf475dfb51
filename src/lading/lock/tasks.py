"""Calls that run beside each other, and end together when nobody waits for them any more."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING, Self, TypeVar

from lading.errors import LadingError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

__all__ = ["Tasks", "collected", "settled", "together"]

K = TypeVar("K")
T = TypeVar("T")

_PATIENCE = 3.0


class Tasks:
    """A block of calls that run in threads of their own.

    Leaving the block by an exception, Ctrl-C too, sets `stopping`, upon which the programs that
    the calls have started are ended, and waits for that a few seconds at most. An executor would
    wait until each call is through, however long an index takes to answer.

    Attributes:
        stopping: Set when nobody waits for the results any more.
    """

    def __init__(self) -> None:
        self.stopping = Event()
        self._threads: list[Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            return
        self.stopping.set()
        for thread in self._threads:
            thread.join(_PATIENCE / len(self._threads))

    def start(self, call: Callable[[], T]) -> Callable[[], T]:
        """Start `call`, and give what waits for its result, or raises what it raised."""
        results: list[T] = []
        errors: list[BaseException] = []

        def settle() -> None:
            try:
                results.append(call())
            except BaseException as error:  # noqa: BLE001 - whoever waits gets it
                errors.append(error)

        # A daemon: one that waits for a network must not keep the program from ending.
        thread = Thread(target=settle, daemon=True)
        thread.start()
        self._threads.append(thread)

        def wait() -> T:
            thread.join()
            if errors:
                raise errors[0]
            return results[0]

        return wait


def settled(wait: Callable[[], T], failed: list[LadingError]) -> T | None:
    """What `wait` gives; where it fails, None, and the error is among those that failed."""
    try:
        return wait()
    except LadingError as error:
        failed.append(error)
        return None


def collected(waits: Mapping[K, Callable[[], T]]) -> tuple[list[T], dict[K, LadingError]]:
    """All results, and what went wrong where: it is waited for all of them."""
    failed: dict[K, LadingError] = {}
    results: list[T] = []
    for key, wait in waits.items():
        try:
            results.append(wait())
        except LadingError as error:
            failed[key] = error
    return results, failed


def together(failed: Sequence[LadingError]) -> LadingError:
    """One error of the first one's kind, with the problems of all, each once."""
    problems = dict.fromkeys(problem for error in failed for problem in error.problems)
    return type(failed[0])(problems)
