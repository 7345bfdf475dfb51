"""Whether a lock can be what `lading lock` wrote: it may have been edited since."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.lock.model import Distribution, Lock, PlatformLock

__all__ = ["flaws"]

_NAMED = re.compile(r"(?P<name>[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?:\[[^\]]*\])?(?= @ |[<>=!~ ,]|\Z)")


def flaws(lock: Lock) -> tuple[str, ...]:
    """What contradicts itself in a lock, or would make a build do what nobody reviewed."""
    return tuple(
        f"{part.platform}: {flaw}" for part in lock.platforms for flaw in _of_platform(lock, part)
    )


def _of_platform(lock: Lock, part: PlatformLock) -> Iterator[str]:
    if part.base.reference != lock.inputs.base:
        yield f"the base image is {part.base.reference}, and {lock.inputs.base} was asked for"
    if [tool.name for tool in part.tools] not in ([], ["uv"]):
        yield "it has other tools than uv"
    if part.distributions and not part.tools:
        yield "it has no uv to install its distributions with"
    yield from (f"{tool.name}: {flaw}" for tool in part.tools for flaw in _of_url(tool.url))
    for one in part.distributions:
        yield from (
            f"{one.name}: {flaw}" for flaw in _of_distribution(one, len(lock.inputs.groups))
        )
    yield from _missing(lock, part)


def _of_distribution(one: Distribution, groups: int) -> Iterator[str]:
    if one.kind == "git":
        if one.commit is None or one.revision is not None:
            yield "it is not locked to a commit"
    elif not any(digest.startswith("sha256:") for digest in one.hashes):
        yield "it has no SHA-256"
    if one.group > groups:
        yield f"it belongs to installation {one.group} of {groups}"
    if one.kind != "file":
        yield from _of_url(one.url)


def _of_url(url: str) -> Iterator[str]:
    from lading.grammar.url import has_credentials  # noqa: PLC0415 - only where a lock is read

    if has_credentials(url):
        yield "its URL holds credentials"
    if not url.startswith(("https://", "http://", "ssh://", "git+")):
        yield "its URL is none of a server"


def _missing(lock: Lock, part: PlatformLock) -> Iterator[str]:
    """The requirements that nothing stands for; one with a marker may not apply."""
    locked = {one.name for one in part.distributions}
    for group in lock.inputs.groups:
        for line in group.requirements:
            match = _NAMED.match(line)
            if match and ";" not in line and match["name"] not in locked:
                yield f"requirement {line} has no distribution"
