"""What the modules of a project import that is not their own, and which distributions have that."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.cli.bindings import IMPORTING, body_of
from lading.config.imports import distribution_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.cli.modules import ProjectModules

__all__ = ["Imported", "imported_by"]

# Lading's own is for declaring an image, and the image itself has a stand-in for it.
_NO_PACKAGES = sys.stdlib_module_names | {"lading"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What is imported of others.

    Attributes:
        distributions: Those that are known to have it.
        unknown: Packages of which nobody here knows which distribution has them.
    """

    distributions: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def imported_by(modules: ProjectModules, names: Iterable[str]) -> Imported:
    """What modules of a project import, and all modules of it that these lead to."""
    reached = {one for name in names for one in modules.led_to(name)}
    distributions: set[str] = set()
    unknown: set[str] = set()
    for name in {name for one in reached for name in _named(modules.text(one) or "")}:
        top = name.partition(".")[0]
        if top in _NO_PACKAGES or modules.file(top) is not None:
            continue
        if found := distribution_of(name):
            distributions.add(found)
        # What is installed counts before a folder without an __init__.py (PEP 420).
        elif not modules.has_folder(top):
            unknown.add(top)
    return Imported(
        distributions=tuple(sorted(distributions)),
        unknown=tuple(sorted(unknown)),
    )


def _named(text: str) -> Iterator[str]:
    """Each absolute name that a module imports when it is run."""
    for node in _imports(text):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _imports(text: str) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports in a text, but for those that only type checkers follow."""
    waiting: list[ast.AST] = [*body_of(text)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, IMPORTING):
            yield node
        elif isinstance(node, ast.If) and _is_for_type_checkers(node.test):
            waiting += node.orelse
        else:
            waiting += ast.iter_child_nodes(node)


def _is_for_type_checkers(test: ast.expr) -> bool:
    match test:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name == "TYPE_CHECKING"
        case _:
            return False
