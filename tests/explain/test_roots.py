from __future__ import annotations

from typing import TYPE_CHECKING

from lading import Image
from lading.explain.roots import python_roots
from lading.grammar.python_version import PythonVersion
from lading.lock.inputs import read_inputs
from lading.lock.model import Distribution
from lading.platforms import Libc, Platform, marker_environment

if TYPE_CHECKING:
    from pathlib import Path

    from lading.explain.graph import Root

MARKERS = marker_environment(
    Platform.parse("linux/amd64"), Libc(name="glibc", version=(2, 41)), PythonVersion.parse("3.13")
)

UV_LOCK = """\
version = 1
requires-python = ">=3.11"

[[package]]
name = "a"
version = "1.0"
source = { registry = "https://index.example.test/simple" }

[[package]]
name = "project"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "a", extra = ["x", "y"] },
    { name = "old", marker = "python_full_version < '3.12'" },
]

[package.optional-dependencies]
gpu = [{ name = "b" }]
cpu = [{ name = "c" }]

[package.dev-dependencies]
serve = [{ name = "d" }]
"""


def roots_of(image: Image, project: Path, *found: Distribution) -> tuple[Root, ...]:
    return tuple(python_roots(read_inputs(image, project), project, MARKERS, found, image))


def test_what_the_project_of_a_uv_lock_requires(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(UV_LOCK)
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'project'\nversion = '0.1.0'\n")
    found = roots_of(Image().uv_lock(extras=["gpu"], groups=["serve"]), tmp_path)
    assert [(one.targets, one.text) for one in found] == [
        (("a[x]", "a[y]"), "a[x,y]"),
        (("b",), "b"),
        (("d",), "d"),
    ]
    assert {one.at for one in found} == {("uv.lock:1",)}


def test_only_what_holds_for_the_target_and_what_has_no_name_by_its_place(tmp_path: Path) -> None:
    url = "https://files.example.test/archive.zip"
    own = Distribution(name="own", version="1.0", kind="sdist", url=url)
    image = Image().python_packages("six", "old; python_version < '3.9'", url)
    found = roots_of(image, tmp_path, own)
    assert [(one.targets, one.text) for one in found] == [(("six",), "six"), (("own",), url)]
