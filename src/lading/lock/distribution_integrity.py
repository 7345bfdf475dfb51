"""What of the Python packages in a lock contradicts itself: see `lading.lock.integrity`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.grammar.invalid import Invalid
from lading.lock.file_names import TOOL_LIBC, WheelNames, archive_flaws
from lading.lock.model import file_name
from lading.lock.places import place_of
from lading.lock.pylock import DEFAULT_INDEX
from lading.lock.requirement_integrity import (
    FROM,
    NAMED,
    read_requirement,
    requirement_flaws,
    unmet,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.lock.model import Build, Distribution, InputGroup, Inputs, PlatformLock

__all__ = ["distribution_flaws", "url_flaws"]

_WEB = ("https://", "http://")
_REPOSITORY = (*_WEB, "ssh://", "git+")


def distribution_flaws(inputs: Inputs, part: PlatformLock) -> Iterator[str]:
    """What contradicts itself among the Python packages of one platform, and what builds them."""
    yield from _of_tools(inputs, part)
    try:
        wheels = WheelNames.of(inputs, part.platform) if part.distributions else None
    except Invalid as error:
        yield f"it has Python packages, and none can be locked for it: {error.message}"
        return
    if wheels is not None:
        yield from _of_distributions(inputs, part, wheels)
        for build in part.builds:
            found = _of_build(build, part, wheels)
            yield from (f"the build of {build.name}: {flaw}" for flaw in found)
    yield from _of_sources(part)
    yield from _of_indexes(inputs, part)
    yield from requirement_flaws(inputs, part)


def _of_tools(inputs: Inputs, part: PlatformLock) -> Iterator[str]:
    if [tool.name for tool in part.tools] not in ([], ["uv"]):
        yield "it has other tools than uv"
    if part.distributions and not part.tools:
        yield "it has no uv to install its distributions with"
    for tool in part.tools:
        yield from (f"{tool.name}: {flaw}" for flaw in url_flaws(tool.url))
        try:
            wheels = WheelNames.of(inputs, part.platform, TOOL_LIBC)
        except Invalid as error:
            yield f"{tool.name}: nothing can be installed by it: {error.message}"
        else:
            found = wheels.flaws(file_name(tool.url), tool.name, tool.version)
            yield from (f"{tool.name}: {flaw}" for flaw in found)


def _of_distributions(inputs: Inputs, part: PlatformLock, wheels: WheelNames) -> Iterator[str]:
    yield from twice("the distribution", (one.name for one in part.distributions))
    count = len(inputs.groups)
    for one in part.distributions:
        yield from (f"{one.name}: {flaw}" for flaw in _of_distribution(one, count, wheels))


def twice(what: str, names: Iterable[str]) -> Iterator[str]:
    """The names that come more than once, where each must be one thing."""
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
    yield from (f"{what} {name} is in it twice" for name, count in seen.items() if count > 1)


def _of_distribution(one: Distribution, groups: int, wheels: WheelNames) -> Iterator[str]:
    if one.group > groups:
        yield f"it belongs to installation {one.group} of {groups}"
    if one.assumed and not one.is_source:
        yield "it is a wheel, which declares what it requires"
    yield from _of_git(one) if one.kind == "git" else _of_content(one)
    if one.subdirectory is not None and not (one.is_source and one.index is None):
        yield "it has a subdirectory, and is nothing that has any"
    if one.is_in_project:
        yield from _path_flaws(one.url)
    else:
        yield from url_flaws(one.url, _REPOSITORY if one.kind == "git" else _WEB)
    if one.kind in {"wheel", "file"}:
        yield from wheels.flaws(one.filename, one.name, one.version)
    elif one.kind in {"sdist", "archive"}:
        yield from archive_flaws(one)


def _of_git(one: Distribution) -> Iterator[str]:
    if one.commit is None or one.revision is not None:
        yield "it is not locked to a commit"
    if one.hashes or one.size is not None:
        yield "it has the hash or the size of a file, and is a commit"


def _of_content(one: Distribution) -> Iterator[str]:
    if one.sha256 is None:
        yield "it has no SHA-256"
    # Any of its hashes lets a file pass, and an index tells one by each algorithm.
    yield from twice("a hash by", (digest.partition(":")[0] for digest in one.hashes))
    if one.commit is not None or one.revision is not None:
        yield "it has a commit, and is in no repository"
    if one.kind == "directory" and one.size is not None:
        yield "it has the size of a file, and is a folder"


def _path_flaws(path: str) -> Iterator[str]:
    if path.startswith("/") or ".." in path.split("/") or "\\" in path or "://" in path:
        yield "its path leaves the project"


def url_flaws(url: str, schemes: tuple[str, ...] = _WEB) -> Iterator[str]:
    """What can be wrong with any URL of a lock."""
    from lading.grammar.url import has_credentials  # noqa: PLC0415 - only where a lock is read

    if has_credentials(url):
        yield "its URL holds credentials"
    if not url.startswith(schemes) or place_of(url) is None:
        yield "its URL is none of a server"


def _of_build(build: Build, part: PlatformLock, wheels: WheelNames) -> Iterator[str]:
    # One that is not isolated has what was installed before.
    known: dict[str, str | None] = {one.name: None for one in part.distributions}
    known |= {one.name: one.version for one in build.distributions}
    yield from unmet(build.requirements, known, wheels.target.markers())
    unread = (line for line in build.requirements if read_requirement(line) is None)
    yield from (f"requirement {line} can't be read" for line in unread)
    yield from twice("the distribution", (one.name for one in build.distributions))
    for one in build.distributions:
        yield from (f"{one.name}: {flaw}" for flaw in _of_distribution(one, 1, wheels))
        if one.is_source:
            yield f"{one.name}: it is no wheel"


def _of_sources(part: PlatformLock) -> Iterator[str]:
    """What compiles a source decides about the wheel as much as the source does."""
    sources = {one.name for one in part.distributions if one.is_source}
    built = {build.name for build in part.builds}
    yield from (f"{name} has nothing that says how it is built" for name in sorted(sources - built))
    yield from (f"{name} is built, and is no source" for name in sorted(built - sources))
    yield from twice("the build of", (build.name for build in part.builds))


def _of_indexes(inputs: Inputs, part: PlatformLock) -> Iterator[str]:
    """What one index serves alone is from there, or from where a requirement of it says."""
    bound = {name: index.url for index in inputs.indexes for name in index.packages}
    asked = [line for group in inputs.groups for line in group.requirements]
    # Another tool's lock may have it at a URL, which is in no line here, or on an index of its own;
    # PyTorch's own are those that the resolver knows by the accelerator.
    others = any(file.path not in _paths(group) for group in inputs.groups for file in group.files)
    known = None if others or inputs.accelerator else _indexes(inputs, asked)
    found = [*((one, asked) for one in part.distributions)]
    found += [(one, [*build.requirements]) for build in part.builds for one in build.distributions]
    for one, lines in found:
        at_url = (one.index is None and others) or one.name in _at_urls(lines)
        if one.name in bound and one.index != bound[one.name] and not at_url:
            yield f"{one.name}: it comes from {bound[one.name]} alone, and here from elsewhere"
        elif known is not None and one.index not in known:
            yield f"{one.name}: its index is {one.index}, which nothing asked for"


def _indexes(inputs: Inputs, lines: Iterable[str]) -> frozenset[str | None]:
    """All that a distribution may have been found on; none is that of a URL, or of a page."""
    urls = {index.url for index in inputs.indexes}
    urls |= {line.partition(FROM)[2] for line in lines if FROM in line}
    # An image below may have had the resolver's own, before another took its place.
    has_own = inputs.below or not any(index.default for index in inputs.indexes)
    return frozenset({None, *urls, *([DEFAULT_INDEX] if has_own else ())})


def _paths(group: InputGroup) -> frozenset[str | None]:
    """The paths that requirements are; all other files of a group are read for what they say."""
    return frozenset(asked.path for line in group.requirements if (asked := read_requirement(line)))


def _at_urls(lines: Iterable[str]) -> set[str]:
    """The names of what is required at a URL or a path."""
    matches = (NAMED.match(line) for line in lines if " @ " in line)
    return {match["name"] for match in matches if match}
