"""Secrets of a frozen image: by name, on the steps that name them (CASES R31-R33)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from freeze.world import World, wheel
from lading import secret
from lading.errors import FreezeError, LadingError
from lading.info import ImageInfo, InstallPython, RunCommand, RunScript, SecretUse
from lading.secret_values import SecretSource

if TYPE_CHECKING:
    from pathlib import Path

    from lading.grammar.dialect import Dialect


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(root=tmp_path.resolve())
    world.write({"setup.sh": "#!/bin/sh\n", "r.txt": "six\n"})
    return world


def decide(world: World, source: str, *, dialect: Dialect = "buildkit") -> ImageInfo:
    image = world.image(source, secret=secret)
    world.lock(image, *([wheel("six", "1.0")] if "six" in source or "r.txt" in source else []))
    freezer = world.freezer(dialect=dialect)
    return freezer.decide(image, platform="linux/amd64", project=world.project).info


def refusal(world: World, source: str, *, dialect: Dialect = "buildkit") -> LadingError:
    with pytest.raises(LadingError) as refused:
        decide(world, source, dialect=dialect)
    return refused.value


def test_each_step_has_its_own_secrets_and_no_others(world: World) -> None:
    info = decide(
        world,
        """(
    Image()
    .python_packages("six", secrets=["PIP"])
    .run("one", secrets=[secret("HF", variable="HF_TOKEN", version="2")])
    .run("two")
    .run_script("setup.sh", secrets=["SCRIPT"])
)""",
    )
    install, one, two, script = info.steps
    assert isinstance(install, InstallPython)
    assert install.secrets == (SecretUse(id="PIP"),)
    assert isinstance(one, RunCommand)
    assert one.secrets == (SecretUse(id="HF", variable="HF_TOKEN", version="2"),)
    assert isinstance(two, RunCommand)
    assert two.secrets == ()
    assert isinstance(script, RunScript)
    assert script.secrets == (SecretUse(id="SCRIPT"),)


def test_calls_of_one_installation_share_theirs(world: World) -> None:
    info = decide(
        world,
        """(
    Image()
    .python_packages("six", secrets=["A"])
    .requirements_file("r.txt", secrets=[secret("A", variable="A", version="2"), "B"])
)""",
    )
    (step,) = info.steps
    assert isinstance(step, InstallPython)
    assert step.secrets == (SecretUse(id="A", variable="A", version="2"), SecretUse(id="B"))


@pytest.mark.parametrize(
    "source",
    ['secret("A", env="B")', 'secret("A", file="b")', 'secret("A", command=["b"])'],
)
def test_where_a_value_is_is_no_part_of_the_image(world: World, source: str) -> None:
    named = decide(world, 'Image().run("x", secrets=["A"])')
    declared = decide(world, f'Image().run("x", secrets=[{source}])')
    assert declared == named
    assert declared.key == named.key


def test_another_version_is_another_image(world: World) -> None:  # CASES R32
    texts = (
        'secret("A")',
        'secret("A", version="1")',
        'secret("A", version="2")',
        'secret("A", variable="A")',
    )
    keys = {decide(world, f'Image().run("x", secrets=[{text}])').key for text in texts}
    assert len(keys) == len(texts)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ('secret("A", env="B")', "the variable B, not the variable A"),
        ('secret("A", file="b")', "the file b, not the variable A"),
        ('secret("A", command=["pass", "b"])', "the command pass, not the variable A"),
    ],
)
def test_one_id_has_one_source(world: World, other: str, words: str) -> None:
    refused = refusal(
        world,
        f"""(
    Image()
    .run("x", secrets=["A"])
    .run("y", secrets=[secret("A", env="A")])
    .run_script("setup.sh", secrets=[{other}])
)""",
    )
    (problem,) = refused.problems
    assert words in problem.message
    assert "service.py:5" in problem.message
    assert problem.location is not None
    assert problem.location.line == 7
    assert problem.hint


def test_the_source_of_an_index_counts_too(world: World) -> None:
    refused = refusal(
        world,
        """(
    Image()
    .index("https://a.example.test", name="a", secret=secret("A", file="a"))
    .run("x", secrets=["A"])
)""",
    )
    assert "service.py:5" in str(refused)


def test_one_id_may_be_in_another_variable_of_another_step(world: World) -> None:
    info = decide(
        world,
        """(
    Image()
    .run("x", secrets=[secret("A", variable="ONE")])
    .run("y", secrets=[secret("A", variable="TWO")])
)""",
    )
    assert [step.secrets[0].variable for step in info.steps if isinstance(step, RunCommand)] == [
        *("ONE", "TWO"),
    ]


@pytest.mark.parametrize("field", ["variable", "version"])
def test_but_not_of_the_same_step(world: World, field: str) -> None:
    refused = refusal(
        world,
        f"""(
    Image()
    .python_packages("six", secrets=[secret("A", {field}="ONE")])
    .requirements_file("r.txt", secrets=[secret("A", {field}="TWO")])
)""",
    )
    assert f"has the {field} TWO here and ONE in the call of" in str(refused)
    assert "service.py:5" in str(refused)


def test_the_classic_dialect_refuses_them_at_their_lines(world: World) -> None:  # CASES R33
    source = """(
    Image()
    .run("x", secrets=["A"])
    .run_script("setup.sh", secrets=["B"])
)"""
    refused = refusal(world, source, dialect="classic")
    lines = [problem.location and problem.location.line for problem in refused.problems]
    assert lines == [5, 6]


@pytest.mark.parametrize("include", [".", "keys/**", "linked"])
def test_the_file_of_a_secret_is_in_no_context(world: World, include: str) -> None:  # CASES R30
    world.write({"keys/token": "hunter2", "keys/pub": "x"})
    (world.project / "linked").symlink_to("keys/token")
    source = f"""(
    Image()
    .run("x", secrets=[secret("A", file="keys/token")])
    .build_include("{include}"%s)
)"""
    refused = refusal(world, source % "")
    (problem,) = dict.fromkeys(refused.problems)
    assert "keys/token holds the secret 'A'" in problem.message
    assert problem.location is not None
    assert problem.location.line == 5
    if include != "linked":
        decide(world, source % ', exclude=["token", "linked"]')


def test_nor_where_the_source_is_given_elsewhere(world: World) -> None:
    world.write({"token": "hunter2"})
    image = world.image('Image().run("x", secrets=["A"]).build_include("token")')
    world.lock(image)
    freezer = world.freezer()
    given = SecretSource(id="A", file=world.project / "token")
    freezer = replace(freezer, machine=replace(freezer.machine, secrets=(given,)))
    with pytest.raises(FreezeError, match="token holds the secret 'A'"):
        freezer.decide(image, platform="linux/amd64", project=world.project)


def test_nor_in_the_folder_of_a_source(world: World) -> None:
    world.write({"libs/x/pyproject.toml": '[project]\nname = "x"\nversion = "1.0"\n'})
    world.write({"libs/x/token": "hunter2"})
    image = world.image(
        """(
    Image(distro="debian:bookworm")
    .python_packages("x @ ./libs/x", secrets=[secret("A", file="libs/x/token")])
)""",
        secret=secret,
    )
    world.lock(image, world.directory("x", "libs/x"))
    with pytest.raises(FreezeError, match="libs/x/token holds the secret 'A'"):
        world.freezer().decide(image, platform="linux/amd64", project=world.project)


def test_two_secrets_of_one_step_are_not_in_one_variable(world: World) -> None:
    refused = refusal(
        world,
        """(
    Image()
    .python_packages("six", secrets=[secret("A", variable="X")])
    .requirements_file("r.txt", secrets=[secret("B", variable="X")])
)""",
    )
    assert "are both to be in the variable X" in str(refused)
    assert "service.py:5" in str(refused)
