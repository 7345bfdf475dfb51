"""What a lock is made from, as it is read off an image and its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lading import Image, secret
from lading.errors import SpecificationError
from lading.lock.drift import drift
from lading.lock.inputs import read_inputs
from lading.lock.model import InputRequires, Lock
from lock.package_index import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from lading.errors import Problem
    from lading.lock.model import InputGroup, Inputs
    from lock.dock import Dock

PYPROJECT = "[project]\nname = 'Al.pha'\nversion = '1'\n"


def inputs(dock: Dock, image: Image) -> Inputs:
    return read_inputs(image, dock.project).inputs


def group(dock: Dock, *requirements: str) -> InputGroup:
    (found,) = inputs(dock, dock.image().python_packages(*requirements)).groups
    return found


def problem_of(dock: Dock, image: Image) -> Problem:
    with pytest.raises(SpecificationError) as raised:
        read_inputs(image, dock.project)
    (problem,) = raised.value.problems
    return problem


# Folders and archives of the project.


def test_a_folder_is_recorded_by_its_name_and_all_that_it_holds(dock: Dock) -> None:
    dock.write("libs/alpha/pyproject.toml", PYPROJECT)
    dock.write("libs/alpha/src/alpha.py", "x = 1\n")

    before = group(dock, "./libs/alpha")
    dock.write("libs/alpha/.git/HEAD", "ref\n")
    dock.write("libs/alpha/src/__pycache__/alpha.cpython-311.pyc", b"\0")
    same = group(dock, "./libs/alpha")
    dock.write("libs/alpha/src/alpha.py", "x = 2\n")
    after = group(dock, "./libs/alpha")

    assert before.requirements == ("al-pha @ ./libs/alpha",)
    assert [file.path for file in before.files] == ["libs/alpha"]
    assert same == before
    assert after.files != before.files


def test_a_changed_folder_is_told(dock: Dock) -> None:
    dock.write("alpha/pyproject.toml", PYPROJECT)
    image = dock.image().python_packages("./alpha")
    lock = Lock(inputs=inputs(dock, image))
    dock.write("alpha/setup.py", "")
    assert drift(lock, inputs(dock, image), []) == ("alpha has changed",)


def test_the_projects_own_folder_does_not_hold_its_lock(dock: Dock) -> None:
    dock.write("pyproject.toml", PYPROJECT)
    before = group(dock, ".")
    dock.write("lading.lock", "whatever")
    assert group(dock, ".") == before
    assert before.files[0].path == "."


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("setup.cfg", "[metadata]\nname = al_pha\n"),
        ("pyproject.toml", "[tool.poetry]\nname = 'Al-Pha'\n"),
    ],
)
def test_other_places_tell_a_folders_name(dock: Dock, path: str, content: str) -> None:
    dock.write(f"alpha/{path}", content)
    assert group(dock, "./alpha").requirements == ("al-pha @ ./alpha",)


def test_an_archive_is_recorded_by_its_name_and_content(dock: Dock) -> None:
    name, content = sdist("al_pha", "1.0", {})
    dock.write(f"vendor/{name}", content)
    found = group(dock, f"./vendor/{name}")
    assert found.requirements == (f"al-pha @ ./vendor/{name}",)
    assert [file.path for file in found.files] == [f"vendor/{name}"]


@pytest.mark.parametrize(
    ("files", "requirement", "words"),
    [
        ({}, "./alpha", "does not exist"),
        ({"alpha/README": ""}, "./alpha", "is a folder without a Python package's source"),
        ({"alpha/setup.py": ""}, "./alpha", "does not tell the name of its package as data"),
        ({"alpha/pyproject.toml": "["}, "./alpha", "alpha/pyproject.toml is not valid TOML"),
        ({"v1.0.tar.gz": ""}, "./v1.0.tar.gz", "does not tell the name"),
    ],
)
def test_a_path_that_can_not_be_locked_is_refused_at_its_line(
    dock: Dock, files: dict[str, str], requirement: str, words: str
) -> None:
    for path, content in files.items():
        dock.write(path, content)
    problem = problem_of(dock, dock.image().python_packages(requirement))
    assert words in problem.message
    assert problem.location is not None
    assert problem.location.file == __file__


def test_a_folder_that_tells_no_name_may_be_given_one(dock: Dock) -> None:
    dock.write("alpha/setup.py", "")
    assert group(dock, "beta @ ./alpha").requirements == ("beta @ ./alpha",)
    problem = problem_of(dock, dock.image().python_packages("./alpha"))
    assert problem.hint == "write its name before its path: name @ ./alpha"


@pytest.mark.parametrize("inner", [False, True], ids=["the folder", "a file of it"])
def test_a_folder_that_leaves_the_project_is_refused(dock: Dock, *, inner: bool) -> None:
    outside = dock.project.parent / "outside"
    outside.mkdir()
    (outside / "pyproject.toml").write_text(PYPROJECT)
    if inner:
        dock.write("alpha/setup.py", "")
        (dock.project / "alpha" / "pyproject.toml").symlink_to(outside / "pyproject.toml")
    else:
        (dock.project / "alpha").symlink_to(outside)
    problem = problem_of(dock, dock.image().python_packages("al-pha @ ./alpha"))
    assert "leaves the project" in problem.message


# What a call says besides its requirements.


def test_what_sources_require_is_part_of_it(dock: Dock) -> None:
    image = dock.image().python_packages("beta", requires={"beta": ["torch", "einops>=1"]})
    lock = Lock(inputs=inputs(dock, image))
    assert lock.inputs.groups[0].requires == (
        InputRequires(name="beta", requirements=("einops>=1", "torch")),
    )
    other = dock.image().python_packages("beta", requires={"beta": ["torch"]})
    assert drift(lock, inputs(dock, other), []) == (
        "requires beta: torch is not locked",
        "requires beta: einops>=1, torch is locked, and no longer asked for",
    )


def test_two_words_on_what_a_source_requires_are_refused(dock: Dock) -> None:
    image = dock.image().python_packages("beta", requires={"beta": ["torch"]})
    image = image.python_packages("gamma", requires={"beta": []})
    problem = problem_of(dock, image)
    assert problem.message.startswith(f"requires= says two things of beta: at {__file__}:")


def test_one_secret_with_two_sources_is_refused(dock: Dock) -> None:
    image = dock.image().run("one", secrets=["A"]).run("two", secrets=[secret("A", env="B")])
    problem = problem_of(dock, image)
    assert "the variable B, not the variable A" in problem.message
    assert problem.location == image.steps[-1].location


def test_what_is_compiled_without_isolation_is_compiled(dock: Dock) -> None:
    image = dock.image().python_packages("beta", no_binary=["gamma"], no_build_isolation=["beta"])
    assert inputs(dock, image).groups[0].no_binary == ("beta", "gamma")


def test_the_requirements_of_a_script_are_some(dock: Dock) -> None:
    script = '# /// script\n# requires-python = ">=3.11"\n# dependencies = ["alpha<3"]\n# ///\n'
    dock.write("serve.py", script)
    image = dock.image().script_requirements("serve.py")
    assert inputs(dock, image).groups[0].requirements == ("alpha<3",)
    dock.index.wheel("alpha", "2.0")
    assert dock.distributions(image)["alpha"].version == "2.0"


# A uv.lock's own words.


@pytest.mark.parametrize("python", ["[3]", '"new"'])
def test_a_uv_lock_for_no_python_is_refused(dock: Dock, python: str) -> None:
    dock.write("pyproject.toml", PYPROJECT)
    dock.write("uv.lock", f"version = 1\nrequires-python = {python}\n")
    problem = problem_of(dock, dock.image().uv_lock())
    assert "is not a set of versions" in problem.message
    assert str(problem.location).startswith("uv.lock:")


def test_the_packages_of_the_project_in_a_uv_lock_decide_by_their_content(dock: Dock) -> None:
    name, content = wheel("beta", "1.0")
    dock.write("pyproject.toml", PYPROJECT)
    dock.write("libs/gamma/pyproject.toml", PYPROJECT)
    dock.write(name, content)
    packages = (
        'name = "al-pha"\nsource = { virtual = "." }\n',
        'name = "gamma"\nsource = { directory = "libs/gamma" }\n',
        f'name = "beta"\nsource = {{ path = "{name}" }}\n',
    )
    text = "".join(f"[[package]]\nversion = '1'\n{package}" for package in packages)
    dock.write("uv.lock", f'version = 1\nrequires-python = ">=3.11"\n{text}')
    before = inputs(dock, dock.image().uv_lock())
    dock.write("libs/gamma/gamma.py", "")
    after = inputs(dock, dock.image().uv_lock())

    assert [file.path for file in before.groups[0].files] == [
        "uv.lock",
        "pyproject.toml",
        name,
        "libs/gamma",
    ]
    assert drift(Lock(inputs=before), after, []) == ("libs/gamma has changed",)
    assert msgspec.structs.replace(after, groups=before.groups) == before


def test_another_source_in_the_root_of_a_workspace_is_drift(tmp_path: Path) -> None:
    root = "[project]\nname = 'root'\nversion = '1'\ndependencies = ['member']\n"
    root += "[tool.uv.workspace]\nmembers = ['member']\n[tool.uv.sources]\n"
    root += "member = {workspace = true}\n"
    (tmp_path / "member").mkdir()
    member = "[project]\nname = 'member'\nversion = '1'\ndependencies = ['thing']\n"
    (tmp_path / "member" / "pyproject.toml").write_text(member)
    (tmp_path / "pyproject.toml").write_text(root)
    image = Image(distro="debian:bookworm").pyproject_toml()
    before = read_inputs(image, tmp_path).inputs
    (tmp_path / "pyproject.toml").write_text(
        root + "thing = {url = 'https://x.test/thing-1.zip'}\n"
    )
    assert read_inputs(image, tmp_path).inputs != before


def test_a_comment_in_a_project_of_its_own_is_no_drift(tmp_path: Path) -> None:
    text = "[project]\nname = 'root'\nversion = '1'\ndependencies = ['six']\n"
    (tmp_path / "pyproject.toml").write_text(text)
    image = Image(distro="debian:bookworm").pyproject_toml()
    before = read_inputs(image, tmp_path).inputs
    (tmp_path / "pyproject.toml").write_text(text + "# said\n")
    assert read_inputs(image, tmp_path).inputs == before
