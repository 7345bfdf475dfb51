"""Doing the same for several images: what is wrong with any is told once all have been tried."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from lading.errors import LadingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lading.errors import Problem

__all__ = ["together"]

T = TypeVar("T")


def together(work: Iterable[tuple[str, Callable[[], T]]]) -> tuple[T, ...]:
    """What comes of each piece of work, in order.

    Args:
        work: What is done for each image, with what the image is called.

    Raises:
        LadingError: Some can't be done; all problems together. One that not all images have says
            which ones it is of.
    """
    done: list[T] = []
    failed: dict[str, LadingError] = {}
    count = 0
    for name, do in work:
        count += 1
        try:
            done.append(do())
        except LadingError as error:
            failed[name] = error
    if failed:
        first, *_ = failed.values()
        raise type(first)(_told(failed, count)) from None
    return tuple(done)


def _told(failed: Mapping[str, LadingError], count: int) -> Sequence[Problem]:
    of_images: dict[Problem, list[str]] = {}
    for name, error in failed.items():
        for problem in error.problems:
            of_images.setdefault(problem, []).append(name)
    return [
        problem
        if len(names) == count
        else replace(problem, message=f"{', '.join(names)}: {problem.message}")
        for problem, names in of_images.items()
    ]
