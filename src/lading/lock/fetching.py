"""Fetching many files at once, each known by its hash."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final, TypeAlias

from lading.errors import LadingError, Problem, ResolutionError
from lading.lock.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from lading.http import HttpSettings

__all__ = ["Fetch", "Wanted", "fetch_all", "together"]

_AT_ONCE: Final = 8
_REPORTS: Final = 10

Fetch: TypeAlias = "Callable[[HttpSettings, bool], Path]"
"""Gives a file, verified: from the cache, or where the second argument is false by HTTP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A file that the folder takes from elsewhere.

    Attributes:
        name: What messages call it.
        sha256: Of its content.
        fetch: Gives it.
        index: The index that it is of, which may ask for a login; None where there is none.
    """

    name: str
    sha256: str
    fetch: Fetch
    index: str | None = None


def fetch_all(
    wanted: Iterable[Wanted], call: Callable[[Wanted], Path], *, say: Callable[[str], None]
) -> tuple[dict[str, Path], list[tuple[Wanted, LadingError]]]:
    """What could be had, by its hash, and what could not.

    Leaving by an exception, Ctrl-C too, waits for no server.

    Args:
        wanted: The files; of one hash, only the first is asked for.
        call: Gives one of them; called in several threads.
        say: Told now and then how far it is.
    """
    todo = deque({one.sha256: one for one in reversed(tuple(wanted))}.values())
    total = len(todo)
    done: SimpleQueue[tuple[Wanted, Path | BaseException]] = SimpleQueue()
    found: dict[str, Path] = {}
    failed: list[tuple[Wanted, LadingError]] = []
    with Tasks() as tasks:

        def work() -> None:
            while not tasks.stopping.is_set():
                try:
                    one = todo.popleft()
                except IndexError:
                    return
                try:
                    done.put((one, call(one)))
                except BaseException as error:  # noqa: BLE001 - whoever waits gets it
                    done.put((one, error))

        for _ in range(min(_AT_ONCE, total)):
            tasks.start(work)
        for number in range(1, total + 1):
            one, result = done.get()
            match result:
                case LadingError():
                    failed.append((one, result))
                case BaseException():
                    raise result
                case _:
                    found[one.sha256] = result
            part, before = number * _REPORTS // total, (number - 1) * _REPORTS // total
            if part > before and total >= _REPORTS:
                say(f"{number} of {total}: {one.name}")
    return found, failed


def together(failed: Sequence[tuple[Wanted, LadingError]]) -> ResolutionError:
    """One error of all that could not be had."""
    problems = dict.fromkeys(problem for _, error in failed for problem in error.problems)
    return ResolutionError(sorted(problems, key=_message))


def _message(problem: Problem) -> str:
    return problem.message
