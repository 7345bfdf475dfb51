"""What is wrong with one of several images says once which one it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lading import SpecificationError
from lading.cli.together import together
from lading.errors import Location, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.program import Project

LINE = Location("app.py", 7)


def refusing(problem: Problem) -> Callable[[], None]:
    def refuse() -> None:
        raise SpecificationError(problem)

    return refuse


def done() -> None:
    pass


@pytest.mark.parametrize(
    ("name", "problem", "said"),
    [
        ("web", Problem(message="web is odd", location=LINE), "web is odd"),
        ("web", Problem(message="app.py:web is no Image"), "app.py:web is no Image"),
        ("web", Problem(message="it is odd", location=LINE), "web: it is odd"),
        ("web", Problem(message="website is odd", location=LINE), "web: website is odd"),
        ("web", Problem(message="app.py:job needs web"), "web: app.py:job needs web"),
        # A word that is also an image's name: without a line nobody could tell which is meant.
        ("run", Problem(message="run has failed"), "run: run has failed"),
    ],
)
def test_a_problem_names_its_image_once(name: str, problem: Problem, said: str) -> None:
    with pytest.raises(SpecificationError) as refused:
        together([(name, refusing(problem)), ("other", done)])
    assert [one.message for one in refused.value.problems] == [said]


def test_a_problem_of_several_names_them_all() -> None:
    problem = Problem(message="web is odd", location=LINE)
    with pytest.raises(SpecificationError) as refused:
        together([("web", refusing(problem)), ("job", refusing(problem)), ("other", done)])
    assert [one.message for one in refused.value.problems] == ["web, job: web is odd"]


def test_services_of_which_some_can_not_be_started(bare: Project) -> None:
    bare.write(
        "app.py",
        "import lading\nimage = lading.Image(base_image='scratch')\n"
        "@lading.service(image=image)\ndef job(): ...\n"
        "@lading.service(image=image)\nclass Odd: ...\n"
        "@lading.service(image=3)\ndef bad(): ...\n",
    )
    ran = bare.lading("build", "app.py", "--all", "-o", "built")
    assert ran.code == 1
    assert ran.err.splitlines() == [
        "error: app.py:5: Odd is a class of your own, and nothing says how it is started",
        'hint: command=["python", "-m", "app"]',
        "error: app.py:7: bad: image is 3, and no Image",
        'hint: image=Image().requirements_file("requirements.txt")',
    ]
