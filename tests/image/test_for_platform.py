"""Steps for some platforms: the image as each platform has it, and what is refused at the call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from image.recipes import Recipe, calls, made
from lading import Image, SpecificationError
from lading.image.on_platform import named_platforms, on_platform
from lading.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Callable

AMD64, ARM64, RISCV = map(Platform.parse, ("linux/amd64", "linux/arm64", "linux/riscv64"))


def refusal(call: Callable[[], object]) -> list[str]:
    with pytest.raises(SpecificationError) as error:
        call()
    return str(error.value).splitlines()


def with_atomic(image: Image, /, *packages: str, **variables: str) -> Image:
    return image.system_packages("libatomic1", *packages).env(variables)


@given(before=calls, inside=calls, after=calls)
def test_a_platform_has_its_own_steps_and_no_other_has(
    before: Recipe, inside: Recipe, after: Recipe
) -> None:
    image = made(before).for_platform("linux/arm64", lambda given: made(inside, given))
    image = made(after, image)
    assert on_platform(image, ARM64) == made([*before, *inside, *after])
    assert on_platform(image, AMD64) == made([*before, *after]) == on_platform(image, None)


@given(recipe=calls)
def test_an_image_without_such_steps_is_the_same_everywhere(recipe: Recipe) -> None:
    assert on_platform(made(recipe), ARM64) == made(recipe)
    assert on_platform(made(recipe), None) == made(recipe)


@given(recipe=calls)
def test_the_image_that_it_is_called_on_stays_as_it_was(recipe: Recipe) -> None:
    """CASES R36."""
    image = made(recipe)
    shown = repr(image)
    image.for_platform("linux/arm64", with_atomic)
    assert repr(image) == shown


def test_the_function_gets_what_is_handed_on() -> None:
    image = Image().for_platform("linux/arm64", with_atomic, "curl", A="1")
    assert on_platform(image, ARM64) == Image().system_packages("libatomic1", "curl").env(A="1")


def test_several_platforms_and_their_other_spellings() -> None:
    image = Image().for_platform(["linux/arm64/v8", "linux/riscv64"], with_atomic)
    assert named_platforms(image.steps) == (ARM64, RISCV)
    for platform in (ARM64, RISCV):
        assert on_platform(image, platform) == with_atomic(Image())
    assert on_platform(image, AMD64) == Image()


def test_what_is_for_two_platforms_at_once_is_for_both() -> None:
    """As a condition in a condition."""
    image = Image().for_platform(
        ["linux/arm64", "linux/amd64"],
        lambda outer: (
            outer.env(A="1")
            .for_platform("linux/arm64", lambda inner: inner.env(B="2"))
            .for_platform(["linux/amd64", "linux/riscv64"], lambda inner: inner.env(C="3"))
        ),
    )
    assert on_platform(image, ARM64) == Image().env(A="1").env(B="2")
    assert on_platform(image, AMD64) == Image().env(A="1").env(C="3")
    assert on_platform(image, RISCV) == Image()


def test_a_step_that_is_for_no_platform_is_refused_at_its_line() -> None:
    def inner(image: Image) -> Image:
        return image.env(A="1").run("a")

    said = refusal(
        lambda: Image().for_platform(
            "linux/arm64",
            lambda image: image.env(B="2").for_platform(["linux/amd64", "linux/riscv64"], inner),
        )
    )
    line = f"{__file__}:{inner.__code__.co_firstlineno + 1}: "
    assert len(said) == 4  # one of each step, with its hint
    assert said[0] == (
        f"{line}this step is for linux/amd64, linux/riscv64 inside of for_platform for "
        "linux/arm64, and so for no platform"
    )
    assert said[1].startswith("hint: call for_platform for linux/amd64, linux/riscv64 beside the ")
    assert __file__ in said[1]


def test_images_for_other_platforms_differ() -> None:
    arm = Image().for_platform("linux/arm64", with_atomic)
    assert arm != Image().for_platform("linux/amd64", with_atomic)
    assert arm != with_atomic(Image())
    assert arm == Image().for_platform(("linux/arm64",), with_atomic)


def test_steps_have_the_lines_of_their_own_calls() -> None:
    image = Image().for_platform("linux/arm64", with_atomic)
    first = with_atomic.__code__.co_firstlineno
    assert {step.location.line for step in image.steps} == {first + 1}


@pytest.mark.parametrize(
    ("platform", "function", "message", "hint"),
    [
        ("linux/amr64", with_atomic, 'platform "linux/amr64" is invalid', "arm64"),
        ("windows/amd64", with_atomic, "is not linux", "linux/amd64"),
        ([], with_atomic, "for_platform has no platform", "linux/arm64"),
        (3, with_atomic, "for_platform takes a platform, not 3", "linux/arm64"),
        ([3], with_atomic, "for_platform takes", "linux/arm64"),
        ("linux/arm64", "curl", 'takes a function of the image, not "curl"', "lambda image: "),
        ("linux/arm64", Image(), "takes a function of the image, not an Image", "lambda image: "),
        ("linux/arm64", lambda _: None, "returns None, and no Image", "return the image"),
        ("linux/arm64", lambda _: "x", 'returns "x", and no Image', "return the image"),
        ("linux/arm64", lambda image: image.replace(distro="alpine"),
         "changes distro, which no platform has alone", "replace"),
        ("linux/arm64", lambda image: image.merge(Image(accelerator="cpu")),
         "changes accelerator, which no platform has alone", "replace"),
        ("linux/arm64", lambda _: Image(), "drops steps of the image", "begin with that image"),
        ("linux/arm64", lambda image: Image().run("b").merge(image),
         "drops steps of the image", "begin with that image"),
    ],
)  # fmt: skip
def test_what_is_no_more_steps_is_refused_at_the_call(
    platform: Any,  # noqa: ANN401 - also what is none
    function: Any,  # noqa: ANN401 - the same
    message: str,
    hint: str,
) -> None:
    said = refusal(lambda: Image().run("a").for_platform(platform, function))
    assert said[0].startswith(f"{__file__}:")
    assert message in said[0]
    assert said[1].startswith("hint: ")
    assert hint in said[1]


def test_all_that_is_wrong_with_a_call_is_told_together() -> None:
    bad: Any = 3
    assert len(refusal(lambda: Image().for_platform(["linux/x", "linux/y"], bad))) == 6


def test_a_word_that_is_wrong_inside_has_its_own_line() -> None:
    def wrong(image: Image) -> Image:
        return image.system_packages("lib atomic1")

    (message, *_) = refusal(lambda: Image().for_platform("linux/arm64", wrong))
    assert message.startswith(f"{__file__}:{wrong.__code__.co_firstlineno + 1}: ")


def test_a_changed_image_must_fit_the_steps_of_every_platform() -> None:
    image = Image().for_platform("linux/arm64", lambda one: one.system_packages(debian=["curl"]))
    said = refusal(lambda: image.replace(distro="alpine"))
    assert said[0].startswith(f"{image.steps[0].location}: ")


def test_images_are_merged_by_platform() -> None:
    one = Image().env(A="1").for_platform("linux/arm64", lambda image: image.cmd("arm"))
    other = Image().for_platform("linux/amd64", lambda image: image.cmd("amd"))
    both = one.merge(other)
    assert on_platform(both, ARM64) == Image().env(A="1").cmd("arm")
    assert on_platform(both, AMD64) == Image().env(A="1").cmd("amd")
    assert one.merge(one) == one


def test_a_contradiction_on_one_platform_is_one() -> None:
    one = Image().cmd("all").env(B="1")
    other = Image().for_platform(["linux/arm64", "linux/amd64"], lambda image: image.cmd("arm"))
    said = refusal(lambda: one.merge(other))
    place = other.steps[0].location
    assert said[0] == f'{place}: cmd("arm") contradicts cmd("all") at {one.steps[0].location}'
    assert len(said) == 2
    same = Image().for_platform("linux/arm64", lambda image: image.cmd("all"))
    assert on_platform(one.merge(same), ARM64) == one.cmd("all")
