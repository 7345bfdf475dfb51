"""What holds for every image, whatever its steps."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given

from image.recipes import Recipe, calls, made
from lading import Image

if TYPE_CHECKING:
    from collections.abc import Iterator


@given(before=calls, after=calls)
def test_a_call_never_changes_the_image_that_it_is_called_on(before: Recipe, after: Recipe) -> None:
    """CASES R36."""
    image = made(before)
    shown, hashed = repr(image), hash(image)
    made(after, image)
    assert repr(image) == shown
    assert hash(image) == hashed


@given(base=calls, one=calls, other=calls)
def test_two_images_of_one_base_do_not_touch_each_other(
    base: Recipe, one: Recipe, other: Recipe
) -> None:
    """CASES R36."""
    shared = made(base)
    first = made(one, shared)
    made(other, shared)
    assert first == made(one, shared) == made([*base, *one])


@given(recipe=calls)
def test_equal_recipes_are_equal_and_hash_alike(recipe: Recipe) -> None:
    assert made(recipe) == made(recipe)
    assert hash(made(recipe)) == hash(made(recipe))


@given(one=calls, other=calls)
def test_steps_are_appended_in_their_order(one: Recipe, other: Recipe) -> None:
    assert made([*one, *other]).steps == made(one).steps + made(other).steps


@given(one=calls, other=calls)
def test_different_steps_make_different_images(one: Recipe, other: Recipe) -> None:
    assume(made(one).steps != made(other).steps)
    assert made(one) != made(other)


@given(recipe=calls)
def test_replace_keeps_the_steps(recipe: Recipe) -> None:
    """CASES R38."""
    image = made(recipe)
    changed = image.replace(distro="alpine", lock_python_packages=False)
    assert changed.steps == image.steps
    assert str(changed.distro) == "alpine:3.23"
    assert changed.replace(distro="debian", lock_python_packages=True) == image


@given(recipe=calls)
def test_replacing_nothing_gives_an_equal_image(recipe: Recipe) -> None:
    assert made(recipe).replace() == made(recipe)


@given(recipe=calls)
def test_pipe_is_the_call_of_the_function(recipe: Recipe) -> None:
    image = Image()
    assert image.pipe(lambda piped, calls: made(calls, piped), recipe) == made(recipe, image)


@given(recipe=calls)
def test_a_copy_is_the_same_recipe(recipe: Recipe) -> None:
    image = made(recipe)
    assert copy.deepcopy(image) == image
    assert pickle.loads(pickle.dumps(image)) == image  # noqa: S301 - our own bytes


@given(recipe=calls)
def test_nothing_of_an_image_can_be_changed_in_place(recipe: Recipe) -> None:
    image = made(recipe)
    assert all(isinstance(value, tuple) or not hasattr(value, "append") for value in parts(image))
    with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
        image.steps = ()  # type: ignore[misc]
    with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
        image.more = 1  # type: ignore[attr-defined]


def parts(value: object) -> Iterator[object]:
    """The value, and all that it is made of."""
    yield value
    if isinstance(value, tuple | list | dict | set):
        yield from (part for one in value for part in parts(one))
    elif hasattr(value, "__slots__"):
        names = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
        yield from (part for name in names for part in parts(getattr(value, name)))


def test_lists_and_mappings_that_are_handed_in_are_not_kept() -> None:
    """CASES R36."""
    names, variables, labels = ["libgomp1"], {"A": "1"}, {"a": "1"}
    secrets, exclude = ["token"], ["*.tmp"]
    image = (
        Image()
        .system_packages(debian=names)
        .env(variables)
        .label(labels)
        .run("true", secrets=secrets)
        .build_include("src", exclude=exclude)
    )
    before = repr(image)
    for given_list in (names, secrets, exclude):
        given_list.append("more")
    variables["B"] = labels["b"] = "2"
    assert repr(image) == before


def test_each_argument_of_the_constructor_makes_another_recipe() -> None:
    assert Image() != Image(distro="alpine")
    assert Image() != Image(lock_python_packages=False)
    assert Image() != Image(compile_bytecode=False)
    assert Image() != Image(components=["contrib"])
