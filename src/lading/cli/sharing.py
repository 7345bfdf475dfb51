"""Modules of a folder whose images have one name, and so one lock, which drifts for the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.cli.bindings import names_in
from lading.cli.modules import ProjectModules
from lading.lock.file import lock_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.cli.target import Target

__all__ = ["sharing"]

_UNNAMED = "image"


def sharing(found: Target) -> Iterator[str]:
    """That an image's lock may be another one's, where modules of its folder tell that.

    It is read in their texts alone: which of the images a lock was made for, it does not say.
    """
    called = found.image.name or _UNNAMED
    modules = ProjectModules(found.project)
    files = sorted(one for one in found.project.glob("*.py") if one.name.isprintable())
    names = [one.name for one in files if _has(modules, str(one), one.stem, called)]
    if len(names) > 1:
        yield (
            f"{lock_name(found.image)} is one lock for all that is called {called}, and "
            f"{', '.join(names)} each have such an image: give each a name of its own"
        )


def _has(modules: ProjectModules, path: str, module: str, called: str) -> bool:
    """Whether a module makes something that is called so, and leads to Lading."""
    own = names_in(modules.source(path) or "")
    known = modules.called(path)
    return any(known.get(name) == called for name in own) and (
        modules.code(module, called).imports_lading
    )
