"""The parameters of a function that gives an image: what is written becomes what it declares."""
# ruff: noqa: UP007, UP045 - older forms of annotations are what is tested

from __future__ import annotations

import functools
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Literal, Optional, Union

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading import Image, Location, SpecificationError
from lading.config import Parameter, Setting, bound, name_with

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lading.config.annotations import Scalar


class Size(Enum):
    SMALL = "small"
    TWO = 2


def image(  # type: ignore[no-untyped-def]
    cuda: Literal["12.4", "12.6"] = "12.6",
    gpu: bool = False,  # noqa: FBT001, FBT002 - as users write it
    workers: int | None = None,
    share: Optional[float] = None,
    size: Size = Size.SMALL,
    tag: Annotated[str, "what it is called"] = "a",
    either: Union[str, int] = 1,
    plain="x",  # noqa: ANN001 - as users write it
    untyped=False,  # noqa: ANN001, FBT002
    folder: Path | None = None,
) -> Image:
    return Image().env(
        A=str((cuda, gpu, workers, share, size, tag, either, plain, untyped, folder))
    )


def value(name: str, written: Scalar, function: Callable[..., object] = image) -> object:
    arguments = bound(function, [Setting(name=name, value=written)], "app.py:image")
    names = [one.name for one in arguments.parameters]
    return (dict(zip(names, arguments.words, strict=False)) | arguments.options)[name]


def refusal(*settings: Setting, function: Callable[..., object] = image) -> list[str]:
    with pytest.raises(SpecificationError) as error:
        bound(function, settings, "app.py:image")
    return str(error.value).splitlines()


@pytest.mark.parametrize(
    ("name", "written", "found"),
    [
        ("cuda", "12.4", "12.4"),
        ("gpu", "true", True),
        ("gpu", "False", False),
        ("gpu", True, True),
        ("workers", "4", 4),
        ("workers", 4, 4),
        ("workers", "none", None),
        ("share", "0.5", 0.5),
        ("share", 1, 1.0),
        ("size", "2", Size.TWO),
        ("size", "small", Size.SMALL),
        ("tag", "", ""),
        ("tag", "a=b", "a=b"),
        ("either", "7", 7),
        ("either", "x7", "x7"),
        ("plain", "1", "1"),
        ("untyped", "false", False),
    ],
)
def test_a_word_becomes_what_is_annotated(name: str, written: Scalar, found: object) -> None:
    got = value(name, written)
    assert (type(got), got) == (type(found), found)


@pytest.mark.parametrize(
    ("name", "written", "said"),
    [
        ("cuda", "12.5", ['"12.5" is none of "12.4", "12.6"', 'did you mean "12.6"?']),
        ("cuda", 12.4, ['12.4 is none of "12.4", "12.6"', 'did you mean "12.4"?']),
        ("gpu", "yes", ['"yes" is neither true nor false', "gpu takes bool"]),
        ("gpu", 1, ["1 is neither true nor false", "gpu takes bool"]),
        ("workers", "4.0", ['"4.0" is no whole number', "workers takes int | None"]),
        ("workers", True, ["True is no whole number", "workers takes int | None"]),
        (
            "workers",
            "9" * 5000,
            [
                f'"{"9" * 99}…" is too large',
                "a whole number has 18 digits at most",
            ],
        ),
        ("share", "nan", ['"nan" is no number', "share takes float | None"]),
        ("size", "large", ['"large" is none of "small", "2"', None]),
        ("tag", 12.10, ["12.1 is no text", "write it in quotes"]),
    ],
)
def test_another_word_is_refused(name: str, written: Scalar, said: list[str | None]) -> None:
    first, *hint = refusal(Setting(name=name, value=written))
    assert first == f"--set: {name}: {said[0]}"
    assert said[1] is None or hint == [f"hint: {said[1]}"]


