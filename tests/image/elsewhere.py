"""A user's other file: what stands here is called from the tests, and must be named in errors."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from lading import Image

HERE = __file__
CURL_LINE = 20
TYPO_LINE = 24


def with_curl(image: Image) -> Image:
    """A variation of a user's own."""
    return image.system_packages("curl")


def with_typo(image: Image) -> Image:
    return image.system_packages("cu rl")


def logged(function: Callable[[Image], Image]) -> Callable[[Image], Image]:
    """A decorator, whose wrapper stands between the test and the call."""

    @functools.wraps(function)
    def wrapper(image: Image) -> Image:
        return function(image)

    return wrapper


@logged
def decorated(image: Image) -> Image:
    return image.run("true")


DECORATED_LINE = 39
