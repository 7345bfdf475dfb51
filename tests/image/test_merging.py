"""Two images become one, or an error that names both lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from image.recipes import Recipe, calls, made
from lading import Image, SpecificationError, secret
from lading.errors import Location
from lading.image.callsite import standing_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from lading.image.arguments import Arguments

HERE = f"{__file__}:"


def contradiction(one: Image, other: Image) -> list[str]:
    with pytest.raises(SpecificationError) as error:
        one.merge(other)
    return [line.replace(HERE, "") for line in str(error.value).splitlines()]


def test_each_adds_its_part() -> None:
    serving = Image(distro="debian:bookworm").python_packages("fastapi").env(A="1").cmd("serve")
    model = Image(python_version="3.11").python_packages("torch").env(B="2")
    assert serving.merge(model) == (
        Image(distro="debian:bookworm", python_version="3.11")
        .python_packages("fastapi")
        .env(A="1")
        .cmd("serve")
        .python_packages("torch")
        .env(B="2")
    )


def test_what_both_were_made_from_is_there_once() -> None:
    base = Image().system_packages("curl").run("prepare").cmd("serve")
    one, other = base.env(A="1"), base.env(B="2")
    assert one.merge(other) == base.env(A="1").env(B="2")
    assert one.merge(one) == one
    # Two that only look alike are two.
    first = Image().run("prepare")
    second = Image().run("prepare")
    assert first.merge(second) == Image().run("prepare").run("prepare")


def test_what_both_were_merged_of_is_there_once_in_whichever_order() -> None:
    one, other = Image().run("one"), Image().run("other")
    both = one.merge(other)
    assert both.merge(other.merge(one)) == both
    assert both.merge(one) == both.merge(other) == both
    # What a function adds to each is done after what is before it in each.
    done = one.pipe(_prepared).merge(other.pipe(_prepared))
    assert done == Image().run("one").run("prepare").run("other").run("prepare")


def _prepared(image: Image) -> Image:
    return image.run("prepare")


def test_what_one_call_has_made_twice_is_there_once() -> None:
    """As of two images in code, which a project file refers to and two processes have found."""

    def one(name: str) -> Image:
        return Image().run("prepare").env({name: "1"})

    assert one("A").merge(one("B")) == one("A").env(B="1")


def test_path_grows_by_both() -> None:
    one, other = Image().env(PATH="/a:$PATH"), Image().env(PATH="/b:$PATH")
    assert one.merge(other) == Image().env(PATH="/a:$PATH").env(PATH="/b:$PATH")


@pytest.mark.parametrize(
    ("first", "second", "one", "other"),
    [
        ('distro="debian:bookworm"', 'distro="alpine:3.22"',
         lambda: Image(distro="debian:bookworm"), lambda: Image(distro="alpine:3.22")),
        ("compile_bytecode=True", "compile_bytecode=False",
         lambda: Image(compile_bytecode=True), lambda: Image(compile_bytecode=False)),
        ('env({"A": "1"})', 'env({"A": "2"})',
         lambda: Image().env(A="1"), lambda: Image().env(B="1", A="2")),
        ('label({"a": "1"})', 'label({"a": "2"})',
         lambda: Image().label(a="1"), lambda: Image().label(a="2")),
        ('cmd("a")', 'cmd("b", "c")', lambda: Image().cmd("a"), lambda: Image().cmd("b", "c")),
        ('user(1, group=0, name="lading", home="/home/lading")',
         'user(2, group=0, name="lading", home="/home/lading")',
         lambda: Image().user(1), lambda: Image().user(2)),
        ('healthcheck("a", retries=1)', 'healthcheck("a", retries=2)',
         lambda: Image().healthcheck("a", retries=1), lambda: Image().healthcheck("a", retries=2)),
        ('index("https://a.test", default=True)', 'index("https://b.test", default=True)',
         lambda: Image().index("https://a.test", default=True),
         lambda: Image().index("https://b.test", default=True)),
        ('index("https://a.test", name="a")', 'index("https://b.test", name="a")',
         lambda: Image().index("https://a.test", name="a"),
         lambda: Image().index("https://b.test", name="a")),
    ],
)  # fmt: skip
def test_a_contradiction_names_both_values_and_lines(
    first: str, second: str, one: Callable[[], Image], other: Callable[[], Image]
) -> None:
    images = one(), other()
    lines = [step.location for image in images for step in image.steps]
    lines = lines or [image.location for image in images]
    message, hint = contradiction(*images)
    assert message == f"{lines[1].line}: {second} contradicts {first} at {lines[0].line}"
    assert hint.startswith("hint: they are merged at ")
    assert hint.endswith(": let one of them say it, or both the same")


@pytest.mark.parametrize(
    ("usual", "other"),
    [
        ({"lock_python_packages": True}, {"lock_python_packages": False}),
        ({"lock_system_packages": True}, {"lock_system_packages": False}),
        ({"compile_bytecode": True}, {"compile_bytecode": False}),
        ({"components": ()}, {"components": ["contrib"]}),
    ],
)
def test_an_argument_that_is_written_counts_though_it_is_as_without(
    usual: Arguments, other: Arguments
) -> None:
    for one in (Image(**usual), Image().replace(**usual), Image().merge(Image(**usual))):
        assert one == Image()
        assert hash(one) == hash(Image())
        assert len(contradiction(one, Image(**other))) == 2
        assert len(contradiction(Image(**other), one)) == 2
        assert one.merge(Image(**usual)) == Image()
    unsaid = Image(**usual).replace(**dict.fromkeys(usual))
    assert unsaid.merge(Image(**other)) == Image(**other)


def test_what_is_merged_has_the_line_where_it_is_written() -> None:
    one, other = Image(distro="debian:bookworm"), Image(compile_bytecode=True)
    third = Image(compile_bytecode=False)
    (message, _) = contradiction(one.merge(other), third)
    assert message == (
        f"{third.location.line}: compile_bytecode=False contradicts "
        f"compile_bytecode=True at {other.location.line}"
    )


def test_what_is_not_shown_is_said_to_be_the_contradiction() -> None:
    one, other = (
        Image().index("https://a.test", name="a", secret=secret("T", file=file))
        for file in ("x", "y")
    )
    message, _ = contradiction(one, other)
    line = other.steps[0].location.line
    assert message == (
        f'{line}: index("https://a.test", name="a", secret=secret("T")) contradicts the one, '
        f"in what is not shown, at {line}"
    )


def test_a_contradiction_is_not_too_long() -> None:
    message, _ = contradiction(Image().label(a="x" * 3000), Image().label(a="y" * 3000))
    assert len(message) < 600


def test_all_contradictions_are_told_together() -> None:
    one = Image(python_version="3.11").cmd("a").env(A="1")
    other = Image(python_version="3.12").cmd("b").env(A="2")
    assert len(contradiction(one, other)) == 6


def test_another_thing_is_no_image() -> None:
    with pytest.raises(SpecificationError, match="merge takes an Image, not 3"):
        Image().merge(3)  # type: ignore[arg-type]


def test_packages_must_fit_the_distro_that_comes_of_it() -> None:
    one = Image(distro="alpine:3.22")
    other = Image().system_packages(debian=["curl"])
    with pytest.raises(SpecificationError, match="names debian, but nothing for alpine"):
        one.merge(other)


@given(recipe=calls)
def test_nothing_adds_nothing(recipe: Recipe) -> None:
    image = made(recipe)
    assert image.merge(Image()) == Image().merge(image) == image


@given(one=calls, other=calls)
def test_neither_is_changed(one: Recipe, other: Recipe) -> None:
    """CASES R36."""
    first = made(one)
    with standing_at(Location("other.py", 1)):
        second = made(other)
    shown = repr((first, second))
    try:
        merged = first.merge(second)
    except SpecificationError:
        pass
    else:
        assert merged.steps == first.steps + second.steps
    assert repr((first, second)) == shown


def test_images_on_the_same_one_stay_on_it() -> None:
    base = Image().python_packages("torch")
    one = Image.from_image(base).env(A="1")
    other = Image.from_image(base).env(B="2")
    assert one.merge(other) == Image.from_image(base).env(A="1").env(B="2")
    assert one.merge(base) == one
    assert base.merge(one) == one


def test_an_image_below_that_would_be_it_no_more_is_refused() -> None:
    base = Image().python_packages("torch")
    other = Image.from_image(base).env(B="2")
    line = other.steps[1].location.line
    said = f"{line}: its layers would not be the lowest ones"
    for one in (base.env(A="1"), Image().env(A="1")):
        message, hint = contradiction(one, other)
        assert message == said
        assert hint.startswith("hint: it is merged at ")
        assert hint.endswith(": put both images on the same one")
    assert contradiction(Image.from_image(base), Image.from_image(other))[0].endswith(said[-40:])
