"""Finding images in the user's code, with as little of it run as it takes."""

from __future__ import annotations

import ast
import os
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lading.cli.bindings import IMPORTING
from lading.cli.child import found_by_child
from lading.cli.declared import Declared, Wanted, declared
from lading.cli.excerpt import excerpt
from lading.cli.importing import excerpted, import_file, import_module, importing
from lading.cli.modules import ProjectModules, modules_run_by
from lading.cli.together import together
from lading.cli.unbound import check_bound, check_unserved
from lading.errors import SpecificationError

if TYPE_CHECKING:
    from lading.cli.excerpt import Excerpt

__all__ = ["NAMES", "check_alone", "imported", "in_code"]

NAMES: Final = "give each a name of its own: they would have one lock"
"""The hint for several images of one name."""


def in_code(wanted: Wanted) -> tuple[Declared, ...]:
    """The images that are looked for, found with as little of their module as it takes."""
    modules = ProjectModules(wanted.root)
    file = modules.path(wanted.where)
    services = modules.services(wanted.where)
    if not wanted.attribute and services.is_whole and services.names:
        each = together(
            (one, partial(in_code, replace(wanted, attribute=one))) for one in services.names
        )
        return tuple(found for several in each for found in several)
    if wanted.attribute:
        check_bound(modules, wanted)
        check_unserved(modules, wanted)
    taken = _excerpt(wanted)
    if taken is not None and file is not None:
        # What the text does not tell of a service is often not needed, and else the module tells.
        with suppress(*(() if taken.is_sure else (SpecificationError,))):
            return _of_excerpt(taken, file, wanted)
    found, brings_engines = found_by_child(wanted, os.environ)
    return imported(wanted) if brings_engines else found


def _of_excerpt(taken: Excerpt, file: Path, wanted: Wanted) -> tuple[Declared, ...]:
    with importing(wanted.root), excerpted(taken.statements, file) as module:
        return declared(vars(module), taken.name, wanted)


def imported(wanted: Wanted) -> tuple[Declared, ...]:
    """The images that are looked for, with their whole module imported here.

    Raises:
        SpecificationError: There is no such image, or the module can't be imported.
    """
    where = wanted.where
    with importing(wanted.root):
        module = (
            import_file(Path(where)) if where.endswith(".py") else import_module(where, wanted.root)
        )
        return declared(vars(module), wanted.name, wanted)


def _excerpt(wanted: Wanted) -> Excerpt | None:
    """The part of the module that is enough; None where it has to be imported whole."""
    modules = ProjectModules(wanted.root)
    source = modules.source(wanted.where)
    services = modules.services(wanted.where)
    return None if source is None else excerpt(source, wanted.name, modules.text, services)


def _is_of_lading(taken: Excerpt | None, modules: ProjectModules) -> bool:
    """Whether Lading is among what the statements import: else no image comes of them."""
    nodes = (node for one in taken.statements.body for node in ast.walk(one)) if taken else ()
    return any(
        name.partition(".")[0] == "lading" or modules.code(name, "").imports_lading
        for node in nodes
        if isinstance(node, IMPORTING)
        for name in modules_run_by(node, modules.text)
    )


def check_alone(found: Declared, wanted: Wanted) -> None:
    """Refuse an image whose lock would be that of another one in its module.

    A service may be called as a variant is, or as another service.
    """
    called = ProjectModules(wanted.root).called(wanted.where)
    label = found.label
    meant = [
        name + label.removeprefix(start)
        for name, start in called.items()
        if f"{label}.".startswith(f"{start}.")
    ]
    whole = bool(wanted.attribute) and _excerpt(wanted) is None
    if len(meant) < 2:  # noqa: PLR2004 - itself, and another one
        return
    there = [one for one in meant if _is_called(found, replace(wanted, attribute=one), whole=whole)]
    if len(there) > 1:
        message = f"{wanted.where} has several images that are called {label}: {', '.join(there)}"
        raise SpecificationError(message, hint=NAMES)


def _is_called(found: Declared, wanted: Wanted, *, whole: bool) -> bool:
    """Whether there is an image whose lock is called as that of one that was found.

    Args:
        found: That one.
        wanted: The image.
        whole: Whether its module was imported whole: it is not for this alone.
    """
    if not whole and not _is_of_lading(_excerpt(wanted), ProjectModules(wanted.root)):
        return False
    try:
        (other,) = in_code(replace(wanted, every=False, strict=False, sure=True))
    except SpecificationError:  # what can't be made has no lock
        return False
    return other.named.name == found.named.name
