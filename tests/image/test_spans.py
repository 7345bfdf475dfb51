from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from image.recipes import Recipe, calls, made
from lading import Image
from lading.image import steps
from lading.image.spans import settings, spans

if TYPE_CHECKING:
    from lading.image.spans import Span
    from lading.image.steps import Step

SPANNED = (
    steps.SystemPackages,
    steps.PythonPackages,
    steps.RequirementsFile,
    steps.PyprojectToml,
    steps.UvLock,
    steps.ScriptRequirements,
    steps.BuildInclude,
    steps.Model,
    steps.Env,
    steps.Run,
    steps.RunScript,
)


def held(span: Span) -> list[Step]:
    command = [span.command] if span.command else []
    return [*span.system, *span.models, *span.python, *span.includes, *span.env, *command]


def test_an_image_without_steps_is_one_empty_span() -> None:
    (span,) = spans(())
    assert held(span) == []


def test_commands_before_the_first_python_step_come_before_the_install_and_later_ones_after() -> (
    None
):
    """CASES R37: torch, then what is compiled against it."""
    image = (
        Image()
        .run("before")
        .python_packages("torch")
        .run("after")
        .python_packages("flash-attn")
        .run("last")
    )
    first, second, third, rest = spans(image.steps)
    assert (first.command, first.python) == (image.steps[0], [])
    assert (second.python, second.command) == ([image.steps[1]], image.steps[2])
    assert (third.python, third.command) == ([image.steps[3]], image.steps[4])
    assert held(rest) == []


@given(recipe=calls)
def test_nothing_is_lost_and_nothing_is_doubled(recipe: Recipe) -> None:
    image = made(recipe)
    wanted = [
        id(step)
        for step in image.steps
        if isinstance(step, SPANNED) and not isinstance(step, steps.BuildPackages)
    ]
    found = [id(step) for span in spans(image.steps) for step in held(span)]
    assert sorted(found) == sorted(wanted)


@given(recipe=calls)
def test_a_step_never_crosses_a_command(recipe: Recipe) -> None:
    image = made(recipe)
    places = {id(step): number for number, step in enumerate(image.steps)}
    found = spans(image.steps)
    for earlier, later in pairwise(found):
        assert earlier.command is not None
        border = places[id(earlier.command)]
        assert all(places[id(step)] <= border for step in held(earlier))
        assert all(places[id(step)] > border for step in held(later))


@given(recipe=calls)
def test_steps_of_one_kind_keep_their_order(recipe: Recipe) -> None:
    image = made(recipe)
    places = {id(step): number for number, step in enumerate(image.steps)}
    for span in spans(image.steps):
        for kind in (span.system, span.python, span.includes, span.env):
            order = [places[id(step)] for step in kind]
            assert order == sorted(order)


@given(recipe=calls, kind=st.sampled_from([steps.Env, steps.Expose, steps.Run]))
def test_settings_are_all_steps_of_a_kind_in_order(recipe: Recipe, kind: type[Step]) -> None:
    image = made(recipe)
    assert list(settings(image.steps, kind)) == [step for step in image.steps if type(step) is kind]
