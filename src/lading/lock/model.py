"""What `lading.lock` holds: every version, digest and hash that an image is made of.

The file is TOML: sorted, one fact a line, so that a review can read its diff. It holds no time, no
host and no path outside the project, so that it is byte-equal wherever it is made.

The patterns are what a reader of the lock may rely on: no word of it can be an option, hold a line
break, or leave the project, whoever has edited the file.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

__all__ = [
    "FORMAT",
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

_Name: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?\Z")]  # PEP 503
_Version: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9][0-9A-Za-z.!+]*\Z")]  # PEP 440, normal
_Sha256: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
_Digest: TypeAlias = Annotated[str, Meta(pattern=r"^sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})\Z")]
_Hash: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z0-9_]+:[0-9a-f]{32,128}\Z")]
_Commit: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?\Z")]
_Line: TypeAlias = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]+\Z")]
_Word: TypeAlias = Annotated[str, Meta(pattern=r"^[^\x00-\x20\x7f-][^\x00-\x20\x7f]*\Z")]
_Path: TypeAlias = Annotated[
    str, Meta(pattern=r"^(?!/)(?!([^/]*/)*\.\.(/|\Z))[^\x00-\x1f\x7f-][^\x00-\x1f\x7f]*\Z")
]


class _Fact(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A part of the lock: immutable, and strict about keys that it does not know."""


class InputFile(_Fact, frozen=True, kw_only=True):
    """A file of the project that decides by its content: a lock of another tool, or a wheel.

    Attributes:
        path: Where it is in the project.
        sha256: Of its content.
        extras: Which of a uv.lock's extras are asked for.
        groups: Which of its dependency groups are.
    """

    path: _Path
    sha256: _Sha256
    extras: tuple[_Name, ...] = ()
    groups: tuple[_Name, ...] = ()


class InputGroup(_Fact, frozen=True, kw_only=True):
    """The requirements of one installation: all that stand between two commands."""

    requirements: tuple[_Line, ...] = ()
    constraints: tuple[_Line, ...] = ()
    no_binary: tuple[_Word, ...] = ()
    only_binary: tuple[_Word, ...] = ()
    files: tuple[InputFile, ...] = ()


class InputIndex(_Fact, frozen=True, kw_only=True):
    """A package index that was asked for."""

    url: _Word
    name: _Word | None = None
    default: bool = False


class Inputs(_Fact, frozen=True, kw_only=True):
    """What the lock was made from. A lock fits an image when these are equal."""

    base: _Word
    distro: _Word | None = None
    python: _Word
    lock_python_packages: bool = True
    prerelease: bool = False
    no_index: bool = False
    find_links: tuple[_Line, ...] = ()
    indexes: tuple[InputIndex, ...] = ()
    groups: tuple[InputGroup, ...] = ()


class LockedBase(_Fact, frozen=True, kw_only=True):
    """The base image for one platform.

    Attributes:
        reference: As it is asked for, fully qualified.
        digest: Of what the reference named in its registry (an image index or a manifest); None
            where the user allowed a base without one.
        manifest: Of this platform's manifest.
    """

    reference: _Word
    digest: _Digest | None = None
    manifest: _Digest | None = None


class Distribution(_Fact, frozen=True, kw_only=True):
    """One distribution of a Python package, as it will be installed.

    Attributes:
        name: Normalised (PEP 503).
        version: PEP 440; None for a git requirement of an image that is not locked.
        kind: `wheel` and `sdist` come from an index or a direct URL, `file` is a wheel of the
            project, `git` a commit of a repository.
        url: Where the file or the repository is; the path in the project for `file`.
        commit: The commit of a `git` distribution.
        revision: The branch or tag of one in an image that is not locked.
        subdirectory: Where in the repository or archive the project lies.
        hashes: `sha256:...`, any of which the file must have.
        size: Of the file, in bytes, where the index told.
        index: The URL of the index that it was found on, `default` for the resolver's own, and
            None where no index was asked.
        group: In which of the image's installations it is installed first, from 1.
    """

    name: _Name
    version: _Version | None = None
    kind: Literal["wheel", "sdist", "file", "git"] = "wheel"
    url: _Word
    commit: _Commit | None = None
    revision: _Word | None = None
    subdirectory: _Path | None = None
    hashes: tuple[_Hash, ...] = ()
    size: Annotated[int, Meta(ge=0)] | None = None
    index: _Word | None = None
    group: Annotated[int, Meta(ge=1)] = 1

    @property
    def filename(self) -> str:
        """The last part of the URL's path."""
        return self.url.partition("#")[0].partition("?")[0].rpartition("/")[2]

    @property
    def sha256(self) -> str | None:
        """The SHA-256 of the file, in hexadecimal, or None where only other hashes are known."""
        name = "sha256:"
        return next((one.removeprefix(name) for one in self.hashes if one.startswith(name)), None)


class Tool(_Fact, frozen=True, kw_only=True):
    """A program that the build uses and the image does not hold."""

    name: _Name
    version: _Version
    url: _Word
    sha256: _Sha256


class PlatformLock(_Fact, frozen=True, kw_only=True):
    """Everything for one platform."""

    platform: Annotated[str, Meta(pattern=r"^[a-z0-9]+(/[a-z0-9]+){1,2}\Z")]
    base: LockedBase
    tools: tuple[Tool, ...] = ()
    distributions: tuple[Distribution, ...] = ()


class Lock(_Fact, frozen=True, kw_only=True):
    """The whole lock file."""

    version: int = FORMAT
    inputs: Inputs
    platforms: tuple[PlatformLock, ...] = ()

    def platform(self, name: str) -> PlatformLock | None:
        """The part for `name` (such as `linux/amd64`), or None where it was never locked."""
        return next((part for part in self.platforms if part.platform == name), None)