def test_all_that_is_wrong_is_said_at_once_and_where() -> None:
    place = Location("lading.toml", 3)
    found = refusal(
        Setting(name="cdua", value="x", location=place),
        Setting(name="gpu", value="x"),
        Setting(name="folder", value="x"),
    )
    assert found == [
        'lading.toml:3: app.py:image has no parameter "cdua"',
        (
            'hint: did you mean "cuda"? it has cuda, gpu, workers, share, size, tag, either, '
            "plain, untyped, folder"
        ),
        '--set: gpu: "x" is neither true nor false',
        "hint: gpu takes bool",
        "--set: folder is of the type Path | None, which can't be written here",
    ]


def test_one_without_a_default_must_be_said() -> None:
    def needed(cuda: str, /, *rest: str, workers: int, **more: str) -> Image:
        raise NotImplementedError

    assert refusal(function=needed)[1::2] == [
        "hint: --set cuda=VALUE, which takes str",
        "hint: --set workers=VALUE, which takes int",
    ]
    settings = [Setting(name="workers", value="2"), Setting(name="cuda", value="12")]
    found = bound(needed, settings, "app.py:needed")
    assert (found.words, found.options) == (("12",), {"workers": 2})
    assert [one.required for one in found.parameters] == [True, True]


TOKEN = f"ghp_{'a1B2' * 9}"
SECRETS = [
    ("tag", TOKEN, "is a token by its looks"),
    ("cuda", TOKEN, "is a token by its looks"),
    ("tag", "https://ci:hunter2@index.example.test/simple", "has credentials in it"),
    ("tag", "ci:hunter2@index.example.test", "has credentials in it"),
    ("hf_token", "hunter2", "is a secret by its name"),
    ("password", "hunter2", "is a secret by its name"),
]


def secretive(  # type: ignore[no-untyped-def]
    cuda: Literal["12.4"] = "12.4",
    tag: str = "a",
    hf_token: str | None = None,
    password="",  # noqa: ANN001 - as users write it
    pad_token: str = "<pad>",  # noqa: S107 - a word of a model's vocabulary
    pooled_token: Literal["cls", "mean"] = "cls",  # noqa: S107 - a choice
    max_token: int = 512,
) -> Image:
    return Image().env(A=str((cuda, tag, hf_token, password, pad_token, pooled_token, max_token)))


@pytest.mark.parametrize(("name", "written", "why"), SECRETS)
@pytest.mark.parametrize("location", [None, Location("lading.toml", 3)])
def test_a_secret_is_no_value(name: str, written: str, why: str, location: Location | None) -> None:
    setting = Setting(name=name, value=written, location=location)
    start = "lading.toml:3" if location else "--set"
    assert refusal(setting, function=secretive) == [
        f"{start}: {name} {why}, and would be in what Lading writes",
        f'hint: let the step that needs it name it: run("...", secrets=[secret("{name.upper()}")])',
    ]


def test_a_secret_is_no_default() -> None:
    def declared(tag: str = TOKEN) -> Image:
        raise NotImplementedError(tag)

    said, _ = refusal(function=declared)
    assert said.endswith(
        "image: the default of tag is a token by its looks, and would be in what Lading writes"
    )


@pytest.mark.parametrize(
    ("name", "written"),
    [("pad_token", "[PAD]"), ("pooled_token", "mean"), ("max_token", "1024"), ("tag", "a@b.test"),
     ("tag", "python:3.11@sha256:00"), ("hf_token", "none"), ("hf_token", "HF_TOKEN")],
)  # fmt: skip
def test_what_only_reminds_of_a_secret_is_a_value(name: str, written: str) -> None:
    assert str(value(name, written, secretive)) in {written, "None"}


def test_what_is_bound_already_is_the_default() -> None:
    found = bound(functools.partial(image, cuda="12.4"), [], "app.py:image")
    assert found.parameters[0].default == "12.4"


