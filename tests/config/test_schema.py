"""The schema says of a project file what reading it says."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from config.test_images import anything, described, step
from image.recipes import Recipe, calls
from lading import SpecificationError
from lading.config import schema
from lading.config.calls import ARGUMENTS, STEP_CALLS
from lading.config.keys import OF_AN_IMAGE
from lading.project_file import SETTINGS

VALIDATOR = Draft202012Validator(schema())


def is_valid(text: str) -> bool:
    return not list(VALIDATOR.iter_errors(json.loads(json.dumps(tomllib.loads(text), default=str))))


def is_read(text: str, name: str | None = None) -> bool:
    try:
        described(text, name)
    except SpecificationError:
        return False
    return True


VALUES = tomllib.loads("""
    image = "service:base"
    extends = "service:base"
    from_image = "service:base"
    merge = ["service:base"]
    set = { cuda = "12.6", workers = 4, debug = true }
    base_image = "python:3.12-slim-bookworm"
    distro = "debian:bookworm"
    python_version = "3.12"
    lock_python_packages = false
    lock_system_packages = false
    components = ["contrib"]
    snapshot = "2026-11-01"
    shell = false
    compile_bytecode = false
    accelerator = "cpu"
    system_packages = ["curl"]
    build_packages = "gcc"
    index = { url = "https://a.test" }
    requirements_file = "requirements.txt"
    pyproject_toml = true
    uv_lock = true
    script_requirements = "serve.py"
    python_packages = ["numpy"]
    model = "weights"
    build_include = ["src"]
    env = { A = "1" }
    workdir = "/app"
    user = 1000
    volume = "/data"
    expose = 8000
    label = { a = "b" }
    stop_signal = "SIGINT"
    entrypoint = ["python"]
    cmd = ["-m", "service"]
    healthcheck = ["true"]
    steps = [{ run = "make" }]
""")
"""A value for each key that alone, and beside all others that may be there, is right."""

NAMED: dict[str, Any] = {"extends": "other", "from_image": "other", "merge": ["other"]}
"""The same of those that may name an image of the file."""


def test_each_key_has_a_value_here() -> None:
    assert set(VALUES) == set(OF_AN_IMAGE)


def same_of(table: dict[str, Any]) -> None:
    """Schema and reader say the same of a table, as the file's own and as that of a name."""
    other = {"cmd": "x", "distro": "debian:bookworm"}  # so that service:base fits it
    for whole, name in (
        (table | {"images": {"other": other}}, "image"),
        ({"images": {"it": table, "other": other}}, "it"),
    ):
        text = tomli_w.dumps(whole)
        assert is_valid(text) == is_read(text, name), text


@pytest.mark.parametrize("key", VALUES)
def test_it_says_of_every_two_keys_what_reading_says(key: str) -> None:
    for other in VALUES:
        table = {one: VALUES[one] for one in (key, other)}
        same_of(table)
        for one, value in NAMED.items():
            if one in table:
                same_of(table | {one: value})


@given(
    keys=st.sets(st.sampled_from(list(VALUES)), min_size=1),
    named=st.sets(st.sampled_from(list(NAMED))),
)
def test_it_says_of_any_keys_what_reading_says(keys: set[str], named: set[str]) -> None:
    same_of({key: (NAMED if key in named else VALUES)[key] for key in sorted(keys)})


@given(key=st.sampled_from(sorted(set(VALUES) - {"extends", "from_image"})), value=anything)
def test_what_is_read_of_any_value_is_valid(key: str, value: Any) -> None:  # noqa: ANN401 - also what is wrong
    try:
        text = tomli_w.dumps({key: value})
        tomllib.loads(text)
    except (ValueError, UnicodeError):  # tomli_w writes some text that TOML has not
        return
    assert is_valid(text) or not is_read(text)


def test_every_setting_of_a_project_is_in_it() -> None:
    assert set(SETTINGS) <= set(schema()["properties"])


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())


def test_every_argument_and_every_call_is_in_it() -> None:
    """One without words for its editor would be one without a docstring."""
    found: dict[str, Any] = schema()
    assert set(ARGUMENTS) <= set(found["properties"])
    assert all(found["properties"][name]["description"] for name in ARGUMENTS)
    assert set(STEP_CALLS) <= set(found["$defs"])
    assert all(found["$defs"][name]["description"] for name in STEP_CALLS)


