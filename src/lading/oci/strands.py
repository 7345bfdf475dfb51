"""Work beside the thread that has it done: pieces are made, hashed and written at the same time."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from queue import Queue
from threading import Thread
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor, Future

__all__ = ["ahead", "beside", "inline"]

T = TypeVar("T")
R = TypeVar("R")

_DEPTH: Final = 8
"""How many pieces may wait: this bounds the memory."""


@contextmanager
def inline(take: Callable[[bytes], object]) -> Iterator[Callable[[bytes], object]]:
    """Done at once, by whoever hands a piece in."""
    yield take


@contextmanager
def beside(take: Callable[[bytes], object]) -> Iterator[Callable[[bytes], object]]:
    """Done in order by a thread of its own; all is done when the block is left.

    Raises:
        BaseException: What `take` raised, at the next piece or in the end; no later piece is taken.
    """
    waiting: Queue[bytes | None] = Queue(_DEPTH)
    failed: list[BaseException] = []
    thread = Thread(target=_drain, args=(waiting, take, failed), daemon=True)
    thread.start()

    def put(piece: bytes) -> None:
        if failed:
            raise failed[0]
        waiting.put(piece)

    try:
        yield put
    finally:
        waiting.put(None)
        thread.join()
    if failed:
        raise failed[0]


def _drain(
    waiting: Queue[bytes | None], take: Callable[[bytes], object], failed: list[BaseException]
) -> None:
    while (piece := waiting.get()) is not None:
        if not failed:
            try:
                take(piece)
            except BaseException as error:  # noqa: BLE001 - whoever handed it in raises it
                failed.append(error)


def ahead(
    call: Callable[[T], R], items: Iterable[T], pool: Executor | None
) -> Iterator[tuple[T, R]]:
    """Each item with what `call` makes of it, in order; where there is a pool, it is some ahead.

    Raises:
        BaseException: What `call` raised, when its item's turn has come.
    """
    if pool is None:
        yield from ((item, call(item)) for item in items)
        return
    waiting: deque[tuple[T, Future[R]]] = deque()
    try:
        for item in items:
            waiting.append((item, pool.submit(call, item)))
            if len(waiting) > _DEPTH:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    finally:
        for _, future in waiting:
            future.cancel()
