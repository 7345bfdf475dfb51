from __future__ import annotations

import functools
import inspect
import pickle

import pytest

from image import elsewhere
from lading import Image, SpecificationError
from lading.errors import Location


def line() -> int:
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


def last(image: Image) -> Location:
    return image.steps[-1].location


def test_a_step_keeps_the_file_and_line_of_its_call() -> None:
    here = line()
    image = Image().run("true")
    assert image.location == Location(__file__, here + 1)
    assert last(image) == Location(__file__, here + 1)


def test_each_call_of_a_chain_has_its_own_line() -> None:
    here = line()
    image = (
        Image()
        .system_packages("curl")
        .python_packages(
            "fastapi",
            "uvicorn",
        )
        .run("true")
    )
    assert [step.location.line - here for step in image.steps] == [3, 4, 8]


def test_a_function_in_another_file_is_where_its_call_stands() -> None:
    assert last(elsewhere.with_curl(Image())) == Location(elsewhere.HERE, elsewhere.CURL_LINE)


def test_pipe_does_not_hide_where_the_call_stands() -> None:
    image = Image().pipe(elsewhere.with_curl)
    assert last(image) == Location(elsewhere.HERE, elsewhere.CURL_LINE)


def test_a_method_handed_to_pipe_is_called_where_pipe_is() -> None:
    here = line()
    image = Image().pipe(Image.run, "true")
    assert last(image) == Location(__file__, here + 1)


def test_a_decorator_does_not_hide_where_the_call_stands() -> None:
    image = elsewhere.decorated(Image())
    assert last(image) == Location(elsewhere.HERE, elsewhere.DECORATED_LINE)


def test_a_partial_call_stands_where_it_is_called() -> None:
    make = functools.partial(Image, distro="alpine")
    here = line()
    image = make()
    assert image.location == Location(__file__, here + 1)


def test_an_error_names_the_line_of_the_wrong_call() -> None:
    with pytest.raises(SpecificationError) as caught:
        Image().pipe(elsewhere.with_typo)
    (problem,) = caught.value.problems
    assert problem.location == Location(elsewhere.HERE, elsewhere.TYPO_LINE)


def test_replace_keeps_the_lines_of_the_steps_and_is_itself_the_place_of_the_base() -> None:
    image = Image().run("true")
    here = line()
    changed = image.replace(distro="alpine")
    assert changed.steps[0].location == image.steps[0].location
    assert changed.location == Location(__file__, here + 1)


def test_a_step_that_does_not_fit_a_new_distro_is_named_by_its_own_line_and_the_new_one() -> None:
    here = line()
    image = Image().system_packages(debian=["libgomp1"]).system_packages(debian=["curl"])
    with pytest.raises(SpecificationError) as caught:
        image.replace(distro="alpine")
    assert [problem.location for problem in caught.value.problems] == [
        Location(__file__, here + 1),
        Location(__file__, here + 1),
    ]
    assert str(caught.value).splitlines()[:2] == [
        f"{__file__}:{here + 1}: system_packages names debian, but nothing for alpine:3.23",
        (
            "hint: add alpine=[...], or alpine=[] if it needs nothing there; "
            f"it must fit {__file__}:{here + 3}"
        ),
    ]


def test_equal_recipes_are_equal_whatever_the_line() -> None:
    one = Image(distro="debian").run("true")
    other = Image(distro="debian").run("true")
    assert one == other
    assert hash(one) == hash(other)
    assert one.location != other.location


def test_pickling_keeps_the_recipe_and_the_lines() -> None:
    image = elsewhere.with_curl(Image(python_version="3.11"))
    copied = pickle.loads(pickle.dumps(image))  # noqa: S301 - our own bytes
    assert copied == image
    assert last(copied) == last(image)
