"""Where distributions are installed from: one place, one call of the installer, one file.

Each index is the only one of its call, so that no other can give, or be asked for, what it serves.
A file of one place stays the same when another's distributions change.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lading.dockerfile.secrets import index_login, index_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lading.info import ImageInfo, InstallPython, PackageIndex, SecretUse
    from lading.lock.model import Distribution

__all__ = ["Place", "everywhere", "places"]

_FILES = "files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place, and what is installed from it.

    Attributes:
        name: What its requirements file is called by; empty for the default index.
        lines: The content of that file.
        words: The options of uv that name the place, and no other.
        login: Assignments that let uv in.
        secrets: What those read.
    """

    name: str
    lines: tuple[str, ...]
    words: tuple[str, ...] = ()
    login: tuple[str, ...] = ()
    secrets: tuple[SecretUse, ...] = ()


def places(
    info: ImageInfo, distributions: Iterable[Distribution], *, wheels: str
) -> tuple[Place, ...]:
    """The places of locked distributions that need no compiling: the default index, then others.

    Args:
        info: The image.
        distributions: What to install.
        wheels: The folder in which a step finds the files among them.
    """
    found: dict[str, list[Distribution]] = {}
    for one in distributions:
        found.setdefault(_place(info, one), []).append(one)
    return tuple(
        _files(info, found[url], wheels) if url == _FILES else _index(info, url, found[url])
        for url in sorted(found, key=lambda url: (url != "default", url))
    )


def everywhere(info: ImageInfo, step: InstallPython) -> Place:
    """All indexes at once: where the requirements of an image without a lock are looked for."""
    words = ["--no-index"] if info.no_index else []
    for index in info.indexes:
        words += ("--default-index" if index.default else "--index", _named(index))
    if info.python_mirror and _default(info) is None:
        words += ("--default-index", info.python_mirror)
    for link in info.find_links:
        words += ("--find-links", link)
    return Place(
        name="",
        lines=step.requirements,
        words=tuple(words),
        login=tuple(word for index in info.indexes for word in index_login(index)),
        secrets=tuple(secret for index in info.indexes for secret in index_secrets(index)),
    )


def _place(info: ImageInfo, one: Distribution) -> str:
    # What a page of links gave is installed from its URL: such a page is no index.
    if info.vendored or one.kind == "file" or one.index is None or one.index in info.find_links:
        return _FILES
    default = _default(info)
    return "default" if default and _same(default.url, one.index) else one.index


def _files(info: ImageInfo, distributions: Iterable[Distribution], wheels: str) -> Place:
    """What comes from files of the context, and from direct URLs."""
    found = tuple(distributions)
    local = info.vendored or any(one.kind == "file" for one in found)
    words = ("--no-index", *(("--find-links", wheels) if local else ()))
    lines = tuple(_pinned(one, by_url=not info.vendored and one.kind != "file") for one in found)
    return Place(name=_FILES, lines=lines, words=words)


def _index(info: ImageInfo, url: str, distributions: Iterable[Distribution]) -> Place:
    lines = tuple(_pinned(one, by_url=False) for one in distributions)
    index = _default(info) if url == "default" else _declared(info, url)
    if index is None:
        asked = info.python_mirror if url == "default" else url
        words = ("--default-index", asked) if asked else ()
        return Place(name=_slug(None, url), lines=lines, words=words)
    return Place(
        name="" if index.default else _slug(index.name, url),
        lines=lines,
        words=("--default-index", _named(index)),
        login=index_login(index),
        secrets=index_secrets(index),
    )


def _pinned(distribution: Distribution, *, by_url: bool) -> str:
    what = f" @ {distribution.url}" if by_url else f"=={distribution.version}"
    hashes = (f"--hash={digest}" for digest in distribution.hashes)
    return " \\\n    ".join((f"{distribution.name}{what}", *hashes))


def _default(info: ImageInfo) -> PackageIndex | None:
    return next((index for index in info.indexes if index.default), None)


def _declared(info: ImageInfo, url: str) -> PackageIndex | None:
    return next((index for index in info.indexes if _same(index.url, url)), None)


def _same(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/")


def _named(index: PackageIndex) -> str:
    return f"{index.name}={index.url}" if index.name else index.url


def _slug(name: str | None, url: str) -> str:
    """A name of an index for files: told apart by its URL, told to people by its name or host."""
    if url == "default":
        return ""
    readable = re.sub(r"[^a-z0-9]+", "-", (name or urlsplit(url).hostname or "").lower()).strip("-")
    return f"{readable}-{hashlib.sha256(url.rstrip('/').encode()).hexdigest()[:8]}"
