"""Variants of an image: a mapping by name, and the product of two such."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading import Image, SpecificationError, Variants
from lading.lock.file import lock_name

if TYPE_CHECKING:
    from collections.abc import Callable

BASE = Image(distro="debian:bookworm")


def with_gpu(image: Image) -> Image:
    return image.replace(accelerator="cu126")


def refusal(**functions: Any) -> list[str]:  # noqa: ANN401 - what users get wrong
    with pytest.raises(SpecificationError) as error:
        BASE.variants(**functions)
    return [re.sub(r"^\S+:\d+: ", "", line) for line in str(error.value).splitlines()]


def test_they_are_images_by_name() -> None:
    images = BASE.variants(cpu=lambda image: image.replace(accelerator="cpu"), gpu=with_gpu)
    assert isinstance(images, Variants)
    assert list(images) == ["cpu", "gpu"]
    assert images["gpu"] == with_gpu(BASE)
    assert images == BASE.variants(cpu=lambda image: image.replace(accelerator="cpu"), gpu=with_gpu)
    assert len({images, images}) == 1


def test_each_has_a_lock_of_its_own() -> None:
    images = BASE.variants(cpu=lambda image: image, gpu=with_gpu)
    assert [lock_name(image) for image in images.values()] == ["lading.cpu.lock", "lading.gpu.lock"]
    assert lock_name(BASE) == "lading.lock"


def test_a_step_has_the_line_of_the_call_that_it_is_made_by() -> None:
    images = BASE.variants(
        one=lambda image: image.run("a"),
        two=lambda image: image.run("b"),
    )
    one, two = (image.steps[0].location for image in images.values())
    assert (one.file, two.line - one.line) == (__file__, 1)


names = st.lists(st.from_regex(r"[a-z][a-z0-9]{0,3}", fullmatch=True), min_size=1, unique=True)


@given(first=names, second=names)
def test_variants_of_variants_are_the_product(first: list[str], second: list[str]) -> None:
    def said(name: str, value: str) -> dict[str, Callable[[Image], Image]]:
        return {value: lambda image: image.env({name: value})}

    one = {key: function for each in first for key, function in said("A", each).items()}
    other = {key: function for each in second for key, function in said("B", each).items()}
    images = BASE.variants(**one).variants(**other)
    assert list(images) == [f"{a}-{b}" for a in first for b in second]
    assert all(images[f"{a}-{b}"] == BASE.env(A=a).env(B=b) for a in first for b in second)


def test_what_makes_none_is_refused() -> None:
    assert refusal() == ["variants has no variant", "hint: variants(cpu=with_cpu, gpu=with_gpu)"]
    assert refusal(gpu=3, **{"a/b": with_gpu, "": with_gpu}) == [
        "variant gpu is 3, and no function",
        "hint: gpu=lambda image: image.replace(...)",
        'no variant can be called "a/b"',
        "hint: letters and digits, with - . _ between them, 64 at most",
        'no variant can be called ""',
        "hint: letters and digits, with - . _ between them, 64 at most",
    ]
    assert refusal(**{"a" * 65: with_gpu}) == [
        f'no variant can be called "{"a" * 65}"',
        "hint: letters and digits, with - . _ between them, 64 at most",
    ]
    assert refusal(gpu=lambda _: None) == [
        "variant gpu is None, and no Image",
        "hint: a function that returns one: gpu=lambda image: image.replace(...)",
    ]
    assert refusal(gpu=with_gpu, GPU=with_gpu) == [
        'two variants are called "gpu" and "GPU", and nothing but case differs',
        "hint: some disks don't tell their locks apart: give each another name",
    ]


def test_the_name_of_one_of_a_product_has_a_longest_too() -> None:
    once = BASE.variants(**{"a" * 40: with_gpu})
    assert [len(one) for one in once.variants(**{"b" * 23: with_gpu})] == [64]
    with pytest.raises(SpecificationError, match=r"no variant can be called .*-b"):
        once.variants(**{"b" * 24: with_gpu})


def test_two_of_a_product_may_not_be_called_the_same() -> None:
    once = BASE.variants(**{"a-b": with_gpu, "a": with_gpu})
    with pytest.raises(SpecificationError) as error:
        once.variants(**{"c": with_gpu, "b-c": with_gpu})
    (problem,) = error.value.problems
    assert problem.message == 'two variants are called "a-b-c"'
    assert problem.hint == "give each another name; that of one of a product is first-second"
