"""The names that a statement of a module binds, read off its text."""

from __future__ import annotations

import ast

import pytest

from lading.cli.bindings import binds


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a = b = c.d = 1", {"a", "b"}),
        ("a, (*b, c) = x", {"a", "b", "c"}),
        ("import a.b, c as d", {"a", "d"}),
        ("for a in b:\n    c: int = 1", {"a", "c"}),
        ("with a as b, c as (d, e): f()", {"b", "d", "e"}),
        ("try: a = 1\nexcept b as c: pass", {"a", "c"}),
        (
            "match a:\n    case {'k': b, **c}: pass\n    case [d, *e] | f(g=d, h=e) as i: pass",
            {"b", "c", "d", "e", "i"},
        ),
        ("if (a := b): del c", {"a", "c"}),
        ("def a(b):\n    c = 1", {"a"}),
    ],
)
def test_what_a_statement_binds(text: str, names: set[str]) -> None:
    assert binds(ast.parse(text).body[0]) == names
