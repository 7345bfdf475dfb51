"""Work of many pieces, over the cores: what takes longest begins first."""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING, TypeVar

from lading.errors import LadingError
from lading.lock.tasks import Tasks, together

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["each"]

T = TypeVar("T")
R = TypeVar("R")


def each(
    pieces: Sequence[T], call: Callable[[T], R], *, weight: Callable[[T], int], at_once: int = 0
) -> list[R]:
    """What `call` gives for each of the pieces, in their order.

    Args:
        pieces: The work.
        call: Does one; called in several threads.
        weight: How long a piece takes, beside others.
        at_once: How many threads there are; 0 for one each core.

    Raises:
        LadingError: Some failed: one error, with the problems of all of them.
    """
    todo = deque(sorted(range(len(pieces)), key=lambda place: -weight(pieces[place])))
    done: dict[int, R] = {}
    failed: dict[int, LadingError] = {}
    with Tasks() as tasks:

        def work() -> None:
            while not tasks.stopping.is_set():
                try:
                    place = todo.popleft()
                except IndexError:
                    return
                try:
                    done[place] = call(pieces[place])
                except LadingError as error:
                    failed[place] = error

        threads = min(at_once or os.cpu_count() or 1, len(pieces))
        for wait in [tasks.start(work) for _ in range(threads)]:
            wait()
    if failed:
        raise together([error for _, error in sorted(failed.items())])
    return [done[place] for place in range(len(pieces))]
