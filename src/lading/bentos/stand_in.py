"""What stands for Lading in a bento, whose container has none.

A service's module imports `lading.integrations.bentoml` when it is served, too. The image has been
built by then, and nothing that is said of it matters any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["write_stand_in"]

_FOLDER: Final = "lading"

_INERT: Final = '''\
"""Stands for Lading in a container that was built with it: every call is taken, and none counts."""


class Image:
    def __init__(self, *arguments, **options):
        pass

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *arguments, **options):
        return self


def secret(*arguments, **options):
    return Image()
'''

_MODULES: Final = {
    "__init__.py": _INERT,
    "integrations/__init__.py": "",
    "integrations/bentoml.py": "from lading import Image, secret\n",
}


def write_stand_in(folder: Path) -> None:
    """Write it below `folder`, where modules are found; a project's own `lading` stays."""
    if (folder / _FOLDER).exists():
        return
    for name, text in _MODULES.items():
        path = folder / _FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")
