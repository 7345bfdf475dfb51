"""Calls that run beside each other, and end together when nobody waits for them any more."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["Tasks"]

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