@given(recipe=calls)
def test_what_calls_can_say_is_valid(recipe: Recipe) -> None:
    steps = [step(*call) for call in recipe]
    assert is_valid(tomli_w.dumps({"steps": steps}))
    only = {"for_platform": {"platform": "linux/arm64", "steps": [*steps, *steps]}}
    assert is_valid(tomli_w.dumps({"steps": [only]}))


@pytest.mark.parametrize(
    "text",
    [
        'image = "service:image"\n[mirrors]\ndebian = "https://m.test"\nregistries = {a = "b"}\n',
        'distro = "debian"\ncmd = "x"\nuv_lock = true\nexpose = [80, "81/tcp"]\nuser = 1000\n',
        'image = "x:y"\nset = {cuda = "12.6", gpu = true, n = 2}\n',
        'images.a = {extends = "x:y", set = {cuda = "12.6"}, cmd = "x"}\n',
        'images.b = "x:y"\n[images.a]\nextends = "image"\n',
        'cmd = "x"\n[images.a]\nfrom_image = "image"\n',
        'cmd = "x"\narchives.debian = {keyring = "a.gpg"}\narchives.ubuntu.unsigned = true\n',
        'merge = "x:y"\n',
        *(f"{one} = []\n" for one in ("build_include", "expose", "volume")),
        'system_packages = {debian = ["curl"]}\nuser = {uid = "10001", group = 0}\n',
        'cmd = ["a", ""]\nexpose = ["80", "81/udp"]\npyproject_toml = {}\n',
        'cmd = "x"\n[images.b]\nmerge = ["image", "x:y"]\ndistro = "debian"\n',
        'index = [{url = "https://a"}, {url = "https://b", default = true}]\n',
        'steps = [{for_platform = {platform = ["linux/arm64"], steps = [{run = "a"}]}}]\n',
    ],
)
def test_what_is_read_is_valid(text: str) -> None:
    assert is_valid(text)


@pytest.mark.parametrize(
    "text",
    [
        "image = 3\n",
        "distr = 3\n",
        *(f"{one} = []\n" for one in ("cmd", "entrypoint", "healthcheck", "python_packages")),
        *(f"{one} = []\n" for one in ("system_packages", "model", "uv_lock", "user", "index")),
        *(f"{one} = ''\n" for one in ("cmd", "volume", "expose", "user", "workdir", "model")),
        *(f"{one} = {{}}\n" for one in ("cmd", "healthcheck", "system_packages", "model")),
        'healthcheck = {interval = "30s"}\n',
        "cmd = {argv = []}\n",
        *(f"user = {one}\n" for one in ("'x'", "-1", "2147483648", "{uid = 'x'}")),
        "user = {uid = 1, group = 'x'}\n",
        *(f"expose = {one}\n" for one in ("'a'", "0", "65536", "['80/tpc']", "{ports = ['a']}")),
        'run = "make"\n',
        "[images.image]\ncmd = 'x'\n",
        'steps = [{run = "a", env = {}}]\n',
        'steps = [{rum = "a"}]\n',
        'index = {name = "x"}\n',
        'index = {url = "https://x", packges = []}\n',
        'system_packages = {packagse = ["curl"]}\n',
        "compile_bytecode = 'yes'\n",
        "components = 3\n",
        'steps = [{for_platform = {platform = "linux/arm64"}}]\n',
        "steps = [{for_platform = {platform = [], steps = []}}]\n",
        'steps = [{for_platform = {platform = "linux/arm64", steps = [{rum = "a"}]}}]\n',
        'for_platform = {platform = "linux/arm64", steps = []}\n',
        'cmd = "x"\nset = {a = "b"}\n',
        'merge = ["x:y"]\nset = {a = "b"}\n',
        'image = "x:y"\nmerge = ["x:y"]\n',
        "merge = []\n",
        "merge = 3\n",
        'merge = ["x:y", 3]\n',
        'merge = [["x:y"]]\n',
        'images.a = {extends = "b", set = {a = "b"}}\n',
        'image = "x:y"\nset = {a = ["b"]}\n',
    ],
)
def test_what_is_refused_is_not_valid(text: str) -> None:
    assert not is_valid(text)
    with pytest.raises(SpecificationError):
        described(text, "image" if "images.image" in text else None)
