"""The host of a registry, as options and variables name it.

host := as references have it: a name or address, and a port where it has one
"""

from __future__ import annotations

from typing import Final

from lading.grammar.invalid import Invalid
from lading.grammar.reference import ImageReference
from lading.grammar.words import shown

__all__ = ["parse_registry_host"]

_FORM: Final = "write its host, and its port where it has one: registry.example.com:5000"


def parse_registry_host(word: str) -> str:
    """The host, with its port, in lower case; `http://` before it says nothing more.

    Raises:
        Invalid: It is none.
    """
    host = word.lower().removeprefix("http://").rstrip("/")
    try:
        return ImageReference(domain=host, path="image").domain
    except Invalid:
        raise Invalid(f"{shown(word)} is no registry", hint=_FORM) from None
