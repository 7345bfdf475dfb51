"""The services that a module's text declares, and what each of them serves: nothing of it is run.

Names are followed as the module would bind them, statement by statement. What a text does not show
(a service inside `if`, a decorator of another module of the project, a factory that nobody knows)
is said to be unsure: then the module is imported whole.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lading.cli.bindings import binds, body_of
from lading.cli.following import Reader
from lading.cli.values import Thing
from lading.services import Served, kind_with

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lading.cli.values import Declared

__all__ = ["Declaration", "Services", "Serving", "services_in"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A name that stands for a service.

    Attributes:
        name: The name.
        call: The call that says what the service is: `lading.service(...)`.
        position: Which of the module's statements has that call, from 0; None where it is inside
            another one.
        words: Where what is served is, `"module:attribute"`, if it is named in words.
        line: The line that declares it, from 1.
        is_alias: Whether the service has another name, which is the one that it is called by.
    """

    name: str
    call: ast.Call
    position: int | None
    words: str | None
    line: int
    is_alias: bool = False

    @property
    def called(self) -> str:
        """What its image is called, as far as the text tells."""
        for one in self.call.keywords:
            match one:
                case ast.keyword(arg="name", value=ast.Constant(value=str(name))):
                    return name
                case _:
                    pass
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A service that names in words what it serves, which is in its own module.

    Attributes:
        name: Its own name; None where nothing stands for it.
        words: What it names.
        line: The line that says so, from 1.
    """

    name: str | None
    words: str
    line: int

    @property
    def served(self) -> str:
        """What is served is called so in the module."""
        return self.words.partition(":")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What a module's text says of services.

    Attributes:
        declarations: The names that stand for one, in the order of the text.
        is_whole: Whether these are surely all that the module declares.
        unsure: Names that may stand for one.
        declaring: Which of the module's statements do nothing but declare one, and bind no name.
        served: What each of the module's own names stands for, as one that is served; those that
            are bound last come last.
        serving: The services that name in words what is of this module.
    """

    declarations: tuple[Declaration, ...] = ()
    is_whole: bool = True
    unsure: frozenset[str] = frozenset()
    declaring: frozenset[int] = frozenset()
    served: Mapping[str, Served] = field(default_factory=dict)
    serving: tuple[Serving, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """One name for each service."""
        return tuple(one.name for one in self.declarations if not one.is_alias)

    def of(self, name: str) -> Declaration | None:
        """The declaration of the service that a name stands for."""
        return next((one for one in self.declarations if one.name == name), None)


def services_in(
    source: str | None,
    local: Callable[[str], str | None],
    *,
    is_own: Callable[[str], bool] = lambda _: False,
    package: str = "",
) -> Services:
    """The services that a module declares.

    Args:
        source: The module's text.
        local: The text of a module of the project, by its name; None where it is no such.
        is_own: Whether a name is that of the module itself.
        package: The package that the module is in; empty where it is in none.
    """
    body = body_of(source)
    reader = Reader(local=local, is_own=is_own, package=package)
    try:
        reader.read(body)
    except RecursionError:
        return Services(
            is_whole=False, unsure=frozenset(name for one in body for name in binds(one))
        )
    return _found(reader, body)


def _found(reader: Reader, body: list[ast.stmt]) -> Services:
    bound: dict[str, list[int]] = {}
    for position, statement in enumerate(body):
        for name in sorted(binds(statement)):
            bound.setdefault(name, []).append(position)
    things = {name: one for name, one in reader.values.items() if isinstance(one, Thing)}
    meant = {name: _meant(things[name], bound[name]) for name in bound if name in things}
    by_name = {name: one for name, one in meant.items() if one is not None}
    shown = {id(one) for one in by_name.values()}
    hidden = any(id(one) not in shown for one in reader.declared)
    unsure = {name for name, one in things.items() if not one.is_sure}
    unsure |= {name for name, one in things.items() if one.services and name not in by_name}
    return Services(
        declarations=tuple(
            _declaration(name, one, is_alias=_first_of(one, by_name, bound) != name)
            for name, one in by_name.items()
            if name not in unsure
        ),
        is_whole=reader.is_whole and not hidden,
        unsure=frozenset(unsure),
        declaring=frozenset(
            one.position for one in reader.declared if _only_declares(body[one.position])
        ),
        served={name: _served(name, things, body) for name in things},
        serving=tuple(
            _serving(one.words, one, body, by_name, bound)
            for one in reader.declared
            if one.words is not None and reader.is_own(one.words.partition(":")[0])
        ),
    )


def _serving(
    words: str,
    one: Declared,
    body: list[ast.stmt],
    by_name: dict[str, Declared],
    bound: dict[str, list[int]],
) -> Serving:
    name = _first_of(one, by_name, bound)
    return Serving(name=name, words=words, line=body[one.position].lineno)


def _served(name: str, things: Mapping[str, Thing], body: list[ast.stmt]) -> Served:
    """What a name stands for; where it is bound to a service of itself, what it was before."""
    thing = things[name]
    own = (one.named for one in thing.services if one.words and one.words.endswith(f":{name}"))
    what = next((one for one in own if one), thing)
    kind = what.kind
    if kind == "command":
        kind = kind_with(body, {one for one, other in things.items() if other is thing})
    return Served(kind=kind, is_factory=what.is_factory, needs=what.needs)


def _only_declares(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Call(args=[ast.Name() | ast.Constant()], keywords=[])):
            return True
        case _:
            return False


def _meant(thing: Thing, bound: list[int]) -> Declared | None:
    """Which of a thing's services a name stands for: of several, the one that binds it."""
    here = [one for one in thing.services if one.position in bound]
    if len(thing.services) == 1:
        return thing.services[0]
    return here[0] if len(here) == 1 else None


def _first_of(
    one: Declared, by_name: dict[str, Declared], bound: dict[str, list[int]]
) -> str | None:
    """Which of the names of a service it is called by: the one that its declaration binds."""
    names = [name for name, other in by_name.items() if other is one]
    return next((name for name in names if one.position in bound[name]), next(iter(names), None))


def _declaration(name: str, declared: Declared, *, is_alias: bool) -> Declaration:
    decorator = declared.decorator
    return Declaration(
        name=name,
        call=decorator.call,
        position=decorator.position,
        words=declared.words,
        line=decorator.call.lineno,
        is_alias=is_alias,
    )
