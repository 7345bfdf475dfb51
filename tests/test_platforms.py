from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging import _manylinux
from packaging.markers import Marker

from lading.grammar.invalid import Invalid
from lading.grammar.python_version import PythonVersion
from lading.platforms import (
    ARCHITECTURES,
    Libc,
    Platform,
    marker_environment,
    uv_platform,
    wheel_platform_tags,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

AMD64 = Platform.parse("linux/amd64")
ARM64 = Platform.parse("linux/arm64")
MUSL = Libc(name="musl", version=(1, 2))


def glibc(minor: int) -> Libc:
    return Libc(name="glibc", version=(2, minor))


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("linux/amd64", "linux/amd64"),
        ("linux/amd64/v1", "linux/amd64"),
        ("linux/amd64/1", "linux/amd64"),
        ("linux/amd64/v3", "linux/amd64/v3"),
        ("linux/arm64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/arm64/8", "linux/arm64"),
        ("linux/arm", "linux/arm/v7"),
        ("linux/arm/6", "linux/arm/v6"),
        ("linux/s390x", "linux/s390x"),
    ],
)
def test_a_platform_has_one_spelling(text: str, canonical: str) -> None:
    assert str(Platform.parse(text)) == canonical


@given(st.sampled_from(ARCHITECTURES), st.sampled_from(["", "/v1", "/v2", "/1", "/v9", "/8", "/7"]))
def test_a_platform_survives_being_written_and_read(architecture: str, variant: str) -> None:
    with suppress(Invalid):
        platform = Platform.parse(f"linux/{architecture}{variant}")
        assert Platform.parse(str(platform)) == platform


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("linux/amd64/v9", "amd64 has no variant v9", "there are v1, v2, v3, v4"),
        ("linux/amd64/9", "amd64 has no variant v9", "there are v1, v2, v3, v4"),
        ("linux/amd64/v02", "amd64 has no variant v02", "there are v1, v2, v3, v4"),
        ("linux/arm64/v7", "arm64 has no variant v7", "there are v8, v9"),
        ("linux/arm/v64", "arm has no variant v64", "there are v5, v6, v7, v8"),
        ("linux/riscv64/v2", "riscv64 has no variant v2", "write linux/riscv64"),
    ],
)
def test_a_variant_that_an_architecture_does_not_have_is_refused(
    text: str, message: str, hint: str
) -> None:
    with pytest.raises(Invalid) as caught:
        Platform.parse(text)
    assert caught.value.message == f'platform "{text}" is invalid: {message}'
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("amd64", 'did you mean "linux/amd64"?'),
        ("x86_64", 'did you mean "linux/amd64"?'),
        ("linux/x86_64", 'did you mean "linux/amd64"?'),
        ("aarch64", 'did you mean "linux/arm64"?'),
        ("linux-aarch64", 'did you mean "linux/arm64"?'),
        ("Linux/AMD64", 'did you mean "linux/amd64"?'),
        ("linux/amd46", 'did you mean "linux/amd64"?'),
        ("linux/amd64 ", 'did you mean "linux/amd64"?'),
        ("", "write linux/amd64 or linux/arm64"),
        ("linux", "write linux/amd64 or linux/arm64"),
        ("linux/amd64/v2/x", 'did you mean "linux/amd64"?'),
        ("linux/amd64/--x y", 'did you mean "linux/amd64"?'),
        ("linux/amd64\nRUN id", 'did you mean "linux/amd64"?'),
    ],
)
def test_a_word_that_is_no_platform_is_refused_with_the_likely_one(text: str, hint: str) -> None:
    with pytest.raises(Invalid, match="is invalid") as caught:
        Platform.parse(text)
    assert caught.value.hint == hint
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("text", ["windows/amd64", "darwin/arm64"])
def test_only_linux_images_are_built(text: str) -> None:
    with pytest.raises(Invalid, match="is not linux"):
        Platform.parse(text)


@given(st.text(max_size=20))
def test_any_text_is_a_platform_or_invalid(text: str) -> None:
    try:
        platform = Platform.parse(text)
    except Invalid:
        return
    assert platform.architecture in ARCHITECTURES


@pytest.mark.parametrize(
    ("platform", "libc", "expected"),
    [
        (AMD64, glibc(36), "x86_64-manylinux_2_36"),
        (ARM64, glibc(34), "aarch64-manylinux_2_34"),
        (AMD64, glibc(41), "x86_64-manylinux_2_40"),
        (AMD64, glibc(26), "x86_64-manylinux_2_17"),
        (AMD64, glibc(30), "x86_64-manylinux_2_28"),
        (AMD64, MUSL, "x86_64-unknown-linux-musl"),
        (ARM64, MUSL, "aarch64-unknown-linux-musl"),
    ],
)
def test_uv_is_told_the_newest_glibc_it_knows_that_the_target_has(
    platform: Platform, libc: Libc, expected: str
) -> None:
    assert uv_platform(platform, libc) == expected


def test_locking_names_the_two_platforms_that_it_supports() -> None:
    with pytest.raises(Invalid, match="linux/s390x") as caught:
        uv_platform(Platform.parse("linux/s390x"), glibc(36))
    assert caught.value.hint == "locking supports linux/amd64 and linux/arm64"


def test_a_glibc_older_than_any_that_uv_knows_is_refused() -> None:
    with pytest.raises(Invalid, match=r"glibc 2\.12"):
        uv_platform(AMD64, glibc(12))


def test_wheel_tags_are_in_the_order_that_pip_tries_them() -> None:
    tags = wheel_platform_tags(AMD64, glibc(18))
    assert tags[:4] == (
        "manylinux_2_18_x86_64",
        "manylinux_2_17_x86_64",
        "manylinux2014_x86_64",
        "manylinux_2_16_x86_64",
    )
    assert tags[-3:] == ("manylinux_2_5_x86_64", "manylinux1_x86_64", "linux_x86_64")
    assert "manylinux2010_x86_64" in tags


@pytest.mark.parametrize(("platform", "machine"), [(AMD64, "x86_64"), (ARM64, "aarch64")])
def test_wheel_tags_agree_with_packaging(
    monkeypatch: pytest.MonkeyPatch, platform: Platform, machine: str
) -> None:
    monkeypatch.setattr(_manylinux, "_get_glibc_version", lambda: (2, 36))
    monkeypatch.setattr(_manylinux, "_have_compatible_abi", lambda *_: True)
    expected = tuple(_manylinux.platform_tags([machine]))
    assert wheel_platform_tags(platform, glibc(36))[:-1] == expected


def test_alpine_takes_musllinux_wheels_only() -> None:
    assert wheel_platform_tags(ARM64, MUSL) == (
        "musllinux_1_2_aarch64",
        "musllinux_1_1_aarch64",
        "musllinux_1_0_aarch64",
        "linux_aarch64",
    )


@pytest.mark.parametrize(
    ("marker", "holds"),
    [
        ("sys_platform == 'linux' and os_name == 'posix'", True),
        ("platform_machine == 'aarch64'", True),
        ("platform_machine == 'x86_64'", False),
        ("python_version < '3.12'", True),
        ("python_full_version >= '3.11.9'", True),
        ("implementation_name == 'cpython'", True),
        ("platform_system == 'Windows'", False),
        ("platform_release == ''", True),
    ],
)
def test_markers_are_evaluated_for_the_target(marker: str, *, holds: bool) -> None:
    python = PythonVersion.parse("3.11.9")
    environment: Mapping[str, str] = marker_environment(ARM64, glibc(36), python)
    assert Marker(marker).evaluate(dict(environment)) is holds
