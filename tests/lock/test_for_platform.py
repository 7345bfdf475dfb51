"""An image with steps for some platforms: each platform's part of the lock is made from its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lading import Image, ResolutionError, SpecificationError, secret
from lading.lock.file import emit_lock, parse_lock
from lading.lock.fit import misfits
from lading.lock.inputs import read_inputs
from lading.lock.integrity import flaws
from lading.platforms import Platform
from lock.dock import AMD64, ARM64, versions

if TYPE_CHECKING:
    from lading.errors import Problem
    from lading.lock.model import Inputs, Lock
    from lock.dock import Dock

BOTH = (AMD64, ARM64)


@pytest.fixture
def published(dock: Dock) -> Dock:
    for name in ("alpha", "beta", "gamma"):
        dock.index.wheel(name, "1.0")
    return dock


def with_beta(image: Image) -> Image:
    return image.python_packages("beta")


def differing(dock: Dock) -> Image:
    return dock.image().python_packages("alpha").for_platform(ARM64, with_beta)


def own_inputs(lock: Lock, platform: str) -> Inputs | None:
    part = lock.platform(platform)
    assert part is not None
    return part.inputs


def fits(lock: Lock, image: Image, dock: Dock, *platforms: str) -> tuple[str, ...]:
    return misfits(lock, read_inputs(image, dock.project), platforms or BOTH)


def test_each_platform_has_what_its_steps_ask_for(published: Dock) -> None:
    image = differing(published)
    lock = published.lock(image, *BOTH)

    assert versions(lock, AMD64) == {"alpha": "1.0"}
    assert versions(lock, ARM64) == {"alpha": "1.0", "beta": "1.0"}
    assert lock.inputs.groups[0].requirements == ("alpha",)
    assert own_inputs(lock, AMD64) is None
    own = own_inputs(lock, ARM64)
    assert own is not None
    assert own.groups[0].requirements == ("alpha", "beta")
    assert msgspec.structs.replace(own, groups=lock.inputs.groups) == lock.inputs
    assert parse_lock(emit_lock(lock)) == lock
    assert flaws(lock) == ()
    assert fits(lock, image, published) == ()


def test_a_lock_has_no_inputs_of_platforms_that_ask_for_the_same(published: Dock) -> None:
    image = published.image().python_packages("alpha")
    varied = image.for_platform(ARM64, lambda one: one.env(A="1").run("make"))
    plain = emit_lock(published.lock(image, *BOTH))
    assert emit_lock(published.lock(varied, *BOTH)) == plain
    assert "[platforms.inputs]" not in plain
    assert "[platforms.inputs]" in emit_lock(published.lock(differing(published), *BOTH))


def test_a_part_is_the_same_whichever_others_are_locked(published: Dock) -> None:
    image = differing(published)
    both = published.lock(image, *BOTH)
    for platform in BOTH:
        alone = published.lock(image, platform)
        assert alone.inputs == both.inputs
        assert alone.platforms == (both.platform(platform),)
    assert published.lock(image, ARM64, AMD64) == both


def test_drift_is_told_with_the_platform_where_others_have_none(published: Dock) -> None:
    before = published.lock(differing(published), *BOTH)
    arm = (
        published.image()
        .python_packages("alpha")
        .for_platform(ARM64, lambda image: image.python_packages("gamma"))
    )
    assert fits(before, arm, published) == (
        "linux/arm64: requirement gamma is not locked",
        "linux/arm64: requirement beta is locked, and no longer asked for",
    )
    assert fits(before, arm, published, AMD64) == ()
    assert fits(before, arm, published, ARM64)[0] == "requirement gamma is not locked"
    everywhere = differing(published).python_packages("gamma")
    assert fits(before, everywhere, published) == ("requirement gamma is not locked",)
    assert fits(before, published.image().python_packages("alpha"), published) == (
        "linux/arm64: requirement beta is locked, and no longer asked for",
    )


def test_a_platform_that_was_not_locked_is_all_that_drifted(published: Dock) -> None:
    image = differing(published)
    before = published.lock(image, AMD64)
    assert fits(before, image, published) == ("linux/arm64 is not in the lock",)


def test_what_changes_for_one_platform_leaves_the_others_part(published: Dock) -> None:
    before = published.lock(published.image().python_packages("alpha"), *BOTH)
    published.index.wheel("alpha", "2.0")
    after = published.lock(differing(published), *BOTH, earlier=before)
    assert after.platform(AMD64) == before.platform(AMD64)
    assert versions(after, ARM64) == {"alpha": "1.0", "beta": "1.0"}


def test_a_part_that_still_fits_says_what_it_was_made_from(published: Dock) -> None:
    """What all platforms asked for is now asked for by one: nothing of it is resolved again."""
    everywhere = with_beta(published.image().python_packages("alpha"))
    before = published.lock(everywhere, *BOTH)
    published.index.wheel("beta", "2.0")
    after = published.lock(differing(published), *BOTH, earlier=before)
    assert own_inputs(after, ARM64) == before.inputs
    assert versions(after, ARM64) == versions(before, ARM64)
    assert versions(after, AMD64) == {"alpha": "1.0"}
    again = published.lock(everywhere, *BOTH, earlier=after)
    assert again == before


def test_a_package_of_one_platform_is_upgraded_there(published: Dock) -> None:
    image = differing(published)
    before = published.lock(image, *BOTH)
    for name in ("alpha", "beta"):
        published.index.wheel(name, "2.0")
    after = published.lock(image, *BOTH, earlier=before, upgrade=("beta",))
    assert versions(after, ARM64) == {"alpha": "1.0", "beta": "2.0"}
    assert after.platform(AMD64) == before.platform(AMD64)
    published.lock(image, AMD64, earlier=before, upgrade=("beta",))  # the lock knows it
    (problem,) = refused_upgrade(published, image, "gamma")
    assert problem.message == "gamma can't be upgraded: it is not in the lock"


def refused_upgrade(dock: Dock, image: Image, name: str) -> tuple[Problem, ...]:
    with pytest.raises(ResolutionError) as error:
        dock.lock(image, *BOTH, upgrade=(name,))
    return error.value.problems


def test_an_index_may_be_one_platforms(published: Dock) -> None:
    published.other.wheel("alpha", "3.0")
    other = f"{published.other.url}/simple"
    image = (
        published.image()
        .for_platform(ARM64, lambda one: one.index(other, name="jetson", packages=["alpha"]))
        .python_packages("alpha")
    )
    lock = published.lock(image, *BOTH)
    assert versions(lock, AMD64) == {"alpha": "1.0"}
    assert versions(lock, ARM64) == {"alpha": "3.0"}
    assert flaws(lock) == ()


def test_a_login_is_asked_for_where_its_platform_is_locked(published: Dock) -> None:
    published.other.wheel("alpha", "3.0")
    published.other.login = "__token__:open sesame"
    other = f"{published.other.url}/simple"
    image = (
        published.image()
        .for_platform(ARM64, lambda one: one.index(other, name="corp", secret=secret("TOKEN")))
        .python_packages("alpha")
    )
    assert versions(published.lock(image, AMD64)) == {"alpha": "1.0"}
    (problem,) = published.refused(image, *BOTH)
    assert "TOKEN" in problem.message
    published.environ |= {"TOKEN": "open sesame"}
    assert versions(published.lock(image, *BOTH), ARM64) == {"alpha": "3.0"}


def test_a_file_that_is_missing_is_missing_where_it_is_read(published: Dock) -> None:
    image = published.image().for_platform(ARM64, lambda one: one.requirements_file("arm.txt"))
    assert published.lock(image, AMD64).platform(AMD64)
    (problem,) = published.refused(image, *BOTH)
    assert "arm.txt" in problem.message
    assert problem.location is not None
    assert problem.location.file == __file__
    published.write("arm.txt", "beta\n")
    assert versions(published.lock(image, *BOTH), ARM64) == {"beta": "1.0"}


def test_what_is_said_of_a_package_is_heeded_on_the_platform_that_has_it(published: Dock) -> None:
    image = published.image().python_packages("alpha")
    said = image.for_platform(ARM64, lambda one: one.python_packages(no_binary=["gamma"]))
    (problem,) = published.refused(said, *BOTH)
    assert problem.message == "no_binary names gamma, which is not among the image's packages"
    assert versions(published.lock(said, AMD64)) == {"alpha": "1.0"}
    # It is there, and on the other platform.
    elsewhere = said.for_platform(AMD64, lambda one: one.python_packages("gamma"))
    assert "no_binary names gamma" in published.refused(elsewhere, *BOTH)[0].message


def test_a_platform_that_can_not_be_locked_is_no_obstacle_to_others(published: Dock) -> None:
    image = published.image().python_packages("alpha").for_platform("linux/s390x", with_beta)
    assert versions(published.lock(image, AMD64)) == {"alpha": "1.0"}
    refused = published.refused(image, "linux/s390x")
    assert "Python packages can't be locked for linux/s390x" in [one.message for one in refused]


def test_an_edited_part_is_told_from_one_that_was_made(published: Dock) -> None:
    lock = published.lock(differing(published), *BOTH)
    amd, arm = lock.platforms
    assert arm.inputs is not None
    edited = msgspec.structs.replace(arm, inputs=None)
    bare = msgspec.structs.replace(amd, inputs=arm.inputs)
    other = msgspec.structs.replace(arm.inputs, base="example.test/evil")
    evil = msgspec.structs.replace(arm, inputs=other)
    flaw = flaws(msgspec.structs.replace(lock, platforms=(bare, arm)))
    assert flaw == ("linux/amd64: requirement beta has no distribution",)
    assert (
        "example.test/evil was asked for"
        in flaws(msgspec.structs.replace(lock, platforms=(amd, evil)))[0]
    )
    # What is in it more than anybody asks for is drift.
    with_more = msgspec.structs.replace(lock, platforms=(amd, edited))
    assert fits(with_more, differing(published), published) == (
        "linux/arm64: requirement beta is not locked",
    )


def test_two_sources_of_one_secret_are_refused_on_the_platform_that_has_both(dock: Dock) -> None:
    image = (
        dock.bare_image()
        .run("a", secrets=[secret("T", env="ONE")])
        .for_platform(ARM64, lambda one: one.run("b", secrets=[secret("T", env="TWO")]))
    )
    asked = read_inputs(image, dock.project)
    assert asked.on(Platform.parse(AMD64)).inputs == asked.inputs
    with pytest.raises(SpecificationError, match="another source"):
        asked.on(Platform.parse(ARM64))
