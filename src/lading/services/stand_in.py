"""What `import lading` finds in a container: a module that declares a service runs there too."""

from __future__ import annotations

from typing import Final

__all__ = ["STAND_IN"]

STAND_IN: Final = '''\
"""Stands for Lading where its image runs: what was declared is done, and says nothing any more."""


class _Nothing:
    def __call__(self, *words, **options):
        return self

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self


class _Service(_Nothing):
    def __call__(self, served=None, **options):
        return self if served is None or isinstance(served, str) else served


def service(**options):
    return _Service()


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return _Nothing()
'''
