"""The part of a module that says what an Image is, so that the rest need not be run to find it.

A service's module imports torch, and whoever prints its Dockerfile need not have torch. An image
that is written with Lading and plain Python alone is the same whatever the rest of its module does:
then only the statements are run that it is made of. In all other cases there is no excerpt, and the
module is imported whole.
"""

from __future__ import annotations

import ast
import builtins
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import lading
from lading.cli.bindings import IMPORTING, binds, body_of, bound_as, is_main, root_of
from lading.cli.modules import modules_run_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lading.cli.declarations import Declaration, Services

__all__ = ["Excerpt", "excerpt"]

_PLAIN: Final = frozenset(
    {
        *("__future__", "collections", "dataclasses", "enum", "functools", "itertools", "lading"),
        *("math", "operator", "pathlib", "re", "string", "textwrap", "typing"),
    }
)
"""Modules that mean the same, and change nothing, whatever else was imported before them."""

_IMPURE: Final = frozenset(
    {
        *("__import__", "breakpoint", "compile", "delattr", "eval", "exec", "globals", "input"),
        *("locals", "setattr", "vars"),
    }
)
"""Builtins by which code reaches what its text does not show."""

_MODULE_NAMES: Final = frozenset({"__file__", "__name__", "__doc__"})
_BUILTINS: Final = (frozenset(dir(builtins)) - _IMPURE) | _MODULE_NAMES

_ENGINES: Final = frozenset({"register_engine", "engines"})
"""What a module may do besides with Lading: it has to be imported for that."""

_STARRED: Final = tuple(
    name for name in lading.__all__ if name not in {"register_engine", "service"}
)
"""What `from lading import *` binds. For these two, a module is imported whole: services are found
in its text by what it says of them."""

_DECLARED: Final = "__service__"
"""What a declaration is called once it stands alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """Some statements of a module.

    Attributes:
        statements: What is to be run.
        name: What is looked for, and is called so then.
        is_sure: Whether the text tells what is served too, by which it is started.
    """

    statements: ast.Module
    name: str
    is_sure: bool = True


def excerpt(
    source: str, name: str, local: Callable[[str], str | None], services: Services
) -> Excerpt | None:
    """The statements that `name` is made of; None where the module must be imported whole.

    Of a service those are the ones that declare it, and not what it is.

    Args:
        source: The module's text.
        name: What is looked for in it.
        local: The text of a module of the project, by its name; None where it is no such.
        services: The services that the text declares.
    """
    body, declared = body_of(source), services.of(name)
    if name in services.unsure:
        return None
    taken, found = _but(body, services.declaring), name
    if declared is not None:
        if declared.position is None:
            return None
        # What comes after it changes nothing of it, and may bind the same names anew.
        before = _but(body[: declared.position], services.declaring)
        taken, found = [*before, _standing_alone(declared)], _DECLARED
    try:
        statements = _Search(taken, local, whole=body).of(found)
    except (SyntaxError, ValueError, RecursionError):
        return None
    if statements is None:
        return None
    is_sure = declared is None or bool(declared.words or services.served[name].kind)
    return Excerpt(
        statements=ast.Module(body=statements, type_ignores=[]), name=found, is_sure=is_sure
    )


def _but(body: list[ast.stmt], declaring: frozenset[int]) -> list[ast.stmt]:
    return [one for position, one in enumerate(body) if position not in declaring]


def _standing_alone(declared: Declaration) -> ast.stmt:
    """The declaration, without what it is of, but for words that name it."""
    call: ast.expr = declared.call
    if declared.words is not None:
        call = ast.Call(func=call, args=[ast.Constant(declared.words)], keywords=[])
    made = ast.Assign(targets=[ast.Name(id=_DECLARED, ctx=ast.Store())], value=call)
    return ast.fix_missing_locations(ast.copy_location(made, declared.call))


@dataclass(slots=True)
class _Search:
    """The search for the statements that a name is made of."""

    body: list[ast.stmt]
    local: Callable[[str], str | None]
    whole: list[ast.stmt]
    looked_at: set[str] = field(default_factory=set)

    def of(self, name: str) -> list[ast.stmt] | None:
        own = (one for one in self.body if not _is_program(one))
        statements = [part for one in own for part in self._apart(one)]
        imported = {
            bound for one in statements if isinstance(one, IMPORTING) for bound in binds(one)
        }
        taken: set[int] = set()
        needed, found = {name}, True
        while found:
            found = False
            for index, one in enumerate(statements):
                if index not in taken and _concerns(one, needed, needed - imported):
                    taken.add(index)
                    needed |= _reads(one)
                    found = True
        chosen = [one for index, one in enumerate(statements) if index in taken]
        if name not in {bound for one in chosen for bound in binds(one)}:
            return None
        if needed & _rebound(self.whole):
            return None
        return chosen if self.is_plain(chosen) and not self._registers() else None

    def is_plain(self, statements: list[ast.stmt]) -> bool:
        """Whether they use nothing but Lading, plain Python and one another."""
        bound = {name for one in statements for name in binds(one)}
        return all(
            self._imports_plainly(one) and not (_reads(one) - _inner(one) - bound - _BUILTINS)
            for one in statements
        )

    def _apart(self, statement: ast.stmt) -> Iterator[ast.stmt]:
        """Of `import lading, torch`, and of all that is Lading's, each alone: one may be needed."""
        is_ours = self.local("lading") is None
        match statement:
            case ast.Import(names=names):
                parts: list[ast.stmt] = [ast.Import(names=[alias]) for alias in names]
            case ast.ImportFrom(module="lading", names=[ast.alias(name="*")], level=0) if is_ours:
                named = [[ast.alias(name=name)] for name in _STARRED]
                parts = [ast.ImportFrom(module="lading", names=one, level=0) for one in named]
            case _:
                parts = [statement]
        for part in parts:
            yield ast.fix_missing_locations(ast.copy_location(part, statement))

    def _imports_plainly(self, statement: ast.stmt) -> bool:
        nodes = (node for node in ast.walk(statement) if isinstance(node, IMPORTING))
        return all(
            self._is_plain_module(name)
            for node in nodes
            for name in modules_run_by(node, self.local)
        )

    def _is_plain_module(self, module: str) -> bool:
        """Whether it is one of the plain ones, or one of the project's that has only such."""
        if module in self.looked_at:
            return True
        text = self.local(module)
        if text is None:
            return module.partition(".")[0] in _PLAIN
        self.looked_at.add(module)
        body = ast.parse(text).body
        return _Search(body, self.local, body, self.looked_at).is_plain(body)

    def _registers(self) -> bool:
        """Whether the module, or one of the project's that it imports, brings an engine."""
        waiting, seen = [self.whole], set[str]()
        while waiting:
            for node in (node for one in waiting.pop() for node in ast.walk(one)):
                if _names(node) & _ENGINES:
                    return True
                runs = modules_run_by(node, self.local) if isinstance(node, IMPORTING) else ()
                for module in runs:
                    text = None if module in seen else self.local(module)
                    seen.add(module)
                    if text is not None:
                        waiting.append(ast.parse(text).body)
        return False


