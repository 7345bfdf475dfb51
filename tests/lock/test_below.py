"""An image on another one keeps what that one's lock has; only what comes on top is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from lading import FreezeError, Image
from lading.lock import inputs
from lading.lock.below import differences, lock_below, own_lock, part_below
from lading.lock.file import emit_lock, parse_lock, read_lock, write_lock
from lading.lock.fit import misfits
from lading.lock.inputs import read_inputs
from lading.platforms import Platform
from lading.requirements import read_requirements_file
from lock.dock import AMD64, ARM64, versions

if TYPE_CHECKING:
    from pathlib import Path

    from lading.requirements import RequirementSet
    from lock.dock import Dock


@pytest.fixture
def stocked(dock: Dock) -> Dock:
    """An index whose newest alpha is 1.0; beta needs any."""
    dock.index.wheel("alpha", "1.0")
    dock.index.wheel("beta", "1.0", requires=["alpha"])
    return dock


def test_what_is_below_is_what_its_own_lock_has(stocked: Dock) -> None:
    base = stocked.image().python_packages("alpha")
    own = stocked.lock(base)
    write_lock(stocked.project, own, "lading.base.lock")
    stocked.index.wheel("alpha", "2.0")
    service = Image.from_image(base).python_packages("beta")

    lock = stocked.lock(service)

    assert versions(lock) == {"alpha": "1.0", "beta": "1.0"}
    assert [one.group for one in lock.platforms[0].distributions] == [1, 2]
    assert part_below(service, lock.platforms[0]) == own.platforms[0]
    assert lock_below(read_inputs(service, stocked.project), lock) == own
    # All that is called on the image itself is resolved anew, in one installation.
    plain = stocked.lock(base.python_packages("beta"))
    assert versions(plain) == {"alpha": "2.0", "beta": "1.0"}
    assert {one.group for one in plain.platforms[0].distributions} == {1}


def test_an_edited_lock_of_the_image_below_is_refused(stocked: Dock) -> None:
    base = stocked.image().python_packages("alpha")
    text = emit_lock(stocked.lock(base)).replace('version = "1.0"', 'version = "0.9"')
    stocked.write("lading.base.lock", text)
    (problem,) = stocked.refused(Image.from_image(base).python_packages("beta"))
    assert problem.message == (
        "lading.base.lock was edited: linux/amd64: alpha: its version is 0.9, "
        "and its file is alpha-1.0-py3-none-any.whl"
    )


def test_without_a_lock_of_its_own_it_is_what_that_would_be(stocked: Dock) -> None:
    base = stocked.image().python_packages("alpha")
    stocked.index.wheel("alpha", "2.0")
    # Alone, the newest would be taken, and it doesn't fit what is to come on top.
    stocked.index.wheel("gamma", "1.0", requires=["alpha<2"])

    lock = stocked.lock(Image.from_image(base).python_packages("beta"))

    assert (
        lock_below(read_inputs(Image.from_image(base), stocked.project), lock).platforms
        == stocked.lock(base).platforms
    )
    (problem,) = stocked.refused(Image.from_image(base).python_packages("gamma"))
    assert "alpha==2.0" in f"{problem.message}\n{problem.detail}"


def test_what_the_image_below_keeps_is_told_as_its_own_and_by_which_lock(stocked: Dock) -> None:
    base = stocked.image().python_packages("beta")  # which needs alpha
    stocked.index.wheel("alpha", "2.0")
    stocked.index.wheel("gamma", "1.0", requires=["alpha<2"])
    service = Image.from_image(base).python_packages("gamma")

    (problem,) = stocked.refused(service)
    assert problem.detail is not None
    asked = problem.detail.partition("asked for:\n")[2].splitlines()
    assert asked == [
        f"{base.steps[-1].location}: beta",
        f"{service.steps[-1].location}: gamma",
        "the image below: alpha==2.0",
        "the image below: beta==1.0",
    ]
    kept = "take what fits alpha==2.0, beta==1.0"
    assert problem.hint == f"{kept}, or ask for another version in the image below"

    write_lock(stocked.project, stocked.lock(base), "lading.base.lock")
    (problem,) = stocked.refused(service)
    assert "\nthe image below, by lading.base.lock: alpha==2.0" in (problem.detail or "")
    assert problem.hint == (
        f"{kept}, or upgrade lading.base.lock, the lock of the image below, and then this one"
    )
    assert "None" not in str(problem)


def test_what_has_been_chosen_stays_where_an_archive_goes_on(stocked: Dock) -> None:
    service = Image.from_image(stocked.image().python_packages("alpha")).python_packages("beta")
    lock = stocked.lock(service)
    stocked.index.wheel("alpha", "2.0")
    stocked.index.wheel("beta", "2.0", requires=["alpha"])
    assert stocked.lock(service, earlier=lock) == lock
    more = stocked.lock(service.python_packages("beta<3"), earlier=lock)
    assert versions(more) == versions(lock)
    assert versions(stocked.lock(service, earlier=lock, upgrade=("alpha",)))["alpha"] == "2.0"
    everything = stocked.lock(service, earlier=lock, everything=True)
    assert versions(everything) == {"alpha": "2.0", "beta": "2.0"}


def test_an_upgrade_leaves_what_another_lock_has(stocked: Dock) -> None:
    base = stocked.image().python_packages("alpha")
    write_lock(stocked.project, stocked.lock(base), "lading.base.lock")
    service = Image.from_image(base).python_packages("beta")
    lock = stocked.lock(service)
    stocked.index.wheel("alpha", "2.0")
    stocked.index.wheel("beta", "2.0", requires=["alpha"])
    renewed = stocked.lock(service, earlier=lock, everything=True)
    assert versions(renewed) == {"alpha": "1.0", "beta": "2.0"}
    assert "what is below stays as lading.base.lock has it" in stocked.said


def test_another_version_below_is_drift_which_locking_mends(stocked: Dock) -> None:
    base = stocked.image().python_packages("alpha")
    service = Image.from_image(base).python_packages("beta")
    lock = stocked.lock(service)
    asked = read_inputs(service, stocked.project)

    def drifted() -> tuple[str, ...]:
        return misfits(lock, asked, [AMD64])

    assert drifted() == ()
    stocked.index.wheel("alpha", "2.0")
    write_lock(stocked.project, stocked.lock(base), "lading.base.lock")
    assert drifted() == ("linux/amd64: lading.base.lock has alpha 2.0, and this lock 1.0",)
    mended = stocked.lock(service, earlier=lock)
    assert versions(mended) == {"alpha": "2.0", "beta": "1.0"}
    assert differences(asked, mended) == ()


def test_a_lock_counts_where_it_was_made_from_just_what_is_below(stocked: Dock) -> None:
    base = stocked.image().python_packages("alpha")
    write_lock(stocked.project, stocked.lock(base), "lading.base.lock")
    (stocked.project / "lading.broken.lock").write_text("no lock")
    (stocked.project / "lading.folder.lock").mkdir()
    assert own_lock(read_inputs(base, stocked.project)) == ("lading.base.lock", stocked.lock(base))
    assert own_lock(read_inputs(base.python_packages("beta"), stocked.project)) is None
    # The same again under the image's own name comes first.
    write_lock(stocked.project, stocked.lock(base), "lading.zeta.lock")
    found = own_lock(read_inputs(base._copy(name="zeta"), stocked.project))
    assert found is not None
    assert found[0] == "lading.zeta.lock"


def test_a_platform_that_is_new_below_prefers_what_the_others_have(stocked: Dock) -> None:
    base = stocked.image().python_packages("alpha")
    write_lock(stocked.project, stocked.lock(base), "lading.base.lock")
    stocked.index.wheel("alpha", "2.0")
    lock = stocked.lock(Image.from_image(base).python_packages("beta"), AMD64, ARM64)
    assert versions(lock, ARM64) == versions(lock, AMD64) == {"alpha": "1.0", "beta": "1.0"}


def test_a_platform_has_below_what_the_image_has_there(stocked: Dock) -> None:
    (stocked.project / "weights.bin").write_bytes(b"1")
    base = (
        stocked.image()
        .for_platform("linux/arm64", lambda image: image.python_packages("alpha").run("true"))
        .python_packages("beta")
        .model("weights.bin")
    )
    own = stocked.lock(base, AMD64, ARM64)
    write_lock(stocked.project, own, "lading.base.lock")
    stocked.index.wheel("alpha", "2.0")
    stocked.index.wheel("gamma", "1.0", requires=["alpha"])
    service = Image.from_image(base).python_packages("gamma")

    lock = stocked.lock(service, AMD64, ARM64)

    groups = [[one.group for one in part.distributions] for part in lock.platforms]
    assert groups == [[1, 1, 2], [1, 2, 3]]
    assert (
        versions(lock, ARM64) == versions(lock) == {"alpha": "1.0", "beta": "1.0", "gamma": "1.0"}
    )
    asked = read_inputs(service, stocked.project)
    found = lock_below(asked, lock).platforms
    assert [replace(one, inputs=None) for one in found] == [
        replace(one, inputs=None) for one in own.platforms
    ]
    assert misfits(lock, asked, [AMD64, ARM64]) == ()
    assert stocked.lock(service, AMD64, ARM64, earlier=lock) == lock
    # Other weights are drift, and change no version.
    (stocked.project / "weights.bin").write_bytes(b"2")
    asked = read_inputs(service, stocked.project)
    assert "weights.bin has changed" in misfits(lock, asked, [AMD64, ARM64])[0]
    renewed = stocked.lock(service, AMD64, ARM64, earlier=lock)
    assert [part.distributions for part in renewed.platforms] == [
        part.distributions for part in lock.platforms
    ]
    assert misfits(renewed, asked, [AMD64, ARM64]) == ()


def test_three_images_on_each_other(stocked: Dock) -> None:
    lowest = stocked.image().python_packages("alpha")
    middle = Image.from_image(lowest).python_packages("beta")
    own = stocked.lock(middle)
    write_lock(stocked.project, own, "lading.middle.lock")
    stocked.index.wheel("alpha", "2.0")
    stocked.index.wheel("gamma", "1.0", requires=["alpha", "beta"])
    top = Image.from_image(middle).python_packages("gamma")
    lock = stocked.lock(top)
    assert versions(lock) == {"alpha": "1.0", "beta": "1.0", "gamma": "1.0"}
    assert lock.inputs.below == (1, 2)
    assert lock_below(read_inputs(top, stocked.project), lock) == own
    assert (
        lock_below(
            read_inputs(middle, stocked.project),
            lock_below(read_inputs(top, stocked.project), lock),
        ).inputs.below
        == ()
    )
    assert parse_lock(emit_lock(lock)) == lock


def test_each_image_of_many_asks_for_no_installation_of_those_below_again(stocked: Dock) -> None:
    image = stocked.image().python_packages("alpha")
    for number in range(5):
        stocked.index.wheel(f"extra{number}", "1.0", requires=["alpha"])
        image = Image.from_image(image).python_packages(f"extra{number}")
    stocked.lock(image)
    # Every question to the resolver asks what versions there are of what it is about.
    asked = [path for path in stocked.index.asked if path.strip("/") == "simple/alpha"]
    assert len(asked) == 6


def test_files_are_read_once_for_an_image_and_all_below_it(
    stocked: Dock, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def counting(project: Path, path: str) -> RequirementSet:
        read.append(path)
        return read_requirements_file(project, path)

    monkeypatch.setattr(inputs, "read_requirements_file", counting)
    images = many_files(stocked, 6)
    lock = stocked.lock(images[-1], AMD64, ARM64)
    assert sorted(read) == ["0.txt", "1.txt", "2.txt", "3.txt", "4.txt", "5.txt"]
    del read[:]
    assert stocked.lock(images[-1], AMD64, ARM64, earlier=lock) == lock
    assert misfits(lock, read_inputs(images[-1], stocked.project), [AMD64]) == ()
    assert len(read) == 12


def test_what_an_image_below_asks_for_is_what_it_asks_for_by_itself(stocked: Dock) -> None:
    image = many_files(stocked, 2)[-1].index("https://more.example.test/simple", name="more")
    base = image.for_platform(ARM64, lambda one: one.python_packages("beta"))
    base = base.run("true").python_packages("alpha").env(A="1")
    top = Image.from_image(base).index(f"{stocked.other.url}/simple").python_packages("gamma")
    asked = read_inputs(top, stocked.project)
    for platform in (None, AMD64, ARM64):
        if platform is not None:
            asked.on(Platform.parse(platform))
        below = asked.below
        assert below == read_inputs(base, stocked.project)
        alone = read_inputs(base, stocked.project)
        for one in (AMD64, ARM64):
            assert below.on(Platform.parse(one)) == alone.on(Platform.parse(one))
            own = asked.on(Platform.parse(one)).below
            assert own == alone.on(Platform.parse(one))
        lowest = below.below
        assert lowest is not None
        assert lowest.inputs.below == (0,)


def many_files(dock: Dock, count: int) -> list[Image]:
    """Images, each on the one before it, and each with a file of its own."""
    images = [dock.image()]
    for number in range(count):
        dock.write(f"{number}.txt", "alpha\n" if number % 2 else "beta\n")
        images.append(Image.from_image(images[-1]).requirements_file(f"{number}.txt"))
    return images


def test_an_image_that_installs_nothing_on_one_that_does(stocked: Dock) -> None:
    base = stocked.image().python_packages("alpha")
    lock = stocked.lock(Image.from_image(base).cmd("serve"))
    assert lock.platforms == stocked.lock(base).platforms
    on_nothing = stocked.lock(Image.from_image(stocked.image()).python_packages("alpha"))
    assert versions(on_nothing) == {"alpha": "1.0"}
    assert on_nothing.inputs.below == (0,)


def test_what_is_not_locked_is_installed_as_it_is_written(stocked: Dock) -> None:
    base = stocked.image(lock=False).python_packages("alpha")
    service = Image.from_image(base).python_packages("beta")
    lock = stocked.lock(service)
    assert lock.inputs.below == (1,)
    write_lock(stocked.project, lock)
    assert read_lock(stocked.project) == lock
    assert stocked.lock(service, earlier=lock) == lock
    assert lock_below(read_inputs(service, stocked.project), lock) == stocked.lock(base)


def test_a_lock_that_was_edited_is_found_out(stocked: Dock) -> None:
    base = stocked.image().python_packages("alpha")
    service = Image.from_image(base).python_packages("beta")
    lock = stocked.lock(service)
    for below in ((3,), (2, 1)):
        edited = replace(lock, inputs=replace(lock.inputs, below=below))
        write_lock(stocked.project, edited)
        with pytest.raises(FreezeError, match="images below have installations that are not there"):
            read_lock(stocked.project)
    write_lock(stocked.project, stocked.lock(base), "lading.base.lock")
    asked = read_inputs(service, stocked.project)
    (part,) = lock.platforms
    moved_down = tuple(replace(one, group=1) for one in part.distributions)
    edited = replace(lock, platforms=(replace(part, distributions=moved_down),))
    assert differences(asked, edited) == (
        "linux/amd64: lading.base.lock has no beta, and this lock 1.0",
    )
    (alpha, beta) = part.distributions
    other = replace(alpha, hashes=(f"sha256:{'0' * 64}",))
    edited = replace(lock, platforms=(replace(part, distributions=(other, beta)),))
    assert differences(asked, edited) == (
        "linux/amd64: lading.base.lock has another file of alpha 1.0",
    )


def test_an_index_that_serves_a_package_alone_has_to_be_said_below(stocked: Dock) -> None:
    base = stocked.image().python_packages("alpha")
    url = f"{stocked.other.url}/simple"
    service = Image.from_image(base).index(url, packages=["alpha", "beta"]).python_packages("beta")
    (problem,) = stocked.refused(service)
    assert problem.message == f"alpha is in the image below, from {stocked.index.url}/simple"
    assert problem.location == service.steps[3].location
    assert problem.hint == "say there which index serves it"
