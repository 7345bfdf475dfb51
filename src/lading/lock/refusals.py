"""What a resolver's refusal means to the user: at which line, and what to do about it.

`_HINTS` is the one place that knows sentences of uv's (0.13.9); each has a test that makes the real
uv say it, so that a newer one that says it differently is found out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.errors import Problem
from lading.grammar.url import redact
from lading.lock.bindings import PROJECT_NAME
from lading.lock.guard import REFUSAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from lading.errors import Location
    from lading.lock.groups import Group, Wanted
    from lading.lock.model import Inputs
    from lading.lock.target import Target

__all__ = ["Needed", "Refused", "needed_sources", "obstacle"]

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_NEEDS_SOURCE = re.compile(r"Wheels are required for `([^`]+)`")
_NO_WHEEL = re.compile(rf"\b({_NAME})\S* has no (?:usable wheels|wheels with a matching)")
_NOT_FOUND = re.compile(
    rf"\b({_NAME}) was not found in the (?:package registry|provided package locations)"
)
_NO_VERSION = re.compile(rf"there (?:is|are) no versions? of ({_NAME})")
_NEEDS_CODE = re.compile(
    r"Building source distributions for `([^`]+)` is disabled"
    r"|Failed to (?:download and )?build `([^`]+)`"
)
_NEEDS_PYTHON = re.compile(rf"\b({_NAME}\S*) depends on Python([<>=!~][^\s,]*)")
_OFFLINE = re.compile(r"network (?:connectivity is|was) disabled")
_UNREACHED = re.compile(
    r"error sending request|dns error|connection refused|tcp connect|timed? ?out"
    r"|client error \(connect\)",
    re.IGNORECASE,
)
_PROXY = re.compile(r"tunnel error|error connecting to socks proxy")
_CERTIFICATE = re.compile(
    r"invalid peer certificate|UnknownIssuer|certificate verify", re.IGNORECASE
)
_TOOK = re.compile(r"(?<=retry|tries) in [0-9.]+m?s\b")
"""What differs from platform to platform where nothing else does, and is told once."""

_FETCHED = re.compile(r"Failed to fetch: `?(https?://[^/\s`]+)")
_GIT = re.compile(r"Git operation failed.*?fatal: ([^\n]+)", re.DOTALL)
_NO_CACHE = re.compile(r"Failed to initialize cache at `([^`]+)`")
_FULL = "No space left on device"
_CAUSE = re.compile(r"^\s*cause: (.+)$", re.MULTILINE)
_NO_LOGIN = re.compile(
    r"\((?P<index>\S+)\) could not be queried due to a lack of valid authentication"
    r"|\((?P<forbidden>\S+)\) returned a 403 Forbidden"
    r"|\b40[13] (?:Unauthorized|Forbidden)\)? for url \((?P<file>[^)\s]+)\)"
)
_REVISION = re.compile(r"(?:@[^@/]+)?(?:#.*)?\Z")
_TORCH = re.compile(r"(?:py)?torch.*|triton(?:-.*)?|fbgemm-gpu.*|xformers")
_LIMIT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """A source that uv would have to run to know what it requires.

    Attributes:
        name: The package.
        version: Its version, where it comes from an index.
        requirement: `name @ URL` where it doesn't, as uv writes it.
    """

    name: str
    version: str | None = None
    requirement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A resolver's refusal.

    Attributes:
        words: What it wrote, with no secret in it.
        group: What it was asked.
        target: For what.
        inputs: Where it looked.
    """

    words: str
    group: Group
    target: Target
    inputs: Inputs

    @property
    def without_wheels(self) -> tuple[str, ...]:
        """The names of what uv finds no wheel of, and would take a source of."""
        return tuple(dict.fromkeys(_NEEDS_SOURCE.findall(self.words)))

    @property
    def is_of_python(self) -> bool:
        """Whether packages that take other versions of Python are all that is in the way."""
        needed = _NEEDS_PYTHON.search(self.words) is not None
        return needed and not (_OFFLINE.search(self.words) or self.without_wheels)

    @property
    def held(self) -> tuple[Wanted, ...]:
        """What the image below keeps at a version, of all that is mentioned."""
        return tuple(
            one
            for one in self.group.constraints
            if one.holder and one.requirement.name and _mentions(self.words, one.requirement.name)
        )

    def problem(self) -> Problem:
        """Its own words, at the user's line, with what to do about it (CASES R18, R23, R26)."""
        detail = (
            _TOOK.sub("", redact(self.words))
            .replace(f"{PROJECT_NAME} depends on", "you require")
            .strip()
        )
        places = self.group.places()
        named = {name: place for name, place in places.items() if _mentions(detail, name)}
        found = (*named.values(), *_by_address(self.group, detail), *places.values())
        detail += _asked_for(self.group, named, self.held)
        return Problem(
            message=obstacle(detail) or f"the requirements can't be resolved for {self.target}",
            location=next(iter(found), None),
            detail=detail,
            hint=next((hint for find in _HINTS if (hint := find(self)) is not None), None),
        )


