"""What of the requirements in a lock nothing stands for: see `lading.lock.integrity`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lading.grammar.invalid import Invalid
from lading.grammar.marker import comparisons
from lading.grammar.requirement import Requirement
from lading.lock.file_names import target_of
from lading.lock.places import place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lading.lock.model import Distribution, InputGroup, Inputs, PlatformLock

__all__ = ["FROM", "NAMED", "read_requirement", "requirement_flaws", "unmet"]

FROM: Final = " # from "
"""What stands between a requirement and the only index that it may come from."""

NAMED: Final = re.compile(
    r"(?P<name>[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?:\[[^\]]*\])?(?= @ |[<>=!~ ,]|\Z)"
)
"""The name that a requirement begins with."""

_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
# The variables of a marker (PEP 508) whose values and comparisons no two programs read otherwise.
_VERSIONS: Final = frozenset({"python_version", "python_full_version", "implementation_version"})
_ORDER: Final = frozenset({"==", "!=", "<", "<=", ">", ">=", "~="})
_WORDS: Final = frozenset(
    {
        *("os_name", "sys_platform", "platform_machine", "platform_system"),
        *("implementation_name", "platform_python_implementation"),
    }
)


def requirement_flaws(inputs: Inputs, part: PlatformLock) -> Iterator[str]:
    """The requirements of one platform, and what stands for them otherwise than they say."""
    environment = _environment(inputs, part.platform)
    locked = {one.name: one for one in part.distributions}
    versions = {name: one.version for name, one in locked.items()}
    for number, group in enumerate(inputs.groups, start=1):
        yield from unmet(group.requirements, versions, environment)
        for asked in filter(None, map(read_requirement, group.requirements)):
            one = locked.get(asked.name or "")
            if one is None or not _applies(asked.marker, environment):
                continue
            if one.group > number:
                yield (
                    f"{one.name}: it belongs to installation {one.group}, "
                    f"and installation {number} asks for it"
                )
            yield from (f"{one.name}: {flaw}" for flaw in _otherwise(one, asked, group))


def read_requirement(line: str) -> Requirement | None:
    """A requirement of a lock; None where it was edited, which is drift."""
    try:
        return Requirement.parse(line.partition(FROM)[0])
    except Invalid:
        return None


def unmet(
    lines: Iterable[str], versions: Mapping[str, str | None], environment: Mapping[str, str]
) -> Iterator[str]:
    """The requirements that nothing stands for, or another version.

    Args:
        lines: The requirements.
        versions: What is there; of no version where any will do.
        environment: What their markers are evaluated in; empty where no package can be locked.
    """
    for line in lines:
        match, asked = NAMED.match(line), read_requirement(line)
        if match is None or (asked is not None and not _applies(asked.marker, environment)):
            continue
        name = match["name"]
        if name not in versions:
            yield f"requirement {line} has no distribution"
        elif not _is_met(line, versions[name]):
            yield f"requirement {line} has {name} {versions[name]}"


def _environment(inputs: Inputs, platform: str) -> Mapping[str, str]:
    try:
        return target_of(inputs, platform).markers()
    except Invalid:
        return {}


def _applies(marker: str | None, environment: Mapping[str, str]) -> bool:
    """Whether a marker holds beyond doubt, since a resolver decided it by a reading of its own."""
    from packaging.markers import Marker  # noqa: PLC0415 - 20 ms

    if marker is None:
        return True
    is_sure = bool(environment) and all(_is_sure(*one) for one in comparisons(marker))
    return is_sure and Marker(marker).evaluate({**environment})


def _is_sure(left: str, operator: str, right: str) -> bool:
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415 - 20 ms

    name, value = (right, left) if left[:1] in {"'", '"'} else (left, right)
    if name in _WORDS:
        return operator in {"==", "!=", "in", "not in"}
    if name not in _VERSIONS or operator not in _ORDER:
        return False
    try:
        Version(value[1:-1])
    except InvalidVersion:  # a whole series, such as 3.*, too
        return False
    return True


def _is_met(line: str, version: str | None) -> bool:
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415 - 20 ms

    asked = read_requirement(line)
    if asked is None or version is None or not asked.specifier:
        return True
    return SpecifierSet(asked.specifier).contains(version, prereleases=True)


def _otherwise(one: Distribution, asked: Requirement, group: InputGroup) -> Iterator[str]:
    """What a requirement says otherwise than what stands for it: its hash, or where it is."""
    if asked.hashes and not set(asked.hashes) & set(one.hashes):
        yield f"it has no hash that requirement {asked} allows"
    for file in group.files:
        if file.path == asked.path and one.sha256 != file.sha256:
            yield f"its SHA-256 is {one.sha256}, and that of {file.path} {file.sha256}"
    there, here = place_of(asked.url or ""), place_of(one.url)
    if there is None or here is None:
        return
    if not there.is_at(here):
        yield f"it is at {one.url}, and {asked.url} is asked for"
    if _COMMIT.fullmatch(there.revision) and one.commit != there.revision:
        yield f"its commit is {one.commit}, and {there.revision} is asked for"
    if (one.subdirectory or "").strip("/") != there.subdirectory:
        words = [found or "none" for found in (one.subdirectory, there.subdirectory)]
        yield f"its subdirectory is {words[0]}, and {words[1]} is asked for"
