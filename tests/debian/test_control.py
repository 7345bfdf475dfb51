from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.debian.control import Relation, fields_as_written, fields_of, relations_in
from lading.grammar.invalid import Invalid

NAMES = st.from_regex(r"[a-z0-9][a-z0-9+.-]{1,8}", fullmatch=True)
RELATIONS = st.builds(
    Relation,
    name=NAMES,
    architecture=st.sampled_from((None, "any", "amd64")),
    operator=st.sampled_from(("<<", "<=", "=", ">=", ">>")),
    version=st.from_regex(r"[0-9][0-9a-z.+~:-]{0,8}", fullmatch=True),
)


def written(relation: Relation) -> str:
    architecture = f":{relation.architecture}" if relation.architecture else ""
    return f"{relation.name}{architecture} ({relation.operator} {relation.version})"


def test_fields_are_found_whatever_their_case() -> None:
    text = "Package: curl\nPRE-depends:libc6\nDescription: a tool\n more\n .\n\tand more\n"
    assert fields_of(text) == {
        "package": "curl",
        "pre-depends": "libc6",
        "description": "a tool\nmore\n.\nand more",
    }


def test_fields_keep_what_was_written_for_those_who_write_them_again() -> None:
    text = "Package: curl \nDescription: a tool\n more \n .\n\tand more\n"
    assert fields_as_written(text) == {
        "package": ("Package", "curl"),
        "description": ("Description", "a tool\n more\n .\n\tand more"),
    }


def test_comments_are_for_those_who_read_files_of_people() -> None:
    text = "# of ours\nTypes: deb\n#Types: deb-src\nURIs: http://a.example.test\n # b\n#c"
    assert fields_of(text) == {"types": "deb", "uris": "http://a.example.test\n# b"}
    with pytest.raises(Invalid, match="is not a field"):
        fields_as_written(text)


@pytest.mark.parametrize("text", [" more", "no field", "A: 1\na: 2", ": 1", "-a: 1"])
def test_what_is_no_field_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="is not a field"):
        fields_of(text)


def test_relations_are_groups_of_alternatives() -> None:
    assert relations_in("libc6 (>= 2.14), awk:any | mawk(<<1), ,") == (
        (Relation(name="libc6", operator=">=", version="2.14"),),
        (
            Relation(name="awk", architecture="any"),
            Relation(name="mawk", operator="<<", version="1"),
        ),
    )


def test_obsolete_operators_mean_or_equal() -> None:  # Policy 7.1
    assert [one.operator for (one,) in relations_in("a (< 1), b (> 1)")] == ["<=", ">="]


@given(st.lists(st.lists(RELATIONS, min_size=1, max_size=3), max_size=3))
def test_relations_are_read_as_they_are_written(groups: list[list[Relation]]) -> None:
    text = ", ".join(" | ".join(map(written, group)) for group in groups)
    assert relations_in(text) == tuple(map(tuple, groups))


@pytest.mark.parametrize("text", ["a b", "a (1)", "a (>= )", "a |", "-a", "a [amd64]", "${shlibs}"])
def test_what_is_no_relation_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="is not a relation"):
        relations_in(text)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (fields_as_written, fields_of, relations_in):
        with suppress(Invalid):
            read(text)
