"""What one word may name in an image: a package, a layer by its name, or by its digest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lading.explain.layers import BuiltLayer

__all__ = ["by_digest", "by_name", "digest_in"]

_DIGEST: Final = re.compile(r"(?:sha256:)?(?P<encoded>[0-9a-f]{4,64})")

T = TypeVar("T")


def digest_in(word: str) -> str | None:
    """The beginning of a digest that a word is, if it can be one: four digits at least."""
    match = _DIGEST.fullmatch(word)
    return match["encoded"] if match else None


def by_digest(start: str, layers: Iterable[BuiltLayer]) -> tuple[BuiltLayer, ...]:
    """The layers whose digest begins so, each once."""
    found = {
        str(one.blob.descriptor.digest): one
        for one in layers
        if one.blob.descriptor.digest.encoded.startswith(start)
    }
    return tuple(found.values())


def by_name(word: str, named: Iterable[tuple[str, T]]) -> tuple[T, ...]:
    """What is called so; else all that is called so from its beginning on."""
    listed = tuple(named)
    exact = tuple(one for name, one in listed if name == word)
    return exact or tuple(one for name, one in listed if word and name.startswith(word))
