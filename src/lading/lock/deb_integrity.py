"""What of the system packages in a lock contradicts itself: see `lading.lock.integrity`."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from lading.distros import archive_suites, debian_architecture, parse_distro
from lading.grammar.base import SCRATCH
from lading.grammar.invalid import Invalid
from lading.grammar.system_package import AUTO, name_in
from lading.lock.distribution_integrity import twice, url_flaws
from lading.lock.file_names import deb_flaws
from lading.lock.missing import auto_group
from lading.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lading.lock.model import AutoPackage, Deb, DebsFor, Inputs, LockedBelow, PlatformLock

__all__ = ["system_flaws"]


def system_flaws(inputs: Inputs, part: PlatformLock) -> Iterator[str]:
    """What contradicts itself among the system packages of one platform, and in their archives."""
    yield from _of_archives(inputs, part)
    if part.debs and part.debs_for is None:
        yield "it has Debian packages that nothing asked for"
    yield from _of_debs(part.debs, part)
    if part.debs_for is not None:
        yield from _of_groups(part.debs_for, part.debs)
        if part.base.reference == str(SCRATCH):
            yield from _of_roots(part.debs_for, part.debs)
            yield from _of_words(part.debs_for, part)
    yield from _of_provided(part)
    yield from _of_auto(part)
    yield from _of_images_below(inputs, part)


def _of_archives(inputs: Inputs, part: PlatformLock) -> Iterator[str]:
    known = _suites(inputs, part.platform)
    yield from twice("the archive of", (archive.suite for archive in part.archives))
    for archive in part.archives:
        what = f"the archive of {archive.suite}"
        if archive.suite not in known:
            yield f"{what} is none of {inputs.distro or 'an image without a distro'}"
        if not archive.signed and not inputs.unsigned:
            yield f"{what} is not signed, which nothing asked for"
        yield from (f"{what}: {flaw}" for flaw in url_flaws(archive.url))


def _suites(inputs: Inputs, platform: str) -> frozenset[str]:
    try:
        architecture = debian_architecture(Platform.parse(platform).architecture)
        found = archive_suites(parse_distro(inputs.distro or ""), architecture=architecture)
    except Invalid:
        return frozenset()
    return frozenset(one.suite for one in found)


def _of_debs(debs: Sequence[Deb], part: PlatformLock) -> Iterator[str]:
    suites = {archive.suite for archive in part.archives}
    for deb in debs:
        if deb.suite not in suites:
            yield f"{deb.name}: it is of {deb.suite}, which is no archive of the lock"
        yield from (f"{deb.name}: {flaw}" for flaw in deb_flaws(deb, part.platform))
    # A later installation may bring another version of what an earlier one has.
    yield from twice("the package", (f"{deb.name} of installation {deb.group}" for deb in debs))
    names: dict[str, str] = {}
    for deb in debs:
        if names.setdefault(deb.sha256, deb.name) != deb.name:
            yield f"{deb.name}: its SHA-256 is that of {names[deb.sha256]}"
    # They are in one folder of the build's context, each by the last part of its path.
    yield from twice("the file", (deb.path.rpartition("/")[2] for deb in debs))


def _of_groups(asked: DebsFor, debs: Sequence[Deb]) -> Iterator[str]:
    """Each package is there by the installation that asks for it, unless the base has it."""
    count = len(asked.groups)
    for deb in debs:
        if deb.group > count:
            yield f"{deb.name}: it belongs to installation {deb.group} of {count}"
        if not deb.group and not asked.compiling:
            yield f"{deb.name}: it is for compiling, and nothing is asked for that"
    by_name: dict[str, list[Deb]] = {}
    for deb in debs:
        by_name.setdefault(deb.name, []).append(deb)
    for number, words in enumerate(asked.groups, start=1):
        for word in words:
            name, version = name_in(word), word.partition("=")[2]
            found = by_name.get(name, [])
            if found and not any(0 < deb.group <= number for deb in found):
                yield f"{name}: installation {number} asks for it, and a later one has it"
            if found and version and not any(fnmatchcase(deb.version, version) for deb in found):
                yield f"{name}: its version is {found[0].version}, and {version} is asked for"


def _of_roots(asked: DebsFor, debs: Sequence[Deb]) -> Iterator[str]:
    """Nothing has no package: what makes a base of it must be there, each by its own name."""
    there = {deb.name for deb in debs if deb.group}
    for name in asked.interpreter:
        if name not in there:
            yield f"{name} makes the base image, and is no Debian package of the lock"


def _of_words(asked: DebsFor, part: PlatformLock) -> Iterator[str]:
    """What a user names must be there too, or be what a package provides that is there."""
    there = {deb.name for deb in part.debs if deb.group} | {one.name for one in part.provided}
    for word in dict.fromkeys(word for words in asked.installations for word in words):
        if word != AUTO and name_in(word) not in there:
            yield f"{name_in(word)} is asked for, and is no Debian package of the lock"


def _of_provided(part: PlatformLock) -> Iterator[str]:
    """What stands for a name is a package of the lock, and the name is asked for."""
    yield from twice("what provides", (one.name for one in part.provided))
    groups = part.debs_for.groups if part.debs_for else ()
    asked = {name_in(word) for words in groups for word in words}
    there = {deb.name for deb in part.debs if deb.group}
    for one in part.provided:
        if one.name not in asked:
            yield f"{one.name}: {one.package} provides it, and nothing asked for it"
        if one.package not in there:
            what = f"{one.package}, which provides it,"
            yield f"{one.name}: {what} is no Debian package of the lock"


def _of_auto(part: PlatformLock) -> Iterator[str]:
    if part.auto and (part.debs_for is None or auto_group(part.debs_for) is None):
        yield f'it has what system_packages("{AUTO}") stands for, which nothing asked for'
    yield from twice("what is needed of", (one.package for one in part.auto))
    for one in part.auto:
        yield from _of_auto_package(one, part)


def _of_auto_package(one: AutoPackage, part: PlatformLock) -> Iterator[str]:
    if one.package not in {deb.name for deb in part.debs}:
        yield f"{one.package}: it is needed, and no Debian package of the lock"
    installed = {distribution.name for distribution in part.distributions}
    for need in one.needed_by:
        if need.partition(": ")[0] not in installed:
            yield f"{one.package}: it is needed by {need}, which is no distribution of the lock"


def _of_images_below(inputs: Inputs, part: PlatformLock) -> Iterator[str]:
    asked = part.debs_for
    counted = [(inputs.below, len(inputs.groups))] if inputs.lock_python_packages else []
    counted += [(asked.below, len(asked.installations))] if asked else []
    for counts, most in counted:
        if list(counts) != sorted(counts) or max(counts, default=0) > most:
            yield "its images below have installations that are not there"
    if len(part.below) > len(inputs.below):
        yield "it has more images below than were asked for"
    for number, one in enumerate(part.below, start=1):
        yield from (f"image below {number}: {flaw}" for flaw in _of_image_below(one, part))


def _of_image_below(one: LockedBelow, part: PlatformLock) -> Iterator[str]:
    yield from _of_debs(one.debs, part)
    if one.debs and not one.compiling:
        yield "it has packages for compiling, and nothing is asked for that"
    for deb in one.debs:
        if deb.group:
            yield f"{deb.name}: it belongs to installation {deb.group}, and is for compiling"
