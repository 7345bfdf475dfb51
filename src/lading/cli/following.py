"""Following the statements of a module, to see what its names stand for: nothing of it is run."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Callable  # noqa: TC003 - a dataclass field
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lading.cli.bindings import (
    DEFINING,
    IMPORTING,
    binds,
    body_of,
    bound_as,
    imported_from,
    is_main,
)
from lading.cli.leading import leads_to_services
from lading.cli.values import Declared, Decorator, Imported, Thing, Value, Words
from lading.services import command_of, function_of, kind_called, needed_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.services.kinds import Kind

__all__ = ["Reader"]

_SELF: Final = "queue"
"""The method of Gradio's applications that gives the application itself."""


@dataclass(slots=True, kw_only=True)
class Reader:
    """Follows the statements of a module.

    Attributes:
        local: The text of a module of the project, by its name.
        is_own: Whether a name is that of the module itself.
        package: The package that the module is in; empty where it is in none.
        values: What each name stands for.
        declared: All that was declared.
        is_whole: Whether nothing was passed over that may declare a service.
    """

    local: Callable[[str], str | None]
    is_own: Callable[[str], bool] = lambda _: False
    package: str = ""
    values: dict[str, Value] = field(default_factory=dict)
    declared: list[Declared] = field(default_factory=list)
    is_whole: bool = True
    _position: int = 0
    _inside: int = 0
    _given: dict[int, Value] = field(default_factory=dict)
    _declaring: dict[int, bool] = field(default_factory=dict)

    def read(self, body: list[ast.stmt]) -> None:
        """Follow all statements of a module."""
        for self._position, statement in enumerate(body):
            self._follow(statement)
        nodes = [node for one in body for node in ast.walk(one)]
        for name in {name for one in nodes if isinstance(one, ast.Global) for name in one.names}:
            self._bind(name, Thing(is_sure=False))
        scopes = (one for one in nodes if isinstance(one, DEFINING))
        if any(self._declares(statement) for one in scopes for statement in one.body):
            self.is_whole = False

    def _bind(self, name: str, value: Value) -> None:
        self.values.pop(name, None)
        self.values[name] = value

    def _follow(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Import() | ast.ImportFrom():
                self._import(statement)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self._bind(statement.name, self._decorated(statement))
            case ast.Assign(targets=targets, value=value) if not any(map(_is_several, targets)):
                self._assign(targets, self._value(value))
            case ast.AnnAssign(target=target, annotation=what, value=ast.expr() as value):
                self._assign([target], self._annotated(self._value(value), what))
            case ast.Expr(value=value):
                self._value(value)
            case ast.With(items=items, body=body):
                self._enter(items, body)
            case ast.If() if is_main(statement) and not statement.orelse:
                pass
            case ast.AnnAssign() | ast.Pass():
                pass
            case _:
                self._pass_over(statement)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.ImportFrom):
                module = imported_from(node, self.package)
                self._star(module) if alias.name == "*" else None
                path = f"{module}.{alias.name}"
            else:
                path = alias.name if alias.asname else alias.name.partition(".")[0]
            self._bind(bound_as(alias, node), Imported(path))

    def _star(self, module: str) -> None:
        """Note what is imported without a name: Lading's, and what may be of a module's own."""
        if module == "lading":
            self._bind("service", Imported("lading.service"))
        elif self._is_of_services(Imported(f"{module}.*")):
            self.is_whole = False

    def _assign(self, targets: list[ast.expr], value: Value) -> None:
        for one in targets:
            if isinstance(one, ast.Name):
                self._bind(one.id, value)
            elif isinstance(value, Decorator):  # it is kept where nobody follows it
                self.is_whole = False

    def _annotated(self, value: Value, what: ast.expr) -> Value:
        """A thing that is not known, and of which an annotation says what it is."""
        kind = self._kind(what)
        kind = None if kind == "class" else kind  # as `Any` is, which tells nothing
        if isinstance(value, Thing):
            value.kind = value.kind or kind
        is_new = value is None or isinstance(value, Imported)
        return Thing(kind=kind) if is_new and kind is not None else value

    def _enter(self, items: list[ast.withitem], body: list[ast.stmt]) -> None:
        """Follow what is inside `with`, which is done as what is outside."""
        for one in items:
            value = self._value(one.context_expr)
            is_known = isinstance(value, Thing) and value.kind == "gradio"
            if one.optional_vars is not None:  # Gradio's gives itself, which others need not do
                for name in _names(one.optional_vars):
                    self._bind(name, value if is_known else None)
        self._inside += 1
        for statement in body:
            self._follow(statement)
        self._inside -= 1

    def _pass_over(self, node: ast.AST) -> None:
        """Take it that a statement or an expression, which is not followed, may do anything."""
        declares = self._declares(node)
        if declares:
            self._lose(node)
        imports = {
            bound_as(alias, one): one
            for one in ast.walk(node)
            if isinstance(one, IMPORTING)
            for alias in one.names
        }
        for name in binds(node) if isinstance(node, ast.stmt) else ():
            self._bind(name, Thing(is_sure=not declares))
        for one in imports.values():
            self._import(one)

    def _declares(self, node: ast.AST) -> bool:
        """Whether something of Lading's services is anywhere in it."""
        return any(
            self._is_of_services(self._named(one))
            for one in ast.walk(node)
            if isinstance(one, ast.Name | ast.Attribute)
        )

    def _named(self, node: ast.expr) -> Value:
        """What a name stands for, or an attribute of an import."""
        if isinstance(node, ast.Attribute):
            of = self._named(node.value)
            return Imported(f"{of.path}.{node.attr}") if isinstance(of, Imported) else None
        return self.values.get(node.id) if isinstance(node, ast.Name) else None

    def _is_of_services(self, value: Value) -> bool:
        """Whether it declares services, or may: a module of the project may have such a thing."""
        match value:
            case Decorator():
                return True
            case Imported(path=path):
                return value.is_service or leads_to_services(path, self.local)
            case Thing(function=ast.FunctionDef() as function):
                if id(function) not in self._declaring:
                    self._declaring[id(function)] = False  # as long as it is looked at
                    self._declaring[id(function)] = any(map(self._declares, function.body))
                return self._declaring[id(function)]
            case _:
                return False

    def _lose(self, node: ast.AST) -> None:
        """Take it that whatever is named there may be a service by now."""
        self.is_whole = False
        for one in ast.walk(node):
            value = self._named(one) if isinstance(one, ast.Name) else None
            if isinstance(value, Thing):
                value.is_sure = False

    def _value(self, expression: ast.expr) -> Value:
        match expression:
            case ast.Name() | ast.Attribute(value=ast.Name() | ast.Attribute()):
                return self._named(expression)
            case ast.Constant(value=str(text)):
                return Words(text)
            case ast.Call():
                return self._called(expression)
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                self._bind(name, found := self._value(value))
                return found
            case _:
                self._pass_over(expression)
                return None

    def _called(self, call: ast.Call) -> Value:
        function = self._value(call.func)
        words = (*call.args, *(one.value for one in call.keywords))
        given = [self._value(one) for one in words]
        if isinstance(function, Imported) and function.is_service:
            return Decorator(call=call, position=None if self._inside else self._position)
        if isinstance(function, Decorator):
            return self._declare(function, call, given)
        if any(map(self._is_of_services, (function, *given))):
            self._lose(call)
            return Thing(is_sure=False)
        match call.func:
            case ast.Attribute(value=of, attr=name) if name == _SELF and function is None:
                return self._value(of)
            case _:
                return self._made(function)

    def _declare(self, decorator: Decorator, call: ast.Call, given: list[Value]) -> Thing:
        """What is served by it, which stays what it is."""
        served = given[0] if len(given) == 1 else None
        if isinstance(served, Imported):
            served = Thing()
            if call.args and isinstance(call.args[0], ast.Name):
                self._bind(call.args[0].id, served)
        words = served.text if isinstance(served, Words) else None
        if words is not None:
            served = Thing()
        if not isinstance(served, Thing):  # such as a text that is put together
            self.is_whole = False
            return Thing(is_sure=False)
        self._serve(served, decorator, words)
        return served

    def _serve(self, thing: Thing, decorator: Decorator, words: str | None = None) -> None:
        one = Declared(
            decorator=decorator,
            position=self._position,
            words=words,
            named=self._own(words) if words is not None else None,
        )
        thing.services.append(one)
        self.declared.append(one)

    def _own(self, words: str) -> Thing | None:
        """What words name, where that is of this module, and is there by then."""
        module, _, name = words.partition(":")
        found = self.values.get(name) if self.is_own(module) else None
        return found if isinstance(found, Thing) else None

    def _made(self, function: Value) -> Value:
        """What a call gives."""
        match function:
            case Imported(path=path):
                is_own = path.partition(".")[0] in sys.stdlib_module_names
                return None if is_own else Thing(kind=function.kind)
            case Thing(function=ast.FunctionDef() as text) if not function.is_factory:
                return self._returned(text)
            case Thing(is_factory=True):
                return Thing(kind=None if function.kind == "class" else function.kind)
            case _:
                return None

    def _returned(self, function: ast.FunctionDef) -> Value:
        """What a function of the module returns at its end, where that is the only return."""
        key = id(function)
        if key not in self._given:
            self._given[key] = None  # as long as it is followed
            self._given[key] = self._followed(function)
        match self._given[key]:
            case Thing(kind=kind):  # another one each time
                return Thing(kind=kind)
            case Words() as words:
                return words
            case _:
                return Thing()

    def _followed(self, function: ast.FunctionDef) -> Value:
        *body, last = function.body
        nodes = [node for one in body for node in ast.walk(one)]
        leaves = any(isinstance(one, ast.Return | ast.Yield | ast.YieldFrom) for one in nodes)
        if leaves or not isinstance(last, ast.Return) or last.value is None:
            return None
        inner = Reader(local=self.local, package=self.package, values=dict(self.values))
        inner._given = self._given
        for one in ast.walk(function.args):
            if isinstance(one, ast.arg):
                inner._bind(one.arg, None)
        for statement in body:
            inner._follow(statement)
        return inner._value(last.value)

    def _decorated(self, statement: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Thing:
        thing = (
            self._class(statement)
            if isinstance(statement, ast.ClassDef)
            else self._function(statement)
        )
        needs: list[str] = []
        for one in reversed(statement.decorator_list):
            decorator = self._value(one)
            if isinstance(decorator, Decorator):
                self._serve(thing, decorator)
                continue
            # What another decorator gives may be something else, and no service any more.
            declares = bool(thing.services) or self._declares(one)
            self.is_whole = self.is_whole and not declares
            path = self._path(one)
            needs += filter(None, [needed_by(path, one)])
            kind = command_of(path, one)
            thing = Thing(kind=kind, needs=tuple(needs) if kind else (), is_sure=not declares)
        return thing

    def _path(self, decorator: ast.expr) -> str:
        """The name of a decorator that is imported, with its module's."""
        function = decorator.func if isinstance(decorator, ast.Call) else decorator
        named = self._named(function)
        return named.path if isinstance(named, Imported) else ""

    def _class(self, statement: ast.ClassDef) -> Thing:
        kinds = [self._kind(base) for base in statement.bases]
        known = next((one for one in kinds if one not in {None, "class"}), None)
        is_known = known is not None or None not in kinds
        return Thing(kind=(known or "class") if is_known else None, is_factory=True)

    def _function(self, statement: ast.FunctionDef | ast.AsyncFunctionDef) -> Thing:
        found = function_of(statement, self._kind_of_name)
        text = statement if isinstance(statement, ast.FunctionDef) else None
        return Thing(kind=found.kind, is_factory=found.is_factory, needs=found.needs, function=text)

    def _kind_of_name(self, name: str) -> Kind | None:
        """What is made by what a name stands for, or is of the module that it is imported from."""
        match self.values.get(name):
            case Imported(path=path):
                return kind_called(path)
            case Thing(is_factory=True, kind=kind, function=None):
                return None if kind == "class" else kind
            case _:
                return None

    def _kind(self, what: ast.expr) -> Kind | None:
        """What things of a class are; "class" of one that is known to be no framework's."""
        if isinstance(what, ast.Constant) and isinstance(what.value, str):
            body = body_of(what.value)
            return self._kind(body[0].value) if body and isinstance(body[0], ast.Expr) else None
        match self._named(what):
            case Imported(path=path) as imported:
                own = {*sys.stdlib_module_names, "lading"}
                return "class" if path.partition(".")[0] in own else imported.kind
            case Thing(is_factory=True, kind=kind, function=None):
                return kind
            case None if isinstance(what, ast.Name) and what.id in _BUILTINS:
                return "class"
            case _:
                return None


_BUILTINS: Final = frozenset(dir(builtins))


def _is_several(target: ast.expr) -> bool:
    """Whether a value is taken apart, or a part of it is not followed."""
    return isinstance(target, ast.Tuple | ast.List | ast.Starred)


def _names(target: ast.expr) -> Iterator[str]:
    return (one.id for one in ast.walk(target) if isinstance(one, ast.Name))
