"""Which service a name stands for, where one object was declared as several.

What is declared stays what it is, so that `cpu = service(...)(main)` and `gpu = service(...)(main)`
are both `main`, and the object can't tell them apart: the lines of the module can.
"""

from __future__ import annotations

import ast
from types import FunctionType
from typing import TYPE_CHECKING

from lading.cli.bindings import DEFINING, binds, body_of
from lading.cli.modules import ProjectModules
from lading.errors import Location, Problem, SpecificationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lading.cli.declared import Wanted
    from lading.services import Service

__all__ = ["declared_there"]


def declared_there(found: object, services: Sequence[Service], wanted: Wanted) -> Service:
    """The service that the statements declare which bind the name.

    Args:
        found: What the name stands for.
        services: What it was declared as, at least one.
        wanted: What is looked for.

    Raises:
        SpecificationError: They declare none of several, or more than one.
    """
    last = services[-1]
    if all(one == last for one in services):
        return last
    lines = _lines(wanted)
    here = [one for one in services if one.served_at in lines]
    if len(here) == 1:
        return here[0]
    raise SpecificationError(_several(here or services, found, wanted))


def _several(services: Sequence[Service], found: object, wanted: Wanted) -> Problem:
    last = services[-1].served_at
    places = dict.fromkeys(str(one.served_at) for one in services if one.served_at != last)
    where = f"at {' and '.join(places)} and here" if places else "here"
    called = found.__name__ if isinstance(found, FunctionType | type) else wanted.name
    return Problem(
        message=f"{wanted.name} is declared as several services, {where}",
        location=last,
        hint="give each a name of its own, which says in words what it serves: "
        f'one = lading.service(image=image)("{wanted.module}:{called}")',
    )


def _lines(wanted: Wanted) -> set[Location]:
    """All lines of the statements that bind the name in its module."""
    modules = ProjectModules(wanted.root)
    file = modules.path(wanted.where)
    return {
        Location(str(file and file.resolve()), line)
        for one in _binding(body_of(modules.source(wanted.where)), wanted.name)
        for line in range(_first(one), (one.end_lineno or one.lineno) + 1)
    }


def _binding(statements: Iterable[ast.stmt], name: str) -> Iterator[ast.stmt]:
    """The innermost statements that bind a name: of an `if`, those in it."""
    for one in statements:
        if name in binds(one):
            inner = () if isinstance(one, DEFINING) else _binding(_inside(one), name)
            yield from tuple(inner) or (one,)


def _inside(statement: ast.stmt) -> Iterator[ast.stmt]:
    for one in ast.iter_child_nodes(statement):
        if isinstance(one, ast.stmt):
            yield one
        elif isinstance(one, ast.ExceptHandler | ast.match_case):
            yield from one.body


def _first(statement: ast.stmt) -> int:
    """Its first line: of what is decorated, that of its first decorator."""
    above = statement.decorator_list if isinstance(statement, DEFINING) else []
    return min([statement.lineno, *(one.lineno for one in above)])
