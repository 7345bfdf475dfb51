"""One object may be declared as several services, each of which its own name stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lading import Image, SpecificationError, service
from lading.cli.declared import Wanted
from lading.cli.target import imported, load_target
from lading.image import steps

if TYPE_CHECKING:
    from pathlib import Path

START = """\
import os

import lading

image = lading.Image().env({"HOME_OF": os.environ.get("NOWHERE", "x")})
small, large = image.env({"SIZE": "small"}), image.env({"SIZE": "large"})


def main(): ...
"""


def size(folder: Path, name: str) -> str:
    (found,) = imported(Wanted(root=folder, where=str(folder / "two.py"), attribute=name))
    (command,) = (one for one in found.image.steps if isinstance(one, steps.Cmd))
    assert command.argv[2] == f"from two import {name}; {name}()"
    variables = [one for one in found.image.steps if isinstance(one, steps.Env)]
    return str(dict(variables[-1].variables)["SIZE"])


@pytest.mark.parametrize(
    "declared",
    [
        "cpu = lading.service(\n  image=small\n)(main)\ngpu = lading.service(image=large)(main)\n",
        (
            "try:\n  cpu = lading.service(image=small)(main)\nexcept OSError:\n  pass\n"
            "if small:\n  with open(__file__):\n    gpu = lading.service(image=large)(main)\n"
        ),
        "cpu = (\n  lading.service(image=small))(main)\ngpu = lading.service(image=large)(cpu)\n",
        (
            "one, other = lading.service(image=small), lading.service(image=large)\n"
            "cpu = one(main)\ngpu = other(main)\n"
        ),
    ],
)
def test_each_name_stands_for_its_own_service(tmp_path: Path, declared: str) -> None:
    (tmp_path / "two.py").write_text(START + declared)
    assert [size(tmp_path, name) for name in ("cpu", "gpu")] == ["small", "large"]


def test_what_is_served_is_no_service_beside_those_that_serve_it(tmp_path: Path) -> None:
    (tmp_path / "two.py").write_text(
        f"{START}if image:\n    cpu = lading.service(image=small, name='small')(main)\n"
        "    gpu = lading.service(image=large)(main)\n\n"
        "def other(): ...\nalias = other\nlading.service(image=small)(other)\n"
    )
    found = imported(all_of(tmp_path / "two.py"))
    assert [one.label for one in found] == ["small", "gpu", "other"]


def test_what_is_declared_in_words_has_a_name(tmp_path: Path) -> None:
    """Nothing else stands for it: without one it would be no image of the module's."""
    declared = "for one in 'a', 'b':\n    {}lading.service(image=image, name=one)('two:main')\n"
    (tmp_path / "two.py").write_text(START + declared.format("globals()[one] = "))
    assert [one.label for one in imported(all_of(tmp_path / "two.py"))] == ["a", "b"]
    nameless = f"@lading.service(image=image)\ndef other(): ...\n{declared.format('')}"
    (tmp_path / "three.py").write_text(START + nameless)
    with pytest.raises(SpecificationError) as error:
        imported(all_of(tmp_path / "three.py"))
    lines = str(error.value).splitlines()
    assert len(lines) == 4
    said = "a service that is declared in words has no name here"
    assert lines[0].startswith(f"{tmp_path / 'three.py'}:13: {said}")
    assert lines[1] == 'hint: give it one: web = lading.service(...)("two:main")'


def all_of(file: Path) -> Wanted:
    return Wanted(root=file.parent, where=str(file), attribute="", every=True)


def test_they_are_found_by_the_name_that_is_typed_too(tmp_path: Path) -> None:
    declared = "cpu = lading.service(image=small)(main)\ngpu = lading.service(image=large)(main)\n"
    (tmp_path / "two.py").write_text(START + declared)
    found = [load_target(f"{tmp_path / 'two.py'}:{name}").image for name in ("cpu", "gpu")]
    assert found[0] != found[1]


@pytest.mark.parametrize(
    ("declared", "name", "lines"),
    [
        ("@lading.service(image=large)\n@lading.service(image=small)\ndef run(): ...\n",
         "run", (11, 10)),
        (("cpu = lading.service(image=small)(main)\nmain = lading.service(image=large)(main)\n"
         "both = main\n"), "both", (10, 11)),
        ("main = lading.service(image=small)(main)\nmain = lading.service(image=large)(main)\n",
         "main", (10, 11)),
    ],
)  # fmt: skip
def test_several_of_one_name_are_refused_at_their_lines(
    tmp_path: Path, declared: str, name: str, lines: tuple[int, int]
) -> None:
    file = tmp_path / "two.py"
    file.write_text(START + declared)
    with pytest.raises(SpecificationError) as error:
        size(tmp_path, name)
    first, last = lines
    served = "run" if name == "run" else "main"
    assert str(error.value).splitlines() == [
        f"{file}:{last}: {name} is declared as several services, at {file}:{first} and here",
        (
            "hint: give each a name of its own, which says in words what it serves: "
            f'one = lading.service(image=image)("two:{served}")'
        ),
    ]


def test_those_of_one_line_are_refused_there(tmp_path: Path) -> None:
    file = tmp_path / "two.py"
    file.write_text(
        f"{START}for name in ('cpu', 'gpu'):\n"
        "    globals()[name] = lading.service(image=image.env(A=name))(main)\n"
    )
    with pytest.raises(SpecificationError) as error:
        size(tmp_path, "cpu")
    first, _ = str(error.value).splitlines()
    assert first == f"{file}:11: cpu is declared as several services, here"


def test_the_same_said_twice_is_one_service(tmp_path: Path) -> None:
    declared = "main = lading.service(image=small)(lading.service(image=small)(main))\n"
    (tmp_path / "two.py").write_text(START + declared)
    assert size(tmp_path, "main") == "small"


def test_a_service_is_not_served_itself() -> None:
    inner = service(image=Image())("app:main")
    with pytest.raises(SpecificationError, match="a service is declared as another one"):
        service(image=Image())(inner)
