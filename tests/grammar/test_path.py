from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.grammar.invalid import Invalid
from lading.grammar.path import ContainerPath, ProjectPath

texts = st.text() | st.text(alphabet="a.b/~-*[] \\$\n:")


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("/app", "/app"),
        ("/", "/"),
        ("//", "/"),
        ("/a//b/./c/", "/a/b/c"),
        ("/my data/ü", "/my data/ü"),
        ("/...", "/..."),
    ],
)
def test_container_paths_are_normalised(text: str, normal: str) -> None:
    assert str(ContainerPath.parse(text)) == normal


@pytest.mark.parametrize(
    "text",
    [
        "",
        "app",
        "./app",
        "~/x",
        "/a/../b",
        "/..",
        "$HOME",
        "/a/$X",
        "/a\n",
        "/a\0",
        "/a ",
        "/a /",
        "C:\\x",
        "/a\\b",
    ],
)
def test_other_container_paths_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        ContainerPath.parse(text)


@pytest.mark.parametrize(
    ("text", "hint"),
    [("app", 'write "/app"'), ("./app", 'write "/app"'), ("C:\\app\\x", 'write "/app/x"')],
)
def test_the_corrected_container_path_is_hinted_at(text: str, hint: str) -> None:
    with pytest.raises(Invalid) as caught:
        ContainerPath.parse(text)
    assert caught.value.hint == hint


def test_a_path_made_by_hand_must_be_normalised() -> None:
    assert ContainerPath(text="/app") == ContainerPath.parse("/app/")
    assert ProjectPath(text="a/b") == ProjectPath.parse("./a//b/")
    with pytest.raises(Invalid, match="not normalised"):
        ContainerPath(text="/app/")
    with pytest.raises(Invalid, match="not normalised"):
        ProjectPath(text="./a")


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("service.py", "service.py"),
        ("my data/x y.txt", "my data/x y.txt"),
        ("./a//b/", "a/b"),
        ("a/../b", "b"),
        ("a/..", "."),
        (".", "."),
        (".config/x", ".config/x"),
        ("a@b/ü", "a@b/ü"),
    ],
)
def test_project_paths_are_normalised(text: str, normal: str) -> None:
    path = ProjectPath.parse(text)
    assert str(path) == path.text == normal
    assert not path.is_pattern


@pytest.mark.parametrize("text", ["*.py", "src/**/*.json", "a?.txt", "data[0-9].csv"])
def test_patterns_are_told_apart(text: str) -> None:
    assert ProjectPath.parse(text).is_pattern


@pytest.mark.parametrize(
    "text",
    [
        "",
        "../x",
        "a/../../b",
        "..",
        "/x",
        "~",
        "~/x",
        "a\\b",
        "C:\\x",
        "C:/x",
        "-x",
        "./-x",
        "./~",
        "a\nb",
        "a\0",
        " a",
        "a /",
        "*/../b",
        "a[b",
    ],
)
def test_r5_paths_out_of_the_project_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        ProjectPath.parse(text)


def test_a_backslash_is_refused_with_the_right_form() -> None:
    with pytest.raises(Invalid) as caught:
        ProjectPath.parse("data\\x.csv")
    assert caught.value.hint == 'write "data/x.csv"'


@pytest.mark.parametrize(
    ("text", "hint"),
    [("-x", "rename it"), ("./-x", "rename it"), ("../x", "into the project"), ("..", "into")],
)
def test_what_to_do_about_a_refused_path_is_hinted_at(text: str, hint: str) -> None:
    with pytest.raises(Invalid) as caught:
        ProjectPath.parse(text)
    assert hint in str(caught.value.hint)


@pytest.mark.parametrize("wrong", [None, True, 3, b"/x", ["/x"]])
def test_only_text_is_a_path(wrong: str) -> None:
    with pytest.raises(Invalid, match="must be a string"):
        ContainerPath.parse(wrong)
    with pytest.raises(Invalid, match="must be a string"):
        ProjectPath.parse(wrong)


@given(texts | texts.map("/{}".format))
def test_any_text_is_a_safe_container_path_or_invalid(text: str) -> None:
    try:
        path = ContainerPath.parse(text)
    except Invalid as error:
        message = error.message
        assert message.isprintable()
        return
    assert path.text.startswith("/")
    assert posixpath.normpath(path.text) == path.text
    assert len(path.text.splitlines()) == 1
    assert ContainerPath.parse(str(path)) == path


@given(texts)
def test_any_text_is_a_path_in_the_project_or_invalid(text: str) -> None:
    try:
        path = ProjectPath.parse(text)
    except Invalid as error:
        message = error.message
        assert message.isprintable()
        return
    assert not path.text.startswith(("/", "-", "../"))
    assert ".." not in path.text.split("/")
    assert posixpath.normpath(path.text) == path.text == posixpath.normpath(text).lstrip()
    assert len(path.text.splitlines()) == 1
    assert ProjectPath.parse(str(path)) == path
