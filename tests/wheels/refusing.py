"""How a wheel is refused, as the tests see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lading.errors import ImageError
from wheels.reading import read
from wheels.wheelmaker import Part, wheel_parts, write_wheel, zipped

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["WHEEL", "refused", "refused_parts"]

WHEEL = "demo-1.0-py3-none-any.whl"


def refused(path: Path) -> list[str]:
    """The messages of the refusal, without the wheel's name, which each begins with."""
    with pytest.raises(ImageError) as caught:
        read(path, filename=WHEEL)
    messages = [problem.message for problem in caught.value.problems]
    assert all(message.startswith(f"{WHEEL}: ") for message in messages)
    assert all(message.isprintable() for message in messages)
    return [message.removeprefix(f"{WHEEL}: ") for message in messages]


def refused_parts(folder: Path, *parts: Part) -> list[str]:
    members = wheel_parts({str(number): part for number, part in enumerate(parts)})
    return refused(write_wheel(folder, zipped(members)))
