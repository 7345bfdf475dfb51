"""`Image.model`: what it takes, and what it refuses where it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from lading import Image, SpecificationError
from lading.image import steps
from lading.image.spans import spans
from lading.image.written import written_step

if TYPE_CHECKING:
    from collections.abc import Callable

ANY = cast("Any", Image())


def step_of(image: Image) -> steps.Model:
    (step,) = image.steps
    assert isinstance(step, steps.Model)
    return step


def refusal(call: Callable[[], object]) -> tuple[str, str | None]:
    with pytest.raises(SpecificationError) as caught:
        call()
    (problem,) = caught.value.problems
    assert problem.location is not None
    return problem.message, problem.hint


def test_a_model_is_paths_and_how_large_its_layers_may_be() -> None:
    step = step_of(Image().model("weights/", "*.gguf", to="/models/", exclude=["*.md"]))
    assert [one.text for one in step.patterns] == ["weights", "*.gguf"]
    assert (str(step.to), [one.text for one in step.exclude]) == ("/models", ["*.md"])
    assert step.layer_size == 8 * 10**9


@pytest.mark.parametrize(
    ("text", "size", "written"),
    [
        ("2GB", 2 * 10**9, "2GB"),
        ("1.5 GiB", 3 << 29, "1536MiB"),
        ("1000000", 10**6, "1MB"),
        ("1000001", 10**6 + 1, "1000001B"),
    ],
)
def test_a_size_is_written_as_it_was_meant(text: str, size: int, written: str) -> None:
    step = step_of(Image().model("weights", layer_size=text))
    assert step.layer_size == size
    assert written_step(step) == f'model("weights", layer_size="{written}")'


def test_what_is_usual_is_not_written() -> None:
    step = step_of(Image().model("weights", to="/models", exclude=["*.md"], layer_size="8GB"))
    assert written_step(step) == 'model("weights", to="/models", exclude=["*.md"])'


@pytest.mark.parametrize(
    ("call", "message", "hint"),
    [
        (ANY.model, "model names no files", 'write model("weights", to="/models")'),
        (
            lambda: ANY.model(["weights"]),
            "model takes strings, but has a list in it",
            'write model("weights", to="/models")',
        ),
        *(
            (
                lambda path=path: ANY.model(path),
                f'a model is not the whole project, as "{path}" says',
                'name the folder with the weights, such as model("weights")',
            )
            for path in (".", "./", "*", "**")
        ),
        (
            lambda: ANY.model("/mnt/weights"),
            'path "/mnt/weights" is not relative to the project',
            "copy the file into the project, and write its path from there",
        ),
        (
            lambda: ANY.model("https://models.example.test/a.bin"),
            '"https://models.example.test/a.bin" is a URL; a path in the project is meant here',
            None,
        ),
        (
            lambda: ANY.model("weights", layer_size="2"),
            'layer_size "2" is less than 1MB',
            'write it like "2GB"',
        ),
        (
            lambda: ANY.model("weights", layer_size="big"),
            'layer_size: size "big" is invalid',
            'write it like "2GB"',
        ),
        (
            lambda: ANY.model("weights", layer_size=2),
            "layer_size: size must be a string, not 2",
            'write it like "2GB"',
        ),
        (
            lambda: ANY.model("weights", to="models"),
            'container path "models" is not absolute',
            'write "/models"',
        ),
    ],
)
def test_what_is_no_model_is_refused(
    call: Callable[[], object], message: str, hint: str | None
) -> None:
    assert refusal(call) == (message, hint)


def test_a_model_stays_between_its_commands() -> None:
    image = Image().build_include("a").model("x").run("quantize").model("y").python_packages("z")
    first, last = spans(image.steps)
    assert (first.models, first.includes) == ([image.steps[1]], [image.steps[0]])
    assert (last.models, last.python) == ([image.steps[3]], [image.steps[4]])
