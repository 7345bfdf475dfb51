"""The services and Images that a project's modules declare, as a project file refers to them.

All of it is read in their text: nothing is imported.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field, replace
from itertools import chain, count
from typing import TYPE_CHECKING, Final

from lading.cli.bindings import IMPORTING, body_of, bound_as, imported_from, is_main, names_in
from lading.cli.overlooked import overlooked
from lading.grammar.image_name import is_image_name
from lading.grammar.token import is_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lading.cli.modules import ProjectModules

__all__ = ["Reference", "references"]

_LADING: Final = "lading"
_CLASSES: Final = tuple(
    f"{module}.{name}" for module in (_LADING, f"{_LADING}.image") for name in ("Image", "Variants")
)

_IMAGE: Final = "an Image"
_FUNCTION: Final = "a function that gives one"
"""What a name may stand for, beside what is imported, which has its path."""

_LEAVING: Final = "freeze"
"""The call of an Image that gives none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An image in code.

    Attributes:
        name: What it is called among the images of the project.
        module: The module that declares it.
        attribute: Its name in there.
    """

    name: str
    module: str
    attribute: str

    @property
    def text(self) -> str:
        """As it is written."""
        return f"{self.module}:{self.attribute}"


def references(modules: ProjectModules, names: Sequence[str]) -> tuple[Reference, ...]:
    """The services of some modules; and the Images of those that have nothing to do with these.

    Args:
        modules: The project's.
        names: The modules that are looked into.
    """
    texts, names = _Texts(modules), _concerned(modules, names)
    services = [one for name in names for one in _services(texts, name)]
    # What a service's module imports is there to make the service.
    used = {one for each in services for one in modules.led_to(each.module)}
    images = [
        Reference(name=one, module=name, attribute=one)
        for name in names
        if name not in used
        for one in texts.images(name)
    ]
    return tuple(_each_called(services + images))


def _concerned(modules: ProjectModules, names: Sequence[str]) -> list[str]:
    """Those that may have to do with Lading, by a word of theirs: most have not, and are many."""
    texts = {name: modules.text(name) or "" for name in names}
    found, words = set[str](), {_LADING}
    while words:
        more = [name for name in texts.keys() - found if any(one in texts[name] for one in words)]
        found.update(more)
        words = {name.rpartition(".")[2] for name in more}  # what imports one of them names it so
    return [name for name in names if name in found]


def _services(texts: _Texts, module: str) -> Iterator[Reference]:
    read = texts.modules.services(module)
    called = {one.name: one.called for one in read.declarations}
    found = read.names
    if not found and not read.is_whole:  # one is there, inside an `if` or the like
        others = {*texts.images(module), *texts.changed(module)}
        found = tuple(one for one in texts.own(module) if one in read.unsure - others)
    for one in found:
        yield Reference(name=called.get(one, one), module=module, attribute=one)


def _each_called(found: Iterable[Reference]) -> Iterator[Reference]:
    """Each by a name that an image of a project file may have, and no other one has."""
    taken = set[str]()
    for one in found:
        others = (f"image-{number}" for number in count(1))
        choices = chain(map(_fit, (one.name, f"{one.module}-{one.name}")), others)
        name = next(it for it in choices if _is_name(it) and it.casefold() not in taken)
        taken.add(name.casefold())
        yield replace(one, name=name)


def _fit(name: str) -> str:
    """A dot would be taken for what is before a variant."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("_-")


def _is_name(name: str) -> bool:
    return is_image_name(name) and not is_token(name)


