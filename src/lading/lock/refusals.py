"""What a resolver's refusal means to the user: at which line, and what to do about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lading.errors import Problem
from lading.grammar.url import redact
from lading.lock.guard import REFUSAL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lading.errors import Location
    from lading.lock.groups import Group
    from lading.lock.target import Target

__all__ = ["refusal"]

_NEEDS_SOURCE = re.compile(r"Wheels are required for `([^`]+)`")
_NO_WHEEL = re.compile(
    r"\b([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\S* "
    r"has no (?:usable wheels|wheels with a matching)"
)
_NEEDS_CODE = re.compile(
    r"Building source distributions for `([^`]+)` is disabled"
    r"|Failed to (?:download and )?build `([^`]+)`"
)
_UNREACHED = re.compile(
    r"error sending request|dns error|connection refused|tcp connect|timed? ?out"
    r"|client error \(connect\)",
    re.IGNORECASE,
)
_CERTIFICATE = re.compile(
    r"invalid peer certificate|UnknownIssuer|certificate verify", re.IGNORECASE
)
_LIMIT = 5


def refusal(words: str, group: Group, target: Target) -> Problem:
    """The resolver's own words, at the user's line (CASES R18, R23, R26).

    Args:
        words: What it wrote; credentials in it are masked.
        group: What it was asked.
        target: For what.
    """
    detail = redact(words).strip()
    places = group.places()
    named = {name: place for name, place in places.items() if _mentions(detail, name)}
    detail += _asked_for(group, named)
    first = next(iter(named.values()), next(iter(places.values()), None))
    return Problem(
        message=f"the requirements can't be resolved for {target}",
        location=first,
        detail=detail,
        hint=_network_hint(words) or _code_hint(words) or _source_hint(words, target),
    )


def _asked_for(group: Group, named: dict[str, Location]) -> str:
    """Each requirement that is mentioned, with its line: a conflict has two."""
    lines = dict.fromkeys(
        f"{one.location}: {one.requirement.text}"
        for one in (*group.requirements, *group.constraints)
        if one.requirement.name in named
    )
    if len(lines) < 2:  # noqa: PLR2004 - the place of one is the problem's own
        return ""
    more = len(lines) - _LIMIT
    shown = [*list(lines)[:_LIMIT], *([f"and {more} more"] if more > 0 else ())]
    return "\n".join(("\n\nasked for:", *shown))


def _mentions(words: str, name: str) -> bool:
    loose = re.escape(name).replace(r"\-", "[-_.]")
    return re.search(rf"(?<![\w.-]){loose}(?![\w-])", words, re.IGNORECASE) is not None


def _network_hint(words: str) -> str | None:
    if _CERTIFICATE.search(words):
        return "hand in the certificate authority of your network: --ca-bundle FILE"
    if _UNREACHED.search(words):
        return "see whether the index can be reached from here: proxy, certificates, network"
    return None


def _code_hint(words: str) -> str | None:
    names = [first or second for first, second in _NEEDS_CODE.findall(words)]
    if not names or ("is disabled" not in words and REFUSAL not in words):
        return None
    what = _listed(re.split(r"==| @ ", name)[0] for name in names)
    return (
        f"{what} tells its dependencies only to those who run its code, which locking never does: "
        "make a wheel of it (`uv build --wheel`) and require the wheel by its path"
    )


def _source_hint(words: str, target: Target) -> str | None:
    needed = list(dict.fromkeys(_NEEDS_SOURCE.findall(words)))
    missing = list(dict.fromkeys([*_NO_WHEEL.findall(words), *needed]))
    if not missing:
        return None
    musl = target.libc.name == "musl"
    kind = "musllinux" if musl else "manylinux"
    other = ', a distro with glibc (distro="debian")' if musl else ""
    hint = f"{_listed(missing)}: no {kind} wheel fits; take another version, another Python{other}"
    if needed:
        quoted = ", ".join(f'"{name}"' for name in needed)
        hint += f", or compile it in a stage that is not shipped: no_binary=[{quoted}]"
    return hint


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
