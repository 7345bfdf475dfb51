from __future__ import annotations

from typing import TYPE_CHECKING

from lading import Image
from lading.explain.roots import building_roots, python_roots, system_roots
from lading.grammar.python_version import PythonVersion
from lading.info import ImageInfo
from lading.lock.inputs import read_inputs
from lading.lock.model import Distribution, LockedBase
from lading.platforms import Libc, Platform, marker_environment

if TYPE_CHECKING:
    from collections.abc import Iterable
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


def on_debian() -> Image:
    return (
        Image(base_image="scratch", distro="debian:trixie")
        .system_packages("tini")
        .for_platform("linux/arm64", with_atomics)
        .system_packages("curl", "tini")
        .build_packages("gcc")
    )


def with_atomics(image: Image) -> Image:
    return image.system_packages("libatomic1")


def info_of(image: Image, platform: str) -> ImageInfo:
    return ImageInfo(
        platform=platform,
        base=LockedBase(reference="scratch"),
        python=str(image.python_version),
        interpreter_packages=("python3",),
    )


def told(found: Iterable[Root]) -> list[tuple[str, int]]:
    """What is asked for, and by how many lines."""
    return [(one.text, len(one.at)) for one in found]


def test_a_system_package_has_its_own_lines_and_no_others(tmp_path: Path) -> None:
    image = on_debian()
    found = list(system_roots(info_of(image, "linux/arm64"), image, tmp_path))
    assert told(found) == [
        ("python3", 0),
        ("tini", 2),
        ("libatomic1 (on linux/arm64 only)", 1),
        ("curl", 1),
    ]
    atomics = next(one for one in found if one.targets == ("libatomic1",))
    asking = next(step for step in image.steps if step.platforms)
    assert atomics.at == (f"test_roots.py:{asking.location.line}",)
    found = list(system_roots(info_of(image, "linux/amd64"), image, tmp_path))
    assert told(found) == [("python3", 0), ("tini", 2), ("curl", 1)]


def test_what_builds_is_asked_for_by_lines_or_by_the_build_itself(tmp_path: Path) -> None:
    image = on_debian()
    found = building_roots(info_of(image, "linux/amd64"), image, tmp_path, ("dash", "gcc"))
    assert told(found) == [("gcc", 1), ("dash", 0)]