@dataclass(frozen=True, slots=True)
class _Texts:
    """What the names of a project's modules stand for, as far as it has to do with Images.

    Attributes:
        modules: The project's.
    """

    modules: ProjectModules
    _known: dict[str, dict[str, str]] = field(default_factory=dict)

    def images(self, module: str) -> tuple[str, ...]:
        """The names of a module that stand for an Image, or for what gives one."""
        source, values = self.modules.text(module) or "", self._values(module)
        found = {name for name, value in values.items() if value in {_IMAGE, _FUNCTION}}
        found |= {one.name for one in overlooked(source, found)}
        return tuple(one for one in self.own(module) if one in found)

    def own(self, module: str) -> tuple[str, ...]:
        """The names that a module binds, and that are not private to it."""
        names = names_in(self.modules.text(module) or "")
        return tuple(one for one in names if not one.startswith("_"))

    def changed(self, module: str) -> set[str]:
        """The names of a module that its functions bind anew, of which no text is ever sure."""
        nodes = (node for one in body_of(self.modules.text(module)) for node in ast.walk(one))
        return {name for node in nodes if isinstance(node, ast.Global) for name in node.names}

    def _values(self, module: str) -> dict[str, str]:
        if module not in self._known:
            values = self._known[module] = {}  # as long as it is followed
            try:
                for one in body_of(self.modules.text(module)):
                    self._follow(one, module, values)
            except RecursionError:
                values.clear()
        return self._known[module]

    def _follow(self, statement: ast.stmt, module: str, values: dict[str, str]) -> None:
        match statement:
            case ast.Import() | ast.ImportFrom():
                values.update(self._imported(statement, module))
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    _bind(target, _value(value, values), values)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                _bind(target, _value(value, values), values)
            case ast.FunctionDef(name=name):
                _bind(ast.Name(name), self._function(statement, module, values), values)
            case ast.ClassDef(name=name) | ast.AsyncFunctionDef(name=name):
                values.pop(name, None)
            case ast.If() if is_main(statement):
                pass
            case ast.If(body=body, orelse=others) | ast.Try(body=body, orelse=others):
                for inner in (*body, *others):
                    self._follow(inner, module, values)
            case _:
                pass

    def _imported(
        self, node: ast.Import | ast.ImportFrom, module: str
    ) -> Iterator[tuple[str, str]]:
        """The names that an import binds, each with what it stands for."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = bound_as(alias, node)
                yield name, alias.name if alias.asname else name
            return
        of = imported_from(node, self.modules.package(module))
        is_own = self.modules.file(of) is not None
        inner = self._values(of) if is_own else {}
        for alias in node.names:
            if alias.name == "*":
                yield from inner.items() if is_own else _all_of(of)
            elif not is_own:
                yield bound_as(alias, node), f"{of}.{alias.name}"
            elif alias.name in inner:
                yield bound_as(alias, node), inner[alias.name]

    def _function(
        self, function: ast.FunctionDef, module: str, values: dict[str, str]
    ) -> str | None:
        """Whether it says that it gives an image, and can be called as it stands."""
        if function.returns is None or _needs_words(function.args):
            return None
        inner, known = [one for one in ast.walk(function) if isinstance(one, IMPORTING)], {**values}
        for one in inner:
            known.update(self._imported(one, module))
        return _FUNCTION if _is_said(function.returns, known) else None


def _bind(target: ast.expr, value: str | None, values: dict[str, str]) -> None:
    match target:
        case ast.Name(id=name) if value is not None:
            values[name] = value
        case ast.Name(id=name):
            values.pop(name, None)
        case _:
            pass


def _value(expression: ast.expr, values: dict[str, str]) -> str | None:
    match expression:
        case ast.Name(id=name):
            return values.get(name)
        case ast.Attribute(value=of, attr=name):
            owner = _value(of, values)
            return None if owner is None else f"{owner}.{name}"
        case ast.Call(func=function):
            return _given(_value(function, values))
        case ast.IfExp(body=one, orelse=other):
            return _value(one, values) or _value(other, values)
        case ast.Subscript(value=of):  # one of several variants
            return _IMAGE if _value(of, values) == _IMAGE else None
        case _:
            return None


def _given(function: str | None) -> str | None:
    """What a call gives: the class an Image, and all of an Image's own calls but one do so too."""
    if function is None:
        return None
    is_class = function.startswith(_CLASSES)
    is_call = function.startswith(f"{_IMAGE}.") and not function.endswith(f".{_LEAVING}")
    return _IMAGE if is_class or is_call or function == _FUNCTION else None


def _is_said(returns: ast.expr, values: dict[str, str]) -> bool:
    if isinstance(returns, ast.Constant) and isinstance(returns.value, str):
        body = body_of(returns.value)
        return bool(body) and isinstance(body[0], ast.Expr) and _is_said(body[0].value, values)
    return _value(returns, values) in _CLASSES


def _needs_words(takes: ast.arguments) -> bool:
    placed = len(takes.posonlyargs) + len(takes.args) - len(takes.defaults)
    return bool(placed) or None in takes.kw_defaults


def _all_of(module: str) -> Iterator[tuple[str, str]]:
    if module == _LADING:
        yield from ((path.rpartition(".")[2], path) for path in _CLASSES if path.count(".") == 1)
