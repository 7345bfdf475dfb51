"""R1 to R6: no word of a user's becomes more than it is, and none becomes less."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import pytest

from cases.frozen import commands, frozen, instructions, kinds, refused, unfrozen, variables, wrong
from dockerfile.parseback import json_list
from lading import Image, process
from lading.info import CopyFiles

if TYPE_CHECKING:
    from pathlib import Path

    from freeze.world import World

PWNED = "x\nRUN echo PWNED"


def test_r1_a_line_break_in_a_variable_is_refused_where_it_is_written() -> None:
    assert wrong(lambda: Image().env({"A": PWNED})) == "A: environment value has a line break in it"


@pytest.mark.parametrize(
    ("call", "added"),
    [
        (f"run({PWNED!r})", "RUN"),
        (f'cmd("sh", {PWNED!r})', "CMD"),
        (f'entrypoint("sh", {PWNED!r})', "ENTRYPOINT"),
        (f'healthcheck("sh", {PWNED!r})', "HEALTHCHECK"),
        ("label(a='x\\\\')", None),
        ("run('true \\\\')", "RUN"),
    ],
)
def test_r1_a_word_that_may_hold_one_adds_no_instruction(
    world: World, call: str, added: str | None
) -> None:
    without = kinds(frozen(world, "Image().label(b='y')"))
    found = kinds(frozen(world, f"Image().label(b='y').{call}"))
    assert sorted(found) == sorted([*without, *([added] if added else [])])


def test_r1_a_line_break_in_a_label_is_refused() -> None:
    assert "line break" in wrong(lambda: Image().label(a=PWNED))


@pytest.mark.parametrize(
    "reference",
    ["python:3.11\nRUN id", "python:3.11 AS x", "--platform=x y", "", "a\tb", "python:3.11#x"],
)
def test_r2_a_base_image_is_one_reference(reference: str) -> None:
    assert refused(lambda: Image(base_image=reference))


def test_r2_what_is_a_reference_is_the_word_after_from(world: World) -> None:
    info = frozen(world, 'Image("registry.example.test:5000/team/python:3.11-x_1")')
    (start,) = instructions(info, "FROM")
    assert start.flags == ()
    assert start.rest.partition("@")[0] == "registry.example.test:5000/team/python:3.11-x_1"


@pytest.mark.parametrize(
    "name",
    ["curl; id", "$(id)", "-oDPkg::Pre-Install-Pkgs::=id", "a b", "`id`", "a\nb", "", "/etc/x.deb"],
)
def test_r3_a_system_package_is_no_shell_word_and_no_option(name: str) -> None:
    assert refused(lambda: Image().system_packages(name))


def test_r3_a_name_with_a_version_or_architecture_is_a_word_behind_two_dashes(world: World) -> None:
    names = ("libfoo=1.2*", "g++", "libstdc++6:amd64")
    info = frozen(world, f"Image(lock_system_packages=False).system_packages{names!r}")
    (install,) = [one for one in commands(info) if "apt-get" in one]
    (line,) = [one for one in install.split(" && ") if " install " in one]
    words = shlex.split(line)
    assert sorted(words[words.index("--") + 1 :]) == sorted(names)


@pytest.mark.parametrize("name", ["A B", "1A", "A=B", "", "A-B", "$A"])
def test_r4_a_variable_has_a_variables_name(name: str) -> None:
    assert refused(lambda: Image().env({name: "x"}))


@pytest.mark.parametrize(
    "value",
    [
        *("it's", 'a "b"', "$HOME ${HOME} $(id)", "a\\b", "ends in \\", "naïve 東京 🍣"),
        *("", " a  b ", "#x", "a=b", "<<EOF", "a\tb", "`id`"),
    ],
)
def test_r4_a_value_is_the_same_bytes_in_the_container(world: World, value: str) -> None:
    info = frozen(world, f"Image().env(A={value!r})")
    assert variables(info, {"HOME": "expanded", "PATH": "/bin"})["A"] == value


def test_r5_a_file_with_a_space_is_copied_to_its_own_name(world: World) -> None:
    world.write({"my data/x y.txt": "x"})
    image = world.image('Image().build_include("my data/x y.txt")')
    world.lock(image)
    info = world.freeze(image)
    (copy,) = instructions(info, "COPY")
    words = json_list(copy.rest) or tuple(copy.rest.split())
    source, destination = words
    assert destination == "/app/"
    assert (world.target / source / "my data" / "x y.txt").read_text() == "x"


def test_r5_a_pattern_goes_to_the_folder_and_not_to_a_file_of_its_name(world: World) -> None:
    world.write({"a.py": "", "b.py": ""})
    info = frozen(world, 'Image().build_include("*.py", exclude=["service.py"])')
    (step,) = [step for step in info.steps if isinstance(step, CopyFiles)]
    assert (step.destination, [file.path for file in step.files]) == ("/app", ["a.py", "b.py"])
    assert "*" not in "".join(one.rest for one in instructions(info, "COPY"))


def test_r5_a_missing_path_is_named_at_its_line(world: World) -> None:
    (problem,) = unfrozen(world, 'Image().build_include("modle.pkl")').problems
    assert problem.message == "the project has no modle.pkl"
    assert problem.location is not None
    assert problem.location.line == 3


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/passwd", "~/x"])
def test_r5_a_path_out_of_the_project_is_refused(path: str) -> None:
    assert refused(lambda: Image().build_include(path))


@pytest.mark.parametrize("pattern", ["link", "link/secret", "**", "."])
def test_r5_a_link_out_of_the_project_is_refused(world: World, pattern: str) -> None:
    outside = world.root / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    world.write({"a.py": ""})
    (world.project / "link").symlink_to(outside)
    assert "leaves the project" in str(unfrozen(world, f'Image().build_include("{pattern}")'))


def test_r5_a_project_below_hidden_folders_is_a_project(tmp_path: Path) -> None:
    from freeze.world import World as Another  # noqa: PLC0415 - at another place than the fixture's

    world = Another(root=tmp_path.resolve(), name=".local/share/.venv/project")
    world.write({"a.py": ""})
    info = frozen(world, 'Image().build_include("a.py")')
    assert [file.path for step in info.steps if isinstance(step, CopyFiles) for file in step.files]


@pytest.mark.parametrize(
    "command",
    [
        "echo a # b",
        "echo one\necho two",
        "echo one \\\n  two",
        "true && echo 'a  b' | tr a b",
        "echo \\",
        "echo \"$((1 + 2))\" '$HOME'",
        "for i in 1 2; do\n  echo $i\ndone",
        "cat <<EOF\nRUN id\nEOF",
        '["echo", "no exec form"]; :',
    ],
)
def test_r6_a_command_is_one_run_with_the_shells_meaning(world: World, command: str) -> None:
    without = kinds(frozen(world, "Image()"))
    info = frozen(world, f"Image().run({command!r})")
    assert len(kinds(info)) == len(without) + 1
    (ran,) = [one for one in commands(info) if command in one]
    # What stands before it takes nothing of its output.
    alone = process.run(("sh", "-c", command), env=os.environ)
    prepared = ran.replace("/run/ca-bundle.sh", "/dev/null")
    told = process.run(("sh", "-c", prepared), env=os.environ)
    assert (told.stdout, told.returncode) == (alone.stdout, alone.returncode)