def _names(node: ast.AST) -> set[str]:
    """What an expression or an import calls something of Lading's by."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return {name}
        case ast.ImportFrom(module=str(module)) if module.partition(".")[0] == "lading":
            return {part for alias in node.names for part in (alias.name, *module.split("."))}
        case ast.Import():
            return {part for alias in node.names for part in alias.name.split(".")[1:]}
        case _:
            return set()


def _rebound(body: list[ast.stmt]) -> set[str]:
    """The module's names that functions bind anew."""
    nodes = (node for one in body for node in ast.walk(one) if isinstance(node, ast.Global))
    return {name for node in nodes for name in node.names}


def _is_program(statement: ast.stmt) -> bool:
    """Whether it is done where the module is started, and an import does nothing of it."""
    return is_main(statement) and isinstance(statement, ast.If) and not statement.orelse


def _concerns(statement: ast.stmt, needed: set[str], values: set[str]) -> bool:
    """Whether it makes one of the names, or may change what one stands for.

    Args:
        statement: A statement of the module.
        needed: The names.
        values: Those of them that no import binds: what a module does changes nothing of it.
    """
    if needed & (binds(statement) | _stored_into(statement)):
        return True
    match statement:
        case ast.ImportFrom() | ast.Import() | ast.FunctionDef() | ast.AsyncFunctionDef():
            return False
        case ast.ClassDef():
            return False
        case ast.Assign() | ast.AnnAssign():
            return bool(values & _asked(statement))
        case _:
            return bool(values & _reads(statement))


def _asked(statement: ast.stmt) -> set[str]:
    """Names that it calls something of, as `packages` in `packages.pop()`."""
    calls = (node for node in ast.walk(statement) if isinstance(node, ast.Call))
    called = (call.func for call in calls if isinstance(call.func, ast.Attribute))
    return {name for one in called if (name := root_of(one.value))}


def _stored_into(statement: ast.stmt) -> set[str]:
    """Names that it assigns into, as `words` in `words["A"] = 1`."""
    return {
        name
        for node in ast.walk(statement)
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load)
        if (name := root_of(node.value))
    }


def _reads(statement: ast.stmt) -> set[str]:
    nodes = [*ast.walk(statement), *_annotated(statement)]
    return {
        node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def _annotated(statement: ast.stmt) -> Iterator[ast.AST]:
    """What is in annotations of a function's arguments that are text."""
    if not isinstance(statement, ast.FunctionDef):
        return
    for node in (one.annotation for one in ast.walk(statement.args) if isinstance(one, ast.arg)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            with suppress(SyntaxError):
                yield from ast.walk(ast.parse(node.value, mode="eval"))


def _inner(statement: ast.stmt) -> set[str]:
    """Names that are bound anywhere inside it, as arguments and local variables are."""
    found = set[str]()
    for node in ast.walk(statement):
        match node:
            case ast.arg(arg=name):
                found.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.Import() | ast.ImportFrom():
                found |= {bound_as(alias, node) for alias in node.names}
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case _:
                pass
    return found
