"""Bases that are files or folders of the project, and `scratch`, through lock, check and freeze."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lading import FreezeError, Image, SpecificationError
from lading.errors import LadingError
from lading.freeze import Freezer
from lading.lock.debs import interpreter_of
from lading.lock.drift import drift
from lading.lock.file import emit_lock, parse_lock, read_lock, write_lock
from lading.lock.inputs import read_inputs
from lading.lock.integrity import flaws
from lading.oci import archive, docker_archive, layout
from lading.oci.making import index_of
from lock.dock import AMD64, ARM64
from oci import images

if TYPE_CHECKING:
    from pathlib import Path

    from lading.errors import Problem
    from lock.dock import Dock

KINDS = {"oci": layout, "oci-archive": archive, "docker-archive": docker_archive}


def on(base: str) -> Image:
    return Image(base_image=base, distro="debian:bookworm", python_version="3.11")


def write(kind: str, path: Path, cmd: tuple[str, ...] = ("/bin/true",)) -> str:
    """The digest of the image that is written."""
    found = images.image(vocabulary="docker" if kind == "docker-archive" else "oci", cmd=cmd)
    KINDS[kind].write(path, [found])
    return str(found.descriptor.digest)


@pytest.mark.parametrize("kind", KINDS)
def test_a_local_base_is_locked_by_its_content(dock: Dock, kind: str) -> None:
    digest = write(kind, dock.project / "base image")
    image = on(f"{kind}:base image")
    lock = dock.lock(image)
    (part,) = lock.platforms
    assert part.base.reference == lock.inputs.base == f"{kind}:base image"
    assert part.base.digest == part.base.manifest == lock.inputs.base_digest == digest
    assert dock.said == []
    text = emit_lock(lock)
    assert parse_lock(text) == lock
    assert str(dock.project) not in text
    assert emit_lock(dock.lock(image, earlier=lock)) == text


@pytest.mark.parametrize("kind", KINDS)
def test_a_local_base_that_changes_is_drift_and_locked_again(dock: Dock, kind: str) -> None:
    path = dock.project / "base"
    before = write(kind, path)
    image = on(f"{kind}:base")
    lock = dock.lock(image)
    assert drift(lock, read_inputs(image, dock.project).inputs, [AMD64]) == ()
    after = write(kind, path, cmd=("/bin/false",))
    assert drift(lock, read_inputs(image, dock.project).inputs, [AMD64]) == (
        f"{kind}:base has changed: {before} is locked, {after} is there",
    )
    (part,) = dock.lock(image, earlier=lock).platforms
    assert part.base.digest == after


def test_each_platform_has_its_own_image_of_the_base(dock: Dock) -> None:
    both = index_of([images.image("amd64"), images.image("arm64")])
    layout.write(dock.project / "base", [both])
    lock = dock.lock(on("oci:base"), AMD64, ARM64)
    digests = [str(one.descriptor.digest) for one in both.children]
    assert [part.base.manifest for part in lock.platforms] == digests
    assert {part.base.digest for part in lock.platforms} == {str(both.descriptor.digest)}


def refused(dock: Dock, image: Image, *platforms: str) -> Problem:
    with pytest.raises(LadingError) as caught:
        dock.lock(image, *platforms)
    (problem,) = caught.value.problems
    return problem


def test_a_base_for_another_platform_says_what_there_is(dock: Dock) -> None:
    write("oci", dock.project / "base")
    image = on("oci:base")
    problem = refused(dock, image, ARM64)
    assert problem.message == "oci:base has no image for linux/arm64"
    assert problem.hint == "it has linux/amd64: lock and build it for no other (--platform)"
    assert problem.location == image.location


def test_a_base_that_is_not_there_is_said_at_the_users_line(dock: Dock) -> None:
    write("oci", dock.project / "base")
    image = on("oci:bases")
    problem = refused(dock, image)
    assert problem.message == "base image oci:bases is not in the project"
    assert problem.hint == 'did you mean "oci:base"?'
    assert problem.location == image.location


def test_a_local_base_needs_its_distro_named_for_python_packages(dock: Dock) -> None:
    write("oci", dock.project / "base")
    image = Image(base_image="oci:base").index(f"{dock.index.url}/simple", default=True)
    problem = refused(dock, image.python_packages("six"))
    assert problem.hint == 'name the distro: Image(base_image=..., distro="debian:bookworm")'


def test_an_edited_digest_is_a_flaw(dock: Dock) -> None:
    write("oci", dock.project / "base")
    lock = dock.lock(on("oci:base"))
    (part,) = lock.platforms
    other = msgspec.structs.replace(part.base, digest="sha256:" + "0" * 64)
    edited = msgspec.structs.replace(lock, platforms=(msgspec.structs.replace(part, base=other),))
    assert any("was there" in flaw for flaw in flaws(edited))


def test_scratch_has_no_digest_and_needs_none(dock: Dock) -> None:
    lock = dock.lock(Image(base_image="scratch").env(A="1"), AMD64, ARM64)
    assert [part.base.reference for part in lock.platforms] == ["scratch", "scratch"]
    assert all(part.base.digest is part.base.manifest is None for part in lock.platforms)
    assert all(part.base.is_pinned for part in lock.platforms)
    assert drift(lock, lock.inputs, [AMD64, ARM64]) == ()
    assert not dock.said


def test_python_packages_are_refused_on_nothing(dock: Dock) -> None:
    with pytest.raises(SpecificationError) as caught:
        dock.lock(Image(base_image="scratch").python_packages("six"))
    (problem,) = caught.value.problems
    assert problem.message == (
        'base_image "scratch" has no Python interpreter, which Python packages need'
    )
    assert problem.hint == 'name a release whose packages make a base: distro="debian:trixie"'


def frozen(dock: Dock, image: Image, *, locked: bool = True) -> Problem:
    freezer = Freezer(machine=dock.machine(), locked=locked)
    with pytest.raises(FreezeError) as caught:
        freezer.decide(image, platform=AMD64, project=dock.project)
    return caught.value.problems[-1]


def test_a_frozen_folder_can_hold_no_dockerfile_on_a_local_base(dock: Dock) -> None:
    write("oci", dock.project / "base")
    image = on("oci:base")
    write_lock(dock.project, dock.lock(image))
    problem = frozen(dock, image)
    assert problem.message == (
        "a Dockerfile can't start from oci:base, which is a file or folder of the project"
    )
    assert problem.hint is not None
    assert "lading build -o image.tar" in problem.hint


def test_nothing_can_be_run_on_nothing(dock: Dock) -> None:
    image = Image(base_image="scratch").run("true")
    write_lock(dock.project, dock.lock(image))
    problem = frozen(dock, image)
    assert problem.message == "nothing can be run on scratch, which has no shell"
    assert problem.hint == (
        'name a release whose packages make a base, with a shell: distro="debian:trixie"'
    )


def test_a_changed_base_is_to_be_locked_again_before_freezing(dock: Dock) -> None:
    write("oci", dock.project / "base")
    image = on("oci:base")
    write_lock(dock.project, dock.lock(image))
    write("oci", dock.project / "base", cmd=("/bin/false",))
    problem = frozen(dock, image)
    assert problem.message.startswith("lading.lock is out of date: oci:base has changed: ")
    assert problem.hint == "run `lading lock`, and commit the result"
    assert read_lock(dock.project) is not None


def test_a_local_base_is_named_in_no_label(dock: Dock) -> None:
    write("oci", dock.project / "base")
    image = on("oci:base")
    write_lock(dock.project, dock.lock(image))
    decided = Freezer(machine=dock.machine(), locked=True).decide(
        image, platform=AMD64, project=dock.project, for_engine=False
    )
    assert dict(decided.info.config.labels) == {
        "org.opencontainers.image.base.digest": decided.info.base.manifest
    }


@pytest.mark.parametrize(
    ("base", "has"),
    [
        ("registry.example.test/python:3.11", True),
        ("python:3.11-slim", True),
        ("registry.example.test/team/other:1", False),
        ("oci:base", False),
        ("scratch", False),
    ],
)
def test_the_interpreter_is_a_package_where_the_base_may_lack_it(
    base: str,
    has: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    assert (interpreter_of(on(base)) == ()) is has