def obstacle(words: str) -> str | None:
    """What has kept the resolver from any answer, and why; None where nothing has.

    That is the network, or the folder that it keeps its own files in.
    """
    if found := _GIT.search(words):
        return f"git has failed: {found[1]}"
    *_, why = ("", *_CAUSE.findall(words))
    if _UNREACHED.search(words) or _CERTIFICATE.search(words):
        server = _FETCHED.search(words)
        through = " through the proxy" if _PROXY.search(words) else ""
        what = f"{server[1] if server else 'a package index'} can't be reached{through}"
    elif _FULL in words:
        what = "there is no room for what uv keeps"
    elif found := _NO_CACHE.search(words):
        what = f"the cache of uv, {found[1]}, can't be used"
    else:
        return None
    return f"{what}: {why}" if why else what


def needed_sources(words: str) -> tuple[Needed, ...]:
    """The sources whose code uv would have to run, where it refuses because of them."""
    found = [first or second for first, second in _NEEDS_CODE.findall(words)]
    if "is disabled" not in words and REFUSAL not in words:
        return ()
    # uv names one twice: by its URL, and by its name alone.
    sources: dict[str, Needed] = {}
    for one in found:
        name = re.split(r"==| @ ", one)[0]
        known = sources.get(name)
        if known is None or known == Needed(name=name):
            sources[name] = _needed(name, one)
    return tuple(sources.values())


def _needed(name: str, text: str) -> Needed:
    if " @ " in text:
        return Needed(name=name, requirement=text)
    return Needed(name=name, version=text.partition("==")[2] or None)


def _asked_for(group: Group, named: dict[str, Location], held: Sequence[Wanted]) -> str:
    """Each requirement that is mentioned, with its line or who holds it: a conflict has two."""
    asked = (
        one
        for one in (*group.requirements, *group.constraints)
        if one.location is not None and one.requirement.name in named
    )
    lines = dict.fromkeys(
        f"{one.location or one.holder}: {one.requirement.text}" for one in (*asked, *held)
    )
    if len(lines) < 2 and not held:  # noqa: PLR2004 - the place of one is the problem's own
        return ""
    more = len(lines) - _LIMIT
    shown = [*list(lines)[:_LIMIT], *([f"and {more} more"] if more > 0 else ())]
    return "\n".join(("\n\nasked for:", *shown))


def _by_address(group: Group, words: str) -> Iterator[Location]:
    """The lines of requirements that are an address alone, where that is mentioned."""
    for one in group.requirements:
        address = _REVISION.sub("", one.requirement.url or "").removeprefix("git+")
        if one.requirement.name is None and one.location and address and address in words:
            yield one.location


def _mentions(words: str, name: str) -> bool:
    loose = re.escape(name).replace(r"\-", "[-_.]")
    return re.search(rf"(?<![\w.-]){loose}(?![\w-])", words, re.IGNORECASE) is not None


# What to do about it, the most telling first.


def _certificate_hint(refused: Refused) -> str | None:
    if _CERTIFICATE.search(refused.words):
        return "hand in the certificate authority of your network: --ca-bundle FILE"
    return None


def _unreached_hint(refused: Refused) -> str | None:
    if _PROXY.search(refused.words):
        return "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
    if _UNREACHED.search(refused.words):
        return "see whether the index can be reached from here: proxy, certificates, network"
    return None


