from __future__ import annotations

import pytest

from lading import Image, SpecificationError
from lading.bentos.composing import compose
from lading.bentos.layout import SOURCES
from lading.image import steps


def kinds(image: Image) -> list[str]:
    return [type(step).__name__ for step in image.steps]


def composed(image: Image, *, secrets: tuple[str, ...] = (), **variables: str) -> Image:
    return compose(image, requirement="bentoml==1.4.40", variables=variables, secrets=secrets)


def test_the_server_is_installed_with_the_first_python_packages() -> None:
    image = Image().run("a").python_packages("numpy").run("b")
    assert kinds(composed(image)) == [
        *("Env", "User"),
        *("Run", "PythonPackages", "PythonPackages", "Run"),
        *("Workdir", "Expose", "Entrypoint"),
    ]


def test_without_python_packages_it_comes_last() -> None:
    found = composed(Image().run("a"))
    assert kinds(found)[2:4] == ["Run", "PythonPackages"]


def test_included_files_are_there_for_every_command_after_the_packages() -> None:
    image = Image().python_packages("numpy").run("b").build_include("data", to=SOURCES)
    found = composed(image)
    assert kinds(found)[2:7] == [
        *("Run", "PythonPackages", "PythonPackages", "BuildInclude", "Run"),
    ]
    made = found.steps[2]
    assert isinstance(made, steps.Run)
    assert made.command.startswith(f"mkdir {SOURCES} && chown 1034:0 {SOURCES} && ")


def test_files_that_go_elsewhere_stay_where_they_are_written() -> None:
    image = Image().python_packages("numpy").run("b").build_include("data", to="/data")
    assert kinds(composed(image))[2:6] == [
        *("PythonPackages", "PythonPackages", "Run", "BuildInclude"),
    ]


def test_secrets_of_the_build_reach_commands_and_installations_and_nothing_else() -> None:
    image = Image().python_packages("numpy").run("b", secrets=["OWN"]).system_packages("git")
    found = composed(image, secrets=("TOKEN",))
    given = {
        type(step).__name__: [one.id for one in step.secrets]
        for step in found.steps
        if isinstance(step, steps.Run | steps.PythonPackages)
    }
    assert given == {"PythonPackages": ["TOKEN"], "Run": ["OWN", "TOKEN"]}


def test_a_variable_may_not_hold_a_secret() -> None:
    with pytest.raises(SpecificationError, match="HF_TOKEN: environment value is a secret"):
        composed(Image(), HF_TOKEN="hf_abc")  # noqa: S106 - the point


def test_what_is_added_stands_for_the_line_of_the_image() -> None:
    image = Image().run("a")
    added = [step for step in composed(image).steps if not isinstance(step, steps.Run)]
    assert {step.location for step in added} == {image.location}


@pytest.mark.parametrize(("distro", "has"), [("alpine:3.22", True), ("debian:bookworm", False)])
def test_alpine_gets_the_shell_of_the_entrypoint(distro: str, has: bool) -> None:  # noqa: FBT001
    assert ("SystemPackages" in kinds(composed(Image(distro=distro)))) is has
