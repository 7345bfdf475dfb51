"""Components beside main: searched where they are asked for, and named where they would help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from debian.signed_archive import needs, stanza
from debian.test_archive import SUITES, archive, lock, server, target
from lading.errors import ResolutionError

if TYPE_CHECKING:
    from debian.signed_archive import Keys, SignedArchive

__all__ = ["archive", "server", "target"]  # fixtures

pytestmark = needs("gpg", "gpgv")


@pytest.fixture
def full(archive: SignedArchive) -> SignedArchive:
    """An archive with all of Debian's components."""
    archive.stanzas.append(stanza("open", depends="lib, closed"))
    archive.others = {
        "contrib": [stanza("wrapper", depends="lib, closed")],
        "non-free": [stanza("closed", depends="lib")],
        "non-free-firmware": [],
    }
    for suite in SUITES:
        archive.publish(suite)
    return archive


def refused(*names: str, keys: Keys, target: dict[str, Any], **others: object) -> str:
    with pytest.raises(ResolutionError) as caught:
        lock(*names, keys=keys, target=target, **others)
    return str(caught.value)


@pytest.mark.usefixtures("full")
def test_a_component_is_searched_where_it_is_asked_for(keys: Keys, target: dict[str, Any]) -> None:
    found = lock("wrapper", keys=keys, target=target, components=("contrib", "non-free"))
    assert [one.name for one in found.debs] == ["closed", "lib", "wrapper"]


@pytest.mark.usefixtures("full")
def test_a_package_of_another_component_is_told_with_that(
    keys: Keys, target: dict[str, Any]
) -> None:
    assert refused("wrapper", "closed=1.0", keys=keys, target=target).split("\n") == [
        "no package is named wrapper in bookworm, bookworm-updates, bookworm-security",
        'hint: it is in contrib: Image(components=["contrib"])',
        "no package is named closed in bookworm, bookworm-updates, bookworm-security",
        'hint: it is in non-free: Image(components=["non-free"])',
    ]


@pytest.mark.usefixtures("full")
def test_what_a_package_needs_of_another_component_is_told_with_that(
    keys: Keys, target: dict[str, Any]
) -> None:
    assert refused("open", keys=keys, target=target) == (
        "open 1.0 needs closed, which the archive lacks\n"
        'hint: it is in non-free: Image(components=["non-free"])'
    )
    assert refused("wrapper", keys=keys, target=target, components=("contrib",)) == (
        "wrapper 1.0 needs closed, which the archive lacks\n"
        'hint: it is in non-free: Image(components=["contrib", "non-free"])'
    )


def test_what_no_component_has_is_told_as_before(
    full: SignedArchive, keys: Keys, target: dict[str, Any]
) -> None:
    full.stanzas.append(stanza("broken", depends="nowhere"))
    full.publish()
    said = refused("broken", keys=keys, target=target)
    assert "hint: a mirror may be incomplete" in said
    assert "components" not in refused("nowhere", keys=keys, target=target)


@pytest.mark.usefixtures("archive")
def test_a_suite_without_the_component_says_so(keys: Keys, target: dict[str, Any]) -> None:
    said = refused("tool", keys=keys, target=target, components=("non-free",))
    assert "has no packages for amd64 in non-free" in said
