"""An image on another one: what is below, and what can't be said any more."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

import lading
from image.recipes import Recipe, calls, made
from lading import Image, SpecificationError
from lading.image import steps
from lading.image.layers import above
from lading.image.spans import spans


def refusal(call: Any) -> list[str]:  # noqa: ANN401 - anything that is called
    with pytest.raises(SpecificationError) as error:
        call()
    return str(error.value).replace(f"{__file__}:", "").splitlines()


@given(calls, calls)
def test_what_is_below_is_the_other_and_the_rest_is_above(one: Recipe, other: Recipe) -> None:
    base = made(one)
    image = made(other, Image.from_image(base))
    assert image.below == base
    assert above(image.steps) == made(other).steps
    assert spans(image.steps)[: len(spans(base.steps))] == spans(base.steps)
    assert hash(image) != hash(made(other, base))
    assert image != made(other, base)


def test_three_on_each_other() -> None:
    lowest = Image().python_packages("torch")
    middle = Image.from_image(lowest)
    top = Image.from_image(middle)
    assert top.below == middle
    assert middle.below == lowest
    assert lowest.below is None


def test_it_has_a_place_and_no_name_of_its_own() -> None:
    base = Image()._copy(name="base")
    image = Image.from_image(base)
    (step,) = image.steps
    assert isinstance(step, steps.FromImage)
    assert (step.name, image.name) == ("base", None)
    assert step.location.file == __file__
    assert image.below is not None
    assert image.below.name == "base"


@pytest.mark.parametrize("other", ["base", None, 3, Image, lading])
def test_only_an_image_can_be_below(other: object) -> None:
    message, hint = refusal(lambda: Image.from_image(other))  # type: ignore[arg-type]
    assert "from_image takes an Image, not " in message
    assert hint.startswith("hint: Image.from_image(base), with base = Image(...)")


def test_no_more_images_are_put_on_each_other_than_an_engine_stacks_layers() -> None:
    image = Image()
    for _ in range(126):
        image = Image.from_image(image)
    with pytest.raises(SpecificationError) as error:
        Image.from_image(image)
    assert str(error.value).splitlines()[0].endswith("from_image goes down more than 126 images")


def test_it_is_no_call_of_an_image_whose_steps_would_be_lost() -> None:
    base = Image()
    assert refusal(lambda: base.env(A="1").from_image(base))[0].endswith(
        ": from_image is called on Image itself, not on an image"
    )
    assert base.pipe(Image.from_image) == Image.from_image(base)


def test_arguments_are_those_of_the_image_below() -> None:
    base = Image(distro="debian:bookworm", python_version="3.11")
    image = Image.from_image(base)
    line = image.steps[0].location.line
    assert image.replace(distro="debian:bookworm") == image
    assert image.distro == base.distro
    found = refusal(lambda: image.replace(distro="alpine", accelerator="cpu"))
    assert [one.partition(": ")[2] for one in found] == [
        f"distro is that of the image below, which from_image names at {line}",
        "change it there: Image.from_image(base.replace(distro=...))",
        f"accelerator is that of the image below, which from_image names at {line}",
        "change it there: Image.from_image(base.replace(accelerator=...))",
    ]
