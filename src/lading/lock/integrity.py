"""Whether a lock can be what `lading lock` wrote: it may have been edited since."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from lading.grammar.system_package import AUTO
from lading.lock.missing import auto_group

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from lading.lock.model import Distribution, Inputs, Lock, PlatformLock

__all__ = ["flaws"]

_NAMED = re.compile(r"(?P<name>[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?:\[[^\]]*\])?(?= @ |[<>=!~ ,]|\Z)")


def flaws(lock: Lock) -> tuple[str, ...]:
    """What contradicts itself in a lock, or would make a build do what nobody reviewed."""
    return tuple(
        f"{part.platform}: {flaw}"
        for part in lock.platforms
        for flaw in _of_platform(lock.inputs_of(part), part)
    )


def _of_platform(inputs: Inputs, part: PlatformLock) -> Iterator[str]:
    if part.base.reference != inputs.base:
        yield f"the base image is {part.base.reference}, and {inputs.base} was asked for"
    if part.base.is_built:
        if part.base.digest is not None or part.base.manifest is not None:
            yield "the base image has a digest, and a Dockerfile makes it"
    elif inputs.base_digest is not None and part.base.digest != inputs.base_digest:
        yield f"the base image is {part.base.digest}, and {inputs.base_digest} was there"
    if [tool.name for tool in part.tools] not in ([], ["uv"]):
        yield "it has other tools than uv"
    if part.distributions and not part.tools:
        yield "it has no uv to install its distributions with"
    yield from (f"{tool.name}: {flaw}" for tool in part.tools for flaw in _of_url(tool.url))
    yield from _twice("the distribution", (one.name for one in part.distributions))
    for one in part.distributions:
        yield from (f"{one.name}: {flaw}" for flaw in _of_distribution(one, len(inputs.groups)))
    yield from _of_images_below(inputs, part)
    yield from _of_builds(part)
    yield from _of_indexes(inputs, part)
    yield from _of_debs(inputs, part)
    yield from _missing(inputs, part)


def _of_images_below(inputs: Inputs, part: PlatformLock) -> Iterator[str]:
    asked = part.debs_for
    counted = [(inputs.below, len(inputs.groups))] if inputs.lock_python_packages else []
    counted += [(asked.below, len(asked.installations))] if asked else []
    for counts, most in counted:
        if list(counts) != sorted(counts) or max(counts, default=0) > most:
            yield "its images below have installations that are not there"
    if len(part.below) > len(inputs.below):
        yield "it has more images below than were asked for"


def _twice(what: str, names: Iterable[str]) -> Iterator[str]:
    counted = Counter(names)
    yield from (f"{what} {name} is in it twice" for name, count in counted.items() if count > 1)


def _of_distribution(one: Distribution, groups: int) -> Iterator[str]:
    if one.kind == "git":
        if one.commit is None or one.revision is not None:
            yield "it is not locked to a commit"
    elif not any(digest.startswith("sha256:") for digest in one.hashes):
        yield "it has no SHA-256"
    if one.group > groups:
        yield f"it belongs to installation {one.group} of {groups}"
    if one.assumed and not one.is_source:
        yield "it is a wheel, which declares what it requires"
    yield from _of_path(one.url) if one.is_in_project else _of_url(one.url)


def _of_path(path: str) -> Iterator[str]:
    if path.startswith("/") or ".." in path.split("/") or "\\" in path:
        yield "its path leaves the project"


def _of_url(url: str) -> Iterator[str]:
    from lading.grammar.url import has_credentials  # noqa: PLC0415 - only where a lock is read

    if has_credentials(url):
        yield "its URL holds credentials"
    if not url.startswith(("https://", "http://", "ssh://", "git+")):
        yield "its URL is none of a server"


def _of_builds(part: PlatformLock) -> Iterator[str]:
    """What compiles a source decides about the wheel as much as the source does."""
    sources = {one.name for one in part.distributions if one.is_source}
    built = {build.name for build in part.builds}
    yield from (f"{name} has nothing that says how it is built" for name in sorted(sources - built))
    yield from (f"{name} is built, and is no source" for name in sorted(built - sources))
    yield from _twice("the build of", (build.name for build in part.builds))
    installed = {one.name for one in part.distributions}
    for build in part.builds:
        what = f"the build of {build.name}"
        # One that is not isolated has what was installed before.
        known = installed | {one.name for one in build.distributions}
        yield from (f"{what}: {flaw}" for flaw in _unmet(build.requirements, known))
        yield from _twice(f"{what}:", (one.name for one in build.distributions))
        for one in build.distributions:
            yield from (f"{what}: {one.name}: {flaw}" for flaw in _of_distribution(one, 1))
            if one.is_source:
                yield f"{what}: {one.name}: it is no wheel"


def _of_indexes(inputs: Inputs, part: PlatformLock) -> Iterator[str]:
    """What one index serves alone is from there, or from where a requirement of it says."""
    bound = {name: index.url for index in inputs.indexes for name in index.packages}
    groups = inputs.groups
    asked = [line for group in groups for line in group.requirements]
    # Another tool's lock may have it at a URL, which is in no line here.
    files = any(group.files for group in groups)
    found = [*((one, asked) for one in part.distributions)]
    found += [(one, [*build.requirements]) for build in part.builds for one in build.distributions]
    for one, lines in found:
        at_url = (one.index is None and files) or one.name in _at_urls(lines)
        if one.name in bound and one.index != bound[one.name] and not at_url:
            yield f"{one.name}: it comes from {bound[one.name]} alone, and here from elsewhere"


def _at_urls(lines: Iterable[str]) -> set[str]:
    """The names of what is required at a URL or a path."""
    matches = (_NAMED.match(line) for line in lines if " @ " in line)
    return {match["name"] for match in matches if match}


def _of_debs(inputs: Inputs, part: PlatformLock) -> Iterator[str]:
    suites = {archive.suite for archive in part.archives}
    for archive in part.archives:
        if not archive.signed and not inputs.unsigned:
            yield f"the archive of {archive.suite} is not signed, which nothing asked for"
        yield from (f"the archive of {archive.suite}: {flaw}" for flaw in _of_url(archive.url))
    if part.debs and part.debs_for is None:
        yield "it has Debian packages that nothing asked for"
    if part.auto and (part.debs_for is None or auto_group(part.debs_for) is None):
        yield f'it has what system_packages("{AUTO}") stands for, which nothing asked for'
    for deb in (*part.debs, *(deb for one in part.below for deb in one.debs)):
        if deb.suite not in suites:
            yield f"{deb.name}: it is of {deb.suite}, which is no archive of the lock"
        if not deb.path.endswith(".deb"):
            yield f"{deb.name}: its path is that of no Debian package"
    # They are in one folder of the build's context, each by the last part of its path.
    yield from _twice("the file", (deb.path.rpartition("/")[2] for deb in part.debs))


def _missing(inputs: Inputs, part: PlatformLock) -> Iterator[str]:
    locked = {one.name for one in part.distributions}
    for group in inputs.groups:
        yield from _unmet(group.requirements, locked)


def _unmet(lines: Iterable[str], names: Collection[str]) -> Iterator[str]:
    """The requirements that nothing stands for; one with a marker may not apply."""
    for line in lines:
        match = _NAMED.match(line)
        if match and ";" not in line and match["name"] not in names:
            yield f"requirement {line} has no distribution"
