"""What stands for Lading in a bento, whose container has none.

A service's module imports `lading.integrations.bentoml` when it is served, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lading.services.stand_in import STAND_IN

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["write_stand_in"]

_FOLDER: Final = "lading"

_MODULES: Final = {
    "__init__.py": STAND_IN,
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
