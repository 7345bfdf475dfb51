"""What a function is that a service serves: what it gives, and what it takes, as its text tells.

Its text is the same whether its module is imported or not, and so is what it is taken for.
"""

from __future__ import annotations

import ast
import inspect
from contextlib import suppress
from functools import partial
from textwrap import dedent
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Final, TypeAlias

from lading.services.kinds import Served, kind_called, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lading.services.kinds import Kind

__all__ = ["function_of", "served_function"]

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

_APPLICATIONS: Final[dict[tuple[tuple[str, ...], bool], Kind]] = {
    (("scope", "receive", "send"), True): "asgi",
    (("environ", "start_response"), False): "wsgi",
}
"""By the names of what it takes, and whether it is async."""

_SCOPES: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def served_function(served: object) -> Served | None:
    """What a function is; None where it is none, or its text is not at hand."""
    function = inspect.unwrap(served) if isinstance(served, FunctionType) else None
    if not isinstance(function, FunctionType):
        return None
    with suppress(OSError, SyntaxError, ValueError, RecursionError):
        found = ast.parse(dedent(inspect.getsource(function))).body[0]
        if isinstance(found, Function):
            return function_of(found, partial(_kind_in, function.__globals__))
    return Served(kind="coroutine") if inspect.iscoroutinefunction(function) else None


def function_of(function: Function, kind: Callable[[str], Kind | None]) -> Served:
    """What a function is, by its text.

    Args:
        function: Its definition.
        kind: What something is that a name stands for in its module, or that is of the module it
            names.
    """
    if (itself := _application(function)) is not None:
        return Served(kind=itself)
    own = dict(_imported(function))
    given = _given(function, lambda one: kind_called(own[one]) if one in own else kind(one))
    is_wrapped = _is_wrapped(function)
    return Served(
        kind=_called(function, is_wrapped=is_wrapped) or given or "function",
        is_factory=given is not None,
        needs=() if is_wrapped else tuple(_needed(function.args)),
    )


def _application(function: Function) -> Kind | None:
    """The kind of an application that is a function itself, as ASGI 3.0 and PEP 3333 have it."""
    taken = tuple(one.arg for one in (*function.args.posonlyargs, *function.args.args))
    return _APPLICATIONS.get((taken, isinstance(function, ast.AsyncFunctionDef)))


def _called(function: Function, *, is_wrapped: bool) -> Kind | None:
    """What a call of it gives, where that alone does nothing; None of all other functions."""
    if not is_wrapped and any(isinstance(one, ast.Yield | ast.YieldFrom) for one in _own(function)):
        return "generator"
    return "coroutine" if isinstance(function, ast.AsyncFunctionDef) else None


def _kind_in(names: Mapping[str, object], name: str) -> Kind | None:
    """What something is that a name stands for among those of a module that was imported."""
    found = names.get(name)
    if isinstance(found, ModuleType):
        return kind_called(found.__name__)
    known = kind_of(found) if isinstance(found, type) else None
    return None if known == "class" else known


def _imported(function: Function) -> Iterator[tuple[str, str]]:
    """The names that it imports itself, each with the module that it is of."""
    for node in ast.walk(function):
        match node:
            case ast.ImportFrom(module=str(module), names=names):
                yield from ((one.asname or one.name, module) for one in names)
            case ast.Import(names=names):
                yield from ((one.asname or one.name.partition(".")[0], one.name) for one in names)
            case _:
                pass


def _given(function: Function, kind: Callable[[str], Kind | None]) -> Kind | None:
    """The kind of application that it says or shows that it gives."""
    said = kind(_root(_annotated(function.returns)))
    if said is not None:
        return said
    shown = {kind(_root(_constructor(one))) for one in _returned(function)}
    return shown.pop() if len(shown) == 1 else None


def _annotated(returns: ast.expr | None) -> ast.expr | None:
    """An annotation, which may be text."""
    if isinstance(returns, ast.Constant) and isinstance(returns.value, str):
        with suppress(SyntaxError):
            return ast.parse(returns.value, mode="eval").body
    return returns


def _returned(function: Function) -> Iterator[ast.expr | None]:
    """The values that it returns; of a name of its own what it was bound to at last."""
    bound = dict[str, ast.expr]()
    for node in _own(function):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                | ast.withitem(optional_vars=ast.Name(id=name), context_expr=value)
            ):
                bound[name] = value
            case ast.Return(value=ast.Name(id=name)):
                yield bound.get(name)
            case ast.Return(value=value):
                yield value
            case _:
                pass


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """What it runs itself, in the order of its text, and not what it defines."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, _SCOPES):
            yield child
            yield from _own(child)


def _constructor(value: ast.expr | None) -> ast.expr | None:
    """The class that is called to make a value, by the usual case of its name (PEP 8)."""
    match value:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name[:1].isupper():
            return value.func
        case _:
            return None


def _root(value: ast.expr | None) -> str:
    """The first name of a dotted one; empty for all else."""
    while isinstance(value, ast.Attribute):
        value = value.value
    return value.id if isinstance(value, ast.Name) else ""


def _is_wrapped(function: Function) -> bool:
    """Whether another decorator than a service's may call it with arguments of its own."""
    return not all(
        isinstance(one, ast.Call)
        and isinstance(one.func, ast.Name | ast.Attribute)
        and (one.func.id if isinstance(one.func, ast.Name) else one.func.attr) == "service"
        for one in function.decorator_list
    )


def _needed(takes: ast.arguments) -> Iterator[str]:
    """The arguments without a default."""
    placed = [*takes.posonlyargs, *takes.args]
    yield from (one.arg for one in placed[: len(placed) - len(takes.defaults)])
    named = zip(takes.kwonlyargs, takes.kw_defaults, strict=True)
    yield from (one.arg for one, default in named if default is None)
