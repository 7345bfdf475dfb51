"""What `import lading` finds in a container: a module that declares an image runs there too.

The image has been built by then, and nothing that is said of it matters any more.
"""

from __future__ import annotations

from typing import Final

__all__ = ["STAND_IN"]

STAND_IN: Final = '''\
"""Stands for Lading where its image runs: every call is taken, and none says anything any more."""

import sys

__all__ = [
    "BuildError", "FreezeError", "Image", "ImageError", "ImageInfo", "LadingError", "Location",
    "Problem", "RegistryError", "ResolutionError", "Secret", "SpecificationError", "Variants",
    "register_engine", "secret", "service",
]


class _Taking(type):
    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return cls()


class Image(metaclass=_Taking):
    def __init__(self, *words, **options):
        pass

    def __call__(self, *words, **options):
        return self

    def __getitem__(self, name):
        return self

    def __iter__(self):
        return iter(())

    def __add__(self, other):
        return self

    __radd__ = __or__ = __ror__ = __add__

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self


class LadingError(Exception):
    pass


class _Service(Image):
    def __call__(self, served=None, **options):
        if not isinstance(served, str):
            return self if served is None else served
        # What is called so by now, which the name of the service may be bound to next.
        module, _, name = served.partition(":")
        return getattr(sys.modules.get(module, sys.modules["__main__"]), name, self)


def service(**options):
    return _Service()


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    if name.endswith("Error"):
        return LadingError
    return Image if name[:1].isupper() else Image()


# Lading's errors may be imported from where they are; there is no more of it.
sys.modules[f"{__name__}.errors"] = sys.modules[__name__]
__path__ = globals().get("__path__", [])
'''
