"""A base that a Dockerfile makes is one word, and that word is read back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.grammar.base import parse_base
from lading.grammar.dockerfile_base import DockerfileBase
from lading.grammar.invalid import Invalid

names = st.from_regex(r"[A-D][0-9A-D_]{0,5}", fullmatch=True)
values = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="@")
)
paths = st.lists(names, min_size=1, max_size=3).map("/".join)


@given(path=paths, target=st.none() | names, given=st.dictionaries(names, values, max_size=3))
def test_the_word_is_read_back(path: str, target: str | None, given: dict[str, str]) -> None:
    base = DockerfileBase.of(path, target=target, build_args=given)
    for one in (base, DockerfileBase(path=base.path, context=parsed("."), target=target)):
        assert parse_base(str(one)) == one
        assert str(parse_base(str(one))) == str(one)
        assert str(one).isprintable()
        assert not set(str(one)) & set(" \"'`$\\\n")


def parsed(text: str) -> Any:  # noqa: ANN401 - a path of the project
    return DockerfileBase.of("x", context=text).context


def test_what_it_says() -> None:
    base = DockerfileBase.of("docker/Dockerfile", build_args={"B": "2 &", "A": "x=y"})
    assert str(base) == "dockerfile:docker/Dockerfile?arg.A=x%3Dy&arg.B=2%20%26"
    assert (base.context.text, base.file) == ("docker", "Dockerfile")
    whole = DockerfileBase.of("./docker//Dockerfile", context=".", target="two")
    assert str(whole) == "dockerfile:docker/Dockerfile?context=.&target=two"
    assert (whole.file, whole.familiar) == ("docker/Dockerfile", "dockerfile:docker/Dockerfile")
    assert str(DockerfileBase.of("Dockerfile")) == "dockerfile:Dockerfile"
    assert str(parse_base("dockerfile:a/D?target=x&context=a")) == "dockerfile:a/D?target=x"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dockerfile:", 'base image "dockerfile:" has no path'),
        ("dockerfile:?target=x", "has no path"),
        ("dockerfile:/etc/Dockerfile", "/etc/Dockerfile"),
        ("dockerfile:../Dockerfile", "leaves the project"),
        ("dockerfile:docker/", "is a folder; a Dockerfile is meant here"),
        ("dockerfile:.", "is a folder; a Dockerfile is meant here"),
        ("dockerfile:*/Dockerfile", "is a pattern"),
        ("dockerfile:a?b", "can't be read"),
        ("dockerfile:a?tarket=b", 'asks for "tarket"'),
        ("dockerfile:a?target=b&target=c", "says one thing twice"),
        ("dockerfile:a?target=--push", "is no stage of a Dockerfile"),
        ("dockerfile:a?target=", "is no stage of a Dockerfile"),
        ("dockerfile:a/Dockerfile?context=b", "is outside of its context b"),
        ("dockerfile:a?context=%2Fetc", "/etc"),
        ("dockerfile:a?arg.1=2", "environment name"),
        ("dockerfile:a?arg.A=%0ARUN", "build argument A has a line break in it"),
        (
            "dockerfile:a?arg.A=%1b[31m",
            "build argument A has a character that can't be printed in it",
        ),
        (
            "dockerfile:a?arg.API_TOKEN=abcdef123",
            "build argument API_TOKEN is a secret by its name",
        ),
        (
            "dockerfile:a?arg.URL=https://u:pw@x.test/",
            "build argument URL has a URL with credentials",
        ),
        ("dockerfile:a\nRUN b", "newline"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(Invalid) as error:
        parse_base(text)
    assert message in error.value.message
    assert "pw@" not in error.value.message + (error.value.hint or "")


def test_a_word_in_the_question_that_is_unknown_has_the_nearest() -> None:
    with pytest.raises(Invalid) as error:
        parse_base("dockerfile:Dockerfile?targt=run")
    assert error.value.hint == 'did you mean "target"?'
    with pytest.raises(Invalid) as error:
        parse_base("dockerfile:Dockerfile?VERSION=1")
    assert error.value.hint == "a build argument is arg.NAME=..."


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("a\nb", "put such text in a file of the context, which the Dockerfile copies"),
        ("a\tb", "put such text in a file of the context, which the Dockerfile copies"),
        ("a\0b", "put such text in a file of the context, which the Dockerfile copies"),
        (12.6, 'write "12.6"'),
        (True, 'write "true"'),
        (None, None),
    ],
)
def test_a_build_argument_that_is_none_is_told_what_it_may_be(value: Any, hint: str | None) -> None:  # noqa: ANN401 - also what is wrong
    """Of secrets it speaks where one is."""
    with pytest.raises(Invalid) as error:
        DockerfileBase.of("Dockerfile", build_args={"CUDA": value})
    assert error.value.message.startswith("build argument CUDA ")
    assert error.value.hint == hint
