from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lading.errors import ResolutionError
from lading.lock.file import emit_lock
from lock.dock import AMD64, ARM64, versions
from lock.package_index import wheel

if TYPE_CHECKING:
    from lock.dock import Dock


@pytest.fixture
def published(dock: Dock) -> Dock:
    """Two packages, of which the indexes then get newer versions."""
    dock.index.wheel("alpha", "1.0", requires=["beta"])
    dock.index.wheel("beta", "1.0")
    return dock


def newer(dock: Dock) -> None:
    dock.index.wheel("alpha", "1.1", requires=["beta"])
    dock.index.wheel("beta", "1.1")
    dock.index.wheel("gamma", "1.0")
    dock.index.add_uv("0.9.2")


def test_an_unchanged_image_asks_nobody(published: Dock) -> None:
    image = published.image().python_packages("alpha")
    before = published.lock(image)
    newer(published)
    published.index.asked.clear()
    published.registry.seen.clear()

    assert published.lock(image, earlier=before) == before

    assert published.index.asked == []
    assert published.registry.seen == []


def test_pins_stay_when_a_requirement_is_added(published: Dock) -> None:
    before = published.lock(published.image().python_packages("alpha"))
    newer(published)
    image = published.image().python_packages("alpha", "gamma")

    after = published.lock(image, earlier=before)

    assert versions(after) == {"alpha": "1.0", "beta": "1.0", "gamma": "1.0"}
    assert after.platforms[0].tools == before.platforms[0].tools
    assert after.platforms[0].base == before.platforms[0].base


def test_a_pin_that_no_longer_fits_moves(published: Dock) -> None:
    before = published.lock(published.image().python_packages("alpha"))
    newer(published)
    image = published.image().python_packages("alpha", "beta>1")
    assert versions(published.lock(image, earlier=before)) == {"alpha": "1.0", "beta": "1.1"}


def test_what_nobody_needs_any_more_leaves_the_lock(published: Dock) -> None:
    before = published.lock(published.image().python_packages("alpha"))
    image = published.image().python_packages("beta")
    assert versions(published.lock(image, earlier=before)) == {"beta": "1.0"}


def test_upgrading_one_package_moves_no_other(published: Dock) -> None:
    image = published.image().python_packages("alpha")
    before = published.lock(image)
    newer(published)

    after = published.lock(image, earlier=before, upgrade=("beta",))

    assert versions(after) == {"alpha": "1.0", "beta": "1.1"}
    assert after.platforms[0].tools == before.platforms[0].tools


def test_upgrading_one_package_takes_along_what_it_needs(published: Dock) -> None:
    image = published.image().python_packages("alpha")
    before = published.lock(image)
    newer(published)
    published.index.wheel("alpha", "1.2", requires=["beta>=1.1"])
    after = published.lock(image, earlier=before, upgrade=("alpha",))
    assert versions(after) == {"alpha": "1.2", "beta": "1.1"}


def test_uv_is_upgraded_by_its_name(published: Dock) -> None:
    image = published.image().python_packages("alpha")
    before = published.lock(image)
    newer(published)
    after = published.lock(image, earlier=before, upgrade=("uv",))
    assert [tool.version for tool in after.platforms[0].tools] == ["0.9.2"]
    assert versions(after) == versions(before)


def test_an_upgrade_moves_packages_uv_and_the_base(published: Dock) -> None:
    image = published.image().python_packages("alpha")
    before = published.lock(image)
    newer(published)
    contents = published.contents
    contents.add_index("python", "3.11", [contents.add_image("python", None, AMD64, note="new")])

    after = published.lock(image, earlier=before, everything=True)

    assert versions(after) == {"alpha": "1.1", "beta": "1.1"}
    assert [tool.version for tool in after.platforms[0].tools] == ["0.9.2"]
    assert after.platforms[0].base.digest != before.platforms[0].base.digest


def test_an_upgrade_where_nothing_is_newer_gives_the_same_bytes(published: Dock) -> None:
    image = published.image().python_packages("alpha").run("true").python_packages("beta")
    before = published.lock(image)
    assert emit_lock(published.lock(image, earlier=before, everything=True)) == emit_lock(before)


@pytest.mark.parametrize("everything", [True, False])
def test_an_upgrade_sees_past_pages_that_may_still_be_kept(
    published: Dock,
    everything: bool,  # noqa: FBT001
) -> None:
    published.index.max_age = 3600
    image = published.image().python_packages("alpha")
    before = published.lock(image)
    newer(published)
    upgrade = () if everything else ("beta",)

    after = published.lock(image, earlier=before, upgrade=upgrade, everything=everything)

    assert versions(after)["beta"] == "1.1"


def test_a_name_to_upgrade_that_nothing_knows_is_refused(published: Dock) -> None:
    image = published.image().python_packages("alpha")
    before = published.lock(image)
    with pytest.raises(ResolutionError) as raised:
        published.lock(image, earlier=before, upgrade=("alhpa",))
    (problem,) = raised.value.problems
    assert problem.message == "alhpa can't be upgraded: it is not in the lock"
    assert problem.hint == 'did you mean "alpha"?'


def test_a_new_platform_prefers_what_the_others_have(published: Dock) -> None:
    image = published.image().python_packages("alpha")
    before = published.lock(image)
    newer(published)

    after = published.lock(image, AMD64, ARM64, earlier=before)

    assert after.platforms[0] == before.platforms[0]
    assert versions(after, ARM64) == versions(before)


def test_a_changed_version_touches_only_the_lines_of_its_package(published: Dock) -> None:
    image = published.image().python_packages("alpha")
    before = published.lock(image)
    newer(published)
    after = published.lock(image, earlier=before, upgrade=("beta",))

    old, new = emit_lock(before).splitlines(), emit_lock(after).splitlines()

    changed = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
    assert len(changed) == 3  # version, url, hash
    start = new.index('name = "beta"')
    assert all(start < number < start + 6 for number, line in enumerate(new) if line not in old)


def test_another_file_at_the_same_url_is_told_where_it_is_locked(dock: Dock) -> None:
    at_url = f"direct @ {dock.index.url}/files/direct-1.0-py3-none-any.whl"
    image = dock.image().python_packages(at_url)
    dock.index.files["direct-1.0-py3-none-any.whl"] = wheel("direct", "1.0")[1]
    before = dock.lock(image)
    dock.index.files["direct-1.0-py3-none-any.whl"] = wheel("direct", "1.0", requires=["beta"])[1]
    dock.index.wheel("beta", "1.0")

    with pytest.raises(ResolutionError, match="the new lock contradicts itself") as refused:
        dock.lock(image, AMD64, ARM64, earlier=before)
    assert "lading lock --upgrade" in (refused.value.problems[-1].hint or "")
    anew = dock.lock(image, AMD64, ARM64, earlier=before, everything=True)
    assert len(anew.platforms) == 2
