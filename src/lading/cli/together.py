"""Doing the same for several images: what is wrong with any is told once all have been tried."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar, cast

from lading.errors import LadingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lading.errors import Problem

__all__ = ["Attempts", "together"]

T = TypeVar("T")

_PLAIN: Final = LadingError.__module__
"""The errors there take problems, and nothing else that would have to be of one image."""


class Attempts:
    """Work on several images: one that fails keeps no other from being done."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._failed: list[tuple[str, LadingError]] = []

    @property
    def failed(self) -> bool:
        """Whether any has failed so far."""
        return bool(self._failed)

    def tried(self, name: str) -> bool:
        """Whether anything was done for that image."""
        return name in self._names

    def do(self, name: str, work: Callable[[], T]) -> T | None:
        """What comes of the work for the image of that name; None where it failed."""
        self._names.append(name)
        try:
            return work()
        except LadingError as error:
            self._failed.append((name, error))
            return None

    def check(self) -> None:
        """Say what has failed.

        Raises:
            LadingError: Something has; all problems together. One that not all images have says
                which ones it is of.
        """
        if self._failed:
            _, first = self._failed[0]
            kind = next(one for one in type(first).__mro__ if one.__module__ == _PLAIN)
            raise kind(self._problems()) from None

    def _problems(self) -> Sequence[Problem]:
        of_images: dict[Problem, dict[str, None]] = {}
        for name, error in self._failed:
            for problem in error.problems:
                of_images.setdefault(problem, {})[name] = None
        count = len(set(self._names))
        return [
            problem
            if len(names) == count or _names(problem, names)
            else replace(problem, message=f"{', '.join(names)}: {problem.message}")
            for problem, names in of_images.items()
        ]


def _names(problem: Problem, images: Iterable[str]) -> bool:
    """Whether its message begins with the one image that it is of: `web is ...` at its line.

    Or with its TARGET, `app.py:web is ...`, which no call's word looks like.
    """
    where, colon, name = problem.message.partition(" ")[0].rpartition(":")
    return {name} == set(images) and bool(where if colon else problem.location)


def together(work: Iterable[tuple[str, Callable[[], T]]]) -> tuple[T, ...]:
    """What comes of each piece of work, in order.

    Args:
        work: What is done for each image, with what the image is called.

    Raises:
        LadingError: Some can't be done: see `Attempts.check`.
    """
    attempts = Attempts()
    done = [attempts.do(name, do) for name, do in work]
    attempts.check()
    return cast("tuple[T, ...]", tuple(done))
