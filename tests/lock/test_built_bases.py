"""A base that a Dockerfile makes, in the lock: what it is made from, and no image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lading import Image, SpecificationError
from lading.lock.file import emit_lock, parse_lock
from lading.lock.fit import misfits
from lading.lock.inputs import read_inputs
from lading.lock.integrity import flaws
from lock.dock import AMD64, ARM64, Dock, versions

if TYPE_CHECKING:
    from lading.lock.model import Lock


@pytest.fixture
def built(dock: Dock) -> Dock:
    dock.write("docker/Dockerfile", "FROM python:3.11\nCOPY a /a\nFROM scratch AS two\n")
    dock.write("docker/a", "1")
    dock.index.wheel("alpha", "1.0")
    return dock


def image(
    dock: Dock, *, distro: str | None = "debian:bookworm", target: str | None = None
) -> Image:
    made = Image.from_dockerfile(
        "docker/Dockerfile", target=target, distro=distro, python_version="3.11"
    )
    return made.index(f"{dock.index.url}/simple", default=True)


def drifted(lock: Lock, made: Image, dock: Dock) -> tuple[str, ...]:
    return misfits(lock, read_inputs(made, dock.project), [AMD64])


def test_the_lock_has_what_it_is_made_from_and_no_image(built: Dock) -> None:
    made = image(built).python_packages("alpha")
    lock = built.lock(made, AMD64, ARM64)
    for part in lock.platforms:
        assert part.base.reference == lock.inputs.base == "dockerfile:docker/Dockerfile"
        assert part.base.digest is part.base.manifest is None
        assert not part.base.is_pinned
    assert lock.inputs.base_digest is not None
    assert versions(lock) == {"alpha": "1.0"}
    assert parse_lock(emit_lock(lock)) == lock
    assert flaws(lock) == ()
    assert drifted(lock, made, built) == ()
    assert built.lock(made, AMD64, ARM64, earlier=lock) == lock


def test_a_changed_context_is_drift_and_changes_nothing_else(built: Dock) -> None:
    made = image(built).python_packages("alpha")
    before = built.lock(made)
    built.index.wheel("alpha", "2.0")
    built.write("docker/a", "2")
    (said,) = drifted(before, made, built)
    assert said.startswith("dockerfile:docker/Dockerfile has changed: sha256:")
    after = built.lock(made, earlier=before)
    assert versions(after) == {"alpha": "1.0"}
    assert after.inputs.base_digest != before.inputs.base_digest
    other = image(built, target="two").python_packages("alpha")
    assert "?target=two is asked for" in drifted(after, other, built)[0]


def test_system_packages_on_it_are_not_locked(built: Dock) -> None:
    made = image(built).system_packages("curl")
    (part,) = built.lock(made).platforms
    assert part.debs_for is None
    assert "system packages are not locked: what is installed depends on the base" in built.said
    (problem,) = built.refused(image(built).python_packages("alpha").system_packages("auto"))
    assert problem.hint == "write the packages"


def test_python_packages_need_to_know_what_it_has(built: Dock) -> None:
    made = image(built, distro=None)
    assert built.lock(made.env(A="1")).platforms
    (problem,) = built.refused(made.python_packages("alpha"))
    assert problem.hint is not None
    assert problem.hint.startswith("name the distro")


def test_an_edited_lock_may_not_say_that_it_is_pinned(built: Dock) -> None:
    lock = built.lock(image(built))
    base = msgspec.structs.replace(lock.platforms[0].base, digest=lock.inputs.base_digest)
    part = msgspec.structs.replace(lock.platforms[0], base=base)
    assert flaws(msgspec.structs.replace(lock, platforms=(part,))) == (
        "linux/amd64: the base image has a digest, and a Dockerfile makes it",
    )


def test_a_missing_dockerfile_is_told_at_the_users_line(dock: Dock) -> None:
    made = image(dock)
    with pytest.raises(SpecificationError) as error:
        read_inputs(made, dock.project)
    assert str(error.value).startswith(
        f"{made.location}: base image dockerfile:docker/Dockerfile: "
    )
