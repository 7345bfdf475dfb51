"""What `lading.lock` holds: every version, digest and hash that an image is made of.

The file is TOML: sorted, one fact a line, so that a review can read its diff. It holds no time, no host
and no path outside the project, so that it is byte-equal wherever it is made.
"""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = [
    "Distribution",
    "InputFile",
    "InputGroup",
    "InputIndex",
    "Inputs",
    "Lock",
    "LockedBase",
    "PlatformLock",
    "Tool",
]

FORMAT = 1
"""The format of the file; raised whenever an older Lading would misread a newer one."""


class _Fact(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A part of the lock: immutable, and strict about keys that it does not know."""


class InputFile(_Fact, kw_only=True):
    """A file of the project that pins versions itself (uv.lock, pylock.toml)."""

    path: str
    sha256: str


class InputGroup(_Fact, kw_only=True):
    """The requirements of one installation: all that stand between two commands."""

    requirements: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    no_binary: tuple[str, ...] = ()
    only_binary: tuple[str, ...] = ()
    files: tuple[InputFile, ...] = ()


class InputIndex(_Fact, kw_only=True):
    """A package index that was asked for."""

    url: str
    name: str | None = None
    default: bool = False


class Inputs(_Fact, kw_only=True):
    """What the lock was made from. A lock fits an image when these are equal."""

    base: str
    distro: str | None = None
    python: str
    lock_python_packages: bool = True
    prerelease: bool = False
    no_index: bool = False
    find_links: tuple[str, ...] = ()
    indexes: tuple[InputIndex, ...] = ()
    groups: tuple[InputGroup, ...] = ()


class LockedBase(_Fact, kw_only=True):
    """The base image for one platform.

    Attributes:
        reference: As it is asked for, fully qualified.
        digest: Of what the reference named in its registry (an image index or a manifest); None
            where the user allowed a base without one.
        manifest: Of this platform's manifest.
    """

    reference: str
    digest: str | None = None
    manifest: str | None = None


class Distribution(_Fact, kw_only=True):
    """One distribution of a Python package, as it will be installed.

    Attributes:
        name: Normalised (PEP 503).
        version: PEP 440; None for a git requirement of an image that is not locked.
        kind: `wheel` and `sdist` come from an index or a direct URL, `file` is a wheel of the
            project, `git` a commit of a repository.
        url: Where the file or the repository is; the path in the project for `file`.
        commit: The commit of a `git` distribution.
        subdirectory: Where in the repository or archive the project lies.
        hashes: `sha256:...`, any of which the file must have.
        size: Of the file, in bytes, where the index told.
        index: The URL of the index that it was found on, `default` for the resolver's own, and
            None where no index was asked.
        group: In which of the image's installations it is installed first, from 1.
    """

    name: str
    version: str | None = None
    kind: Literal["wheel", "sdist", "file", "git"] = "wheel"
    url: str
    commit: str | None = None
    subdirectory: str | None = None
    hashes: tuple[str, ...] = ()
    size: int | None = None
    index: str | None = None
    group: int = 1

    @property
    def filename(self) -> str:
        """The last part of the URL's path."""
        return self.url.partition("#")[0].partition("?")[0].rpartition("/")[2]


class Tool(_Fact, kw_only=True):
    """A program that the build uses and the image does not hold."""

    name: str
    version: str
    url: str
    sha256: str


class PlatformLock(_Fact, kw_only=True):
    """Everything for one platform."""

    platform: str
    base: LockedBase
    tools: tuple[Tool, ...] = ()
    distributions: tuple[Distribution, ...] = ()


class Lock(_Fact, kw_only=True):
    """The whole lock file."""

    version: int = FORMAT
    inputs: Inputs
    platforms: tuple[PlatformLock, ...] = ()

    def platform(self, name: str) -> PlatformLock | None:
        """The part for `name` (such as `linux/amd64`), or None where it was never locked."""
        return next((part for part in self.platforms if part.platform == name), None)