def _cache_hint(refused: Refused) -> str | None:
    if _FULL in refused.words:
        return "free some space there, or set UV_CACHE_DIR to a folder on a larger disk"
    return "set UV_CACHE_DIR to a folder of yours" if _NO_CACHE.search(refused.words) else None


def _login_hint(refused: Refused) -> str | None:
    found = _NO_LOGIN.search(refused.words)
    if found is None:
        return None
    url = found["index"] or found["forbidden"] or found["file"]
    index = next((one for one in refused.inputs.indexes if url.startswith(one.url)), None)
    name = index.name if index is not None and index.name is not None else "..."
    return (
        f"{url} asks for a login: index(..., name={name!r}, secret=...); "
        "where it has one, see whether that is right"
    ).replace("'", '"')


def _code_hint(refused: Refused) -> str | None:
    sources = needed_sources(refused.words)
    if not sources:
        return None
    what = _listed(one.name for one in sources)
    return (
        f"{what} tells its dependencies only to those who run its code, which locking never does: "
        f'name them: requires={{"{sources[0].name}": [...]}}, or require a wheel of it'
    )


def _accelerator_hint(refused: Refused) -> str | None:
    """Of PyTorch's packages, which come from the index of the accelerator alone."""
    accelerator = refused.inputs.accelerator
    if accelerator is None:
        return None
    words = refused.words
    found = [*_NOT_FOUND.findall(words), *_NO_WHEEL.findall(words), *_NO_VERSION.findall(words)]
    names = [name for name in found if _TORCH.fullmatch(name)]
    if not names:
        return None
    kind = "musllinux" if refused.target.libc.name == "musl" else "manylinux"
    hint = (
        f'{_listed(names)}: the index of accelerator="{accelerator}" has nothing for {kind} and '
        f"Python {refused.target.python} that fits; take another version or accelerator"
    )
    return f'{hint}, or a distro with glibc (distro="debian")' if kind == "musllinux" else hint


def _no_index_hint(refused: Refused) -> str | None:
    if refused.inputs.no_index and _NOT_FOUND.search(refused.words):
        return "a requirements file says --no-index: only what --find-links names is looked at"
    return None


def _bound_hint(refused: Refused) -> str | None:
    """Of packages that one index serves alone."""
    urls = {name: one.url for one in refused.inputs.indexes for name in one.packages}
    names = [name for name in _NOT_FOUND.findall(refused.words) if name in urls]
    if not names:
        return None
    return f"{names[0]} is asked of {urls[names[0]]} only, as index(packages=[...]) says"


def _python_hint(refused: Refused) -> str | None:
    found = _NEEDS_PYTHON.findall(refused.words)
    if not found:
        return None
    package, versions = found[0]
    return (
        f"{package} takes Python {versions}, and the image has {refused.target.python}: take "
        "another version of it, or another Python: Image(python_version=...)"
    )


def _source_hint(refused: Refused) -> str | None:
    needed = list(refused.without_wheels)
    missing = list(dict.fromkeys([*_NO_WHEEL.findall(refused.words), *needed]))
    if not missing:
        return None
    musl = refused.target.libc.name == "musl"
    kind = "musllinux" if musl else "manylinux"
    other = ', a distro with glibc (distro="debian")' if musl else ""
    hint = f"{_listed(missing)}: no {kind} wheel fits; take another version, another Python{other}"
    if needed:
        quoted = ", ".join(f'"{name}"' for name in needed)
        hint += f", or compile it in a stage that is not shipped: no_binary=[{quoted}]"
    return hint


def _held_hint(refused: Refused) -> str | None:
    """Of what the image below has, which nothing on top of it changes."""
    if not refused.held:
        return None
    file = next((one.holder.file for one in refused.held if one.holder), None)
    other = (
        f"upgrade {file}, the lock of the image below, and then this one"
        if file
        else "ask for another version in the image below"
    )
    kept = _listed(one.requirement.text for one in refused.held[:_LIMIT])
    return f"take what fits {kept}, or {other}"


_HINTS: tuple[Callable[[Refused], str | None], ...] = (
    _certificate_hint,
    _unreached_hint,
    _cache_hint,
    _login_hint,
    _code_hint,
    _no_index_hint,
    _accelerator_hint,
    _bound_hint,
    _source_hint,
    _python_hint,
    _held_hint,
)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
