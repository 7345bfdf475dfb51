"""What a hint shows as Python is TOML in a project file, and the rest of it stays as it is."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.config.hints import hint_in_toml


@pytest.mark.parametrize(
    ("hint", "toml"),
    [
        ("write shell=True or shell=False", "write shell = true or shell = false"),
        ('write cmd("python", "-m", "server")', 'write cmd = ["python", "-m", "server"]'),
        ('entrypoint("a", "b=c")', 'entrypoint = ["a", "b=c"]'),
        ('env(NAME="value")', 'env = {NAME = "value"}'),
        ('.requirements_file("a.txt")', 'requirements_file = "a.txt"'),
        (".uv_lock()", "uv_lock = true"),
        ('.pyproject_toml(groups=["a"])', 'pyproject_toml = {groups = ["a"]}'),
        ('run("make")', '{run = "make"}'),
        (
            'run("a $T", secrets=[secret("T", variable="T")])',
            '{run = {command = "a $T", secrets = [{id = "T", variable = "T"}]}}',
        ),
        ('write secrets=[secret("TOKEN")]', 'write secrets = ["TOKEN"]'),
        ('python_packages("a", requires={"a b": ["c"]})',
         'python_packages = {requirements = "a", requires = {"a b" = ["c"]}}'),
        ('name it: Image(base_image=..., distro="debian:bookworm")',
         'name it: distro = "debian:bookworm"'),
        ('write distro="debian:trixie", or take "python:3"',
         'write distro = "debian:trixie", or take "python:3"'),
        ("retries=30", "retries = 30"),
        ("env()", "env = {}"),
        ("add debian=[...], or debian=[]", "add debian = [...], or debian = []"),
        ('.pyproject_toml("pyproject.toml")', 'pyproject_toml = "pyproject.toml"'),
        ('for_platform("linux/arm64", lambda image: image.run("a"))',
         '{for_platform = {platform = "linux/arm64", steps = [{run = "make"}]}}'),
        ('leave out compile_bytecode=False, or run("a")',
         'leave out compile_bytecode = false, or {run = "a"}'),
    ],
)  # fmt: skip
def test_it_is_as_the_file_would_have_it(hint: str, toml: str) -> None:
    assert hint_in_toml(hint) == toml


@pytest.mark.parametrize(
    "hint",
    [
        'write "shell=True"',
        'write "/a"',
        "env(TOKEN=None)",
        "change it there: Image.from_image(base.replace(distro=...))",
        "it takes env=, file= and command=",
        "cmd(",
        'cmd("',
        "x" * 400 + " shell=True",
    ],
)
def test_what_toml_can_t_say_stays(hint: str) -> None:
    assert hint_in_toml(hint) == hint


@given(st.lists(st.text(), min_size=2))
def test_it_is_the_same_words_whatever_these_are(words: list[str]) -> None:
    call = f"cmd({', '.join(map(repr, words))})"
    said = hint_in_toml(call)
    if len(call) <= 400:
        assert tomllib.loads(said) == {"cmd": words}


TOKENS = (
    *("env", "cmd", "model", "run", "index", "uv_lock", "Image", "secret", "for_platform", "shell"),
    *("(", ")", "[", "]", "{", "}", "=", ", ", ":", ".", "*", "**", "-", " or ", " ", "\n", "\\"),
    *("None", "True", "...", "1", "1e999", "0x", '"a"', "'", '"', "[]", "lambda: 1", "é", "\0"),
)


@given(st.lists(st.sampled_from(TOKENS), max_size=40).map("".join))
def test_any_text_has_an_end(text: str) -> None:
    assert isinstance(hint_in_toml(text), str)


@pytest.mark.parametrize(
    "text",
    [
        "cmd({[]: 1})",
        "cmd(" * 99,
        "cmd(" + "[" * 300,
        f"cmd({'-' * 300}1)",
        "secret()",
        "cmd(**{'a': 1})",
        r'cmd("a", "\d")',
    ],
)
def test_what_is_no_call_stays(text: str) -> None:
    assert hint_in_toml(text) == text
