"""A wheel on disk becomes entries, as installing it would write them, without unpacking it.

Sources: the binary distribution format (PEP 427), the database of installed distributions (PEP 376,
PEP 627), direct URLs (PEP 610), entry points, and .ZIP's APPNOTE 6.3.10. What comes out knows where
each file's compressed bytes are; whoever writes them inflates each once, and checks it then.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from lading.wheels.interpreters import Interpreter, find_interpreter
from lading.wheels.scheme import Scheme

if TYPE_CHECKING:
    from lading.wheels.compiling import bytecode
    from lading.wheels.installing import Wheel, read_wheel

__all__ = ["Interpreter", "Scheme", "Wheel", "bytecode", "find_interpreter", "read_wheel"]

# A build in which nothing changed reads no wheel, and `installer` takes as long as all its rest.
_LATER = {"Wheel": "installing", "bytecode": "compiling", "read_wheel": "installing"}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