@pytest.mark.parametrize(
    ("annotation", "default", "said"),
    [
        (int, "x", ['the default of a is "x", and no int', "hint: a: int = ..."]),
        (bool, 1, ["the default of a is 1, and no bool", "hint: a: bool = ..."]),
        (str, None, ["the default of a is None, and no str", "hint: a: str | None = None"]),
        (float, True, []),
        (int | None, None, []),
        (Optional[int], 1.5, [
            "the default of a is 1.5, and no Optional[int]", "hint: a: Optional[int] = ..."]),
        (Literal["a", 1], 1, []),
        (Literal[1, "1"], 1, []),
        (Literal["a", 1], True, [
            "the default of a is True, and no Literal['a', 1]", "hint: a: Literal['a', 1] = ..."]),
        (Size, Size.TWO, []),
        (Size, "small", ['the default of a is "small", and no Size', "hint: a: Size = ..."]),
        (list, "x", []),
    ],
)  # fmt: skip
def test_a_default_is_of_the_type_that_is_annotated(
    annotation: object, default: object, said: list[str]
) -> None:
    def declared(a):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        raise NotImplementedError(a)

    declared.__annotations__["a"] = annotation
    declared.__defaults__ = (default,)
    if not said:
        assert bound(declared, [], "app.py:image").parameters[0].name == "a"
        return
    line = declared.__code__.co_firstlineno
    assert refusal(function=declared) == [f"{__file__}:{line}: app.py:image: {said[0]}", said[1]]


def test_the_command_line_goes_before_the_project_file() -> None:
    of_file = Setting(name="cuda", value="12.4", location=Location("lading.toml", 1))
    [cuda, *_] = bound(image, [of_file], "x").parameters
    assert (cuda.default, cuda.value, cuda.origin) == ("12.6", "12.4", "project file")
    assert cuda.location == of_file.location
    [cuda, *_] = bound(image, [of_file, Setting(name="cuda", value="12.6")], "x").parameters
    assert (cuda.otherwise, cuda.value, cuda.origin) == ("12.4", "12.6", "command line")


def test_a_name_has_what_the_project_file_would_not_say() -> None:
    def named(*said: Setting) -> str | None:
        return name_with("gpu", bound(image, said, "x").parameters)

    of_file = Setting(name="cuda", value="12.4", location=Location("lading.toml", 1))
    assert named(of_file) == "gpu"
    assert named(of_file, Setting(name="cuda", value="12.4")) == "gpu"
    assert named(of_file, Setting(name="cuda", value="12.6")) == "gpu.cuda=12.6"


words = st.text(min_size=1, max_size=60)
values = st.lists(st.tuples(st.from_regex(r"[a-zA-Z]\w{0,5}", fullmatch=True), words), max_size=4)


def name_of(said: list[tuple[str, str]]) -> str | None:
    found = {
        name: Parameter(name=name, type="str", default=None, value=value, required=True)
        for name, value in said
    }
    return name_with("gpu", tuple(found[name] for name in sorted(found)))


@given(one=values, other=values)
def test_no_two_settings_share_a_name_even_where_case_says_nothing(
    one: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    name, second = name_of(one), name_of(other)
    assert name is not None
    assert second is not None
    assert (name.lower() == second.lower()) == (dict(one) == dict(other))
    assert len(name) < 200
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-=~")


def test_a_name_tells_what_was_set() -> None:
    def named(name: str | None, **said: str) -> str | None:
        settings = [Setting(name=key, value=value) for key, value in said.items()]
        return name_with(name, bound(image, settings, "x").parameters)

    assert named("image") == "image"
    assert named("image", cuda="12.6") == "image"
    assert named("image", cuda="12.4", gpu="true") == "cuda=12.4.gpu=true"
    assert named(None, cuda="12.4") == "cuda=12.4"
    assert named("web", tag="A/b") == "web.tag=~3646f792d488"
    assert named("web", tag="a" * 24) == f"web.tag={'a' * 24}"
    assert named("web", tag="a" * 25) == "web.tag=~2f521e2a7d0b"
