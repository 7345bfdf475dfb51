"""Hints as a project file would be mended: what they say as Python is written as TOML.

A call of an `Image` says what is wrong with its words, and shows the right call. Whoever wrote a
key of a project file is shown the key.
"""

from __future__ import annotations

import ast
import json
import re
import types
import warnings
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lading.config.calls import (
    ARGUMENTS,
    CALLS,
    FOR_PLATFORM,
    IN_STEPS_ONLY,
    argument_names,
    parameters,
)
from lading.config.keys import PLATFORM_FORM
from lading.errors import SpecificationError
from lading.image import secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.errors import Problem

__all__ = ["hint_in_toml", "hints_in_toml"]

_CONSTRUCTOR: Final = "Image"
_SECRET: Final = secret.__name__
_LONGEST: Final = 400
"""In characters. What a user has written may be in a hint, and each way to read it is tried."""

_PYTHON: Final = re.compile(
    r'"(?:\\.|[^"\\])*"' + r"|(?<![\w.])\.?(?P<name>[A-Za-z_]+)(?=[(=])"  # no name within text
)
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_NAMES: Final = frozenset(
    name for call in CALLS for name in (call, *argument_names(parameters(call)))
) | {*ARGUMENTS, _CONSTRUCTOR, FOR_PLATFORM}


@contextmanager
def hints_in_toml(file: str) -> Iterator[None]:
    """What is to be mended in that file is said as it is written there; in code, as it is in code.

    Raises:
        SpecificationError: One was raised inside.
    """
    try:
        yield
    except SpecificationError as error:
        raise SpecificationError(_mended(one, file) for one in error.problems) from None


def _mended(problem: Problem, file: str) -> Problem:
    is_there = problem.location is not None and problem.location.file == file
    if not is_there or problem.hint is None:
        return problem
    return replace(problem, hint=hint_in_toml(problem.hint))


def hint_in_toml(hint: str) -> str:
    """A hint, in which calls and keyword arguments are keys, where TOML can say the same."""
    if len(hint) > _LONGEST:
        return hint
    parts, at = [], 0
    for found in _PYTHON.finditer(hint):
        if found["name"] not in _NAMES or found.start() < at:
            continue
        said = _said(hint, found.start())
        if said is not None:
            text, end = said
            parts += [hint[at : found.start()], text]
            at = end
    return "".join((*parts, hint[at:]))


def _said(hint: str, start: int) -> tuple[str, int] | None:
    """What the longest Python that begins there is in TOML, and where that ends."""
    for end in range(len(hint), start, -1):
        if hint[end - 1] in ", ":  # Python has these before a bracket, too
            continue
        try:
            call = _parsed(f"f({hint[start:end].lstrip('.')})")
            text = _keys(call) if isinstance(call, ast.Call) else None
        except (SyntaxError, ValueError, TypeError, RecursionError):  # or a key that is a list
            continue
        if text is not None:
            return text, end
    return None


def _parsed(text: str) -> ast.expr:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of what only looks like an escape; it is a SyntaxError
        return ast.parse(text, mode="eval").body


def _keys(call: ast.Call) -> str | None:
    """The key of the one call or the one keyword argument that is handed in.

    Raises:
        ValueError: TOML has no word for a value of it.
    """
    match call:
        case ast.Call(args=[], keywords=[ast.keyword(arg=str(name), value=value)]):
            return f"{name} = {_toml(_value(value))}"
        case ast.Call(args=[ast.Call(func=ast.Name(id=name)) as inner], keywords=[]):
            if name == _CONSTRUCTOR:
                said = (one for one in inner.keywords if not _is_left_out(one.value))
                return ", ".join(f"{one.arg} = {_toml(_value(one.value))}" for one in said) or None
            if name == FOR_PLATFORM:  # in code a function has its steps
                return PLATFORM_FORM
            if name in CALLS:
                key = f"{name} = {_toml(_of_call(name, inner))}"
                return f"{{{key}}}" if name in IN_STEPS_ONLY else key
    return None


def _of_call(name: str, call: ast.Call) -> object:
    """The value of a key that stands for a call."""
    words = [_value(one) for one in call.args]
    options = _options(call)
    first = parameters(name)[0]
    if first.kind is first.POSITIONAL_ONLY:  # a mapping itself: env, label
        return dict(*words, **options)
    said = words[0] if len(words) == 1 else words
    if options:
        return ({first.name: said} if words else {}) | options
    return said if words else True


def _options(call: ast.Call) -> dict[str, object]:
    if not all(one.arg for one in call.keywords):
        raise ValueError(call)  # `**`, by which nothing is named
    return {str(one.arg): _value(one.value) for one in call.keywords}


def _value(node: ast.expr) -> object:
    match node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return [_value(one) for one in elements]
        case ast.Call(func=ast.Name(id=name), args=[first]) if name == _SECRET:
            options = _options(node)
            return {"id": _value(first), **options} if options else _value(first)
        case _:
            return ast.literal_eval(node)


def _is_left_out(node: ast.expr) -> bool:
    """Whether `...` stands for what is there already."""
    return isinstance(node, ast.Constant) and node.value is Ellipsis


def _toml(value: object) -> str:
    """A value on one line.

    Raises:
        ValueError: It is none of TOML's.
    """
    match value:
        case bool() | int() | str():
            return _text(value)
        case [types.EllipsisType()]:  # stands for words of the user's
            return "[...]"
        case list():
            return f"[{', '.join(map(_toml, value))}]"
        case Mapping():
            return f"{{{', '.join(f'{_key(name)} = {_toml(one)}' for name, one in value.items())}}}"
        case _:
            raise ValueError(value)


def _text(value: str | float) -> str:
    """TOML 1.0 has JSON's escapes, and has DEL escaped as well."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", r"\u007f")


def _key(name: object) -> str:
    return str(name) if _BARE.fullmatch(str(name)) else _text(str(name))
