"""The line of each key is where a reader of the file finds it."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from lading.toml_lines import key_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENT = '''\
# [none] = 1
title = "a # b = [c]" # [d]

[tool."quoted.name"]
x.y = 1
text = """
[not.a.table]
key = "none"
"""
raw = \'\'\'
it''s = 'no key'\'\'\'\'
after = """ends in a quote""""

[tool.lading]
distro = "debian"
steps = [ # a comment, with ] and "
  { run = "make ]" },
  # nothing
  { env = { A = "}", B = \'{\' } }, { expose = [8000,
    8001,
  ] },
]

[[tool.lading.index]]
url = "https://a"
[[tool.lading.index]]
url = "https://b"
[tool.lading.index.more]
z = 2026-11-01T10:00:00Z
'''


def test_keys_and_elements_have_their_lines() -> None:
    lines = DOCUMENT.splitlines()
    found = key_lines(DOCUMENT)
    assert tomllib.loads(DOCUMENT)["tool"]["lading"]["steps"][1] == {"env": {"A": "}", "B": "{"}}
    shown = {path: lines[line - 1] for path, line in found.items()}
    lading = ("tool", "lading")
    assert shown["title",].startswith("title")
    assert shown["tool", "quoted.name", "x", "y"] == "x.y = 1"
    assert shown["tool", "quoted.name", "after"].startswith("after")
    assert shown[*lading, "steps", 0] == '  { run = "make ]" },'
    assert shown[*lading, "steps", 1, "env", "B"].startswith("  { env")
    assert shown[*lading, "steps", 2, "expose", 1] == "    8001,"
    assert shown[*lading, "index", 0, "url"] == 'url = "https://a"'
    assert shown[*lading, "index", 1] == "[[tool.lading.index]]"
    assert shown[*lading, "index", 1, "more", "z"].startswith("z =")


keys = st.one_of(st.sampled_from(["a", "b c", "d.e", 'f"', "ü", ""]), st.text(max_size=4))
scalars = st.one_of(
    st.integers(-9, 9), st.booleans(), st.text(max_size=12), st.floats(allow_nan=False), st.dates()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=12,
)


def leaves(value: Any, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:  # noqa: ANN401 - any value of a document
    if not isinstance(value, dict | list):
        yield above
        return
    for key, inner in enumerate(value) if isinstance(value, list) else value.items():
        yield from leaves(inner, (*above, key))


@given(st.dictionaries(keys, values, max_size=4), st.booleans())
def test_every_value_of_any_document_is_found(document: dict[str, Any], multiline: bool) -> None:  # noqa: FBT001 - drawn
    text = tomli_w.dumps(document, multiline_strings=multiline)
    found, lines = key_lines(text), text.split("\n")
    for path in leaves(tomllib.loads(text)):
        line = lines[found[path] - 1]
        assert path[-1] not in {"a", "b c"} or str(path[-1]) in line


@pytest.mark.parametrize("text", ["", "\n\n", "# only this", "a=1", "\r\na = 1\r\n"])
def test_small_documents(text: str) -> None:
    assert set(key_lines(text)) == {(key,) for key in tomllib.loads(text)}
