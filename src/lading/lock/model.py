"""What `lading.lock` holds: every version, digest and hash that an image is made of.

The file is TOML: sorted, one fact a line, so that a review can read its diff. It holds no time, no
host and no path outside the project, so that it is byte-equal wherever it is made.
"""

from __future__ import annotations

import re
from typing import Final, Literal
from urllib.parse import unquote

from lading.lock.forms import (
    Base,
    Commit,
    Digest,
    Fact,
    Group,
    Hash,
    Line,
    Name,
    Path,
    PlatformName,
    Sha256,
    Size,
    Version,
    Word,
)
from lading.lock.input_facts import (
    InputFile,
    InputGroup,
    InputIndex,
    InputKeyring,
    InputModel,
    InputRequires,
    Inputs,
)
from lading.lock.system_facts import (
    Archive,
    AutoPackage,
    Deb,
    DebsFor,
    LockedBelow,
    Provided,
)

__all__ = [
    "FORMAT",
    "Archive",
    "AutoPackage",
    "Build",
    "Deb",
    "DebsFor",
    "Distribution",
    "InputFile",
    "InputGroup",
    "InputIndex",
    "InputKeyring",
    "InputModel",
    "InputRequires",
    "Inputs",
    "Lock",
    "LockedBase",
    "LockedBelow",
    "PlatformLock",
    "Provided",
    "Tool",
    "file_name",
    "is_file_name",
]

FORMAT = 3
"""The format of the file; raised whenever an older Lading would misread a newer one."""

# A file's name becomes a path in the build's context, and a word in its commands.
_FILE_NAME: Final = re.compile(r"[^\x00-\x20\x7f/\\\"'`$.-][^\x00-\x20\x7f/\\\"'`$]*")
_FOLDERS: Final = frozenset({"directory", "git"})
_IN_PROJECT: Final = frozenset({"file", "archive", "directory"})


class LockedBase(Fact, frozen=True, kw_only=True):
    """The base image for one platform.

    Attributes:
        reference: As it is asked for: an image of a registry, fully qualified, one of the project
            (`oci:images/base`), a Dockerfile of it (`dockerfile:base/Dockerfile`), or `scratch`.
        digest: Of what the reference named in its registry (an image index or a manifest), or of
            what the project's file or folder holds; None for `scratch`, what a Dockerfile makes,
            and where the user allowed a base without one.
        manifest: Of this platform's manifest.
    """

    reference: Base
    digest: Digest | None = None
    manifest: Digest | None = None

    @property
    def is_pinned(self) -> bool:
        """Whether it can be no other: by a digest, also one in its reference, or as nothing."""
        if self.is_built:
            return False
        return self.digest is not None or "@" in self.reference or self.reference == "scratch"

    @property
    def is_built(self) -> bool:
        """Whether a Dockerfile of the project makes it, which nothing can pin."""
        return self.reference.startswith("dockerfile:")


class Distribution(Fact, frozen=True, kw_only=True):
    """One distribution of a Python package, as it will be installed.

    Attributes:
        name: Normalised (PEP 503).
        version: PEP 440; None for a git requirement of an image that is not locked.
        kind: `wheel` and `sdist` come from an index or a direct URL; `file` is a wheel of the
            project, `archive` a source archive of it, `directory` a folder of it with a source;
            `git` is a commit of a repository.
        url: Where the file or the repository is; the path in the project for `file`, `archive` and
            `directory`.
        commit: The commit of a `git` distribution.
        revision: The branch or tag of one in an image that is not locked.
        subdirectory: Where in the repository or archive the project lies.
        hashes: `sha256:...`, any of which the file must have; for `directory` that of the names
            and contents of its files.
        size: Of the file, in bytes, where the index told or the file is at hand.
        index: The URL of the index that it was found on, `default` for the resolver's own, and
            None where no index was asked.
        group: In which of the image's installations it is installed first, from 1.
        assumed: Whether what it requires is what the user or its files say, where only its own code
            could tell: the build has to check it.
    """

    name: Name
    version: Version | None = None
    kind: Literal["wheel", "sdist", "file", "archive", "directory", "git"] = "wheel"
    url: Word
    commit: Commit | None = None
    revision: Word | None = None
    subdirectory: Path | None = None
    hashes: tuple[Hash, ...] = ()
    size: Size | None = None
    index: Word | None = None
    group: Group = 1
    assumed: bool = False

    def __post_init__(self) -> None:
        if self.kind not in _FOLDERS and not is_file_name(self.filename):
            raise ValueError(f"{self.filename!r} can't be the name of a file")

    @property
    def is_source(self) -> bool:
        """Whether it must be made into a wheel first."""
        return self.kind in {"sdist", "archive", "directory", "git"}

    @property
    def is_in_project(self) -> bool:
        """Whether `url` is a path of the project."""
        return self.kind in _IN_PROJECT

    @property
    def filename(self) -> str:
        """The last part of the path, as a file is called by it."""
        if self.is_in_project:
            return self.url.rpartition("/")[2]
        return file_name(self.url)

    @property
    def sha256(self) -> str | None:
        """The SHA-256 of the file, in hexadecimal, or None where only other hashes are known."""
        name = "sha256:"
        return next((one.removeprefix(name) for one in self.hashes if one.startswith(name)), None)


def is_file_name(word: str) -> bool:
    """Whether `word` can be the name of a distribution's file: one part of a path, and plain."""
    return _FILE_NAME.fullmatch(word) is not None


def file_name(url: str) -> str:
    """The last part of a URL's path, as a file is called by it."""
    return unquote(url.partition("#")[0].partition("?")[0].rpartition("/")[2])


class Tool(Fact, frozen=True, kw_only=True):
    """A program that the build uses and the image does not hold."""

    name: Name
    version: Version
    url: Word
    sha256: Sha256


class Build(Fact, frozen=True, kw_only=True):
    """What making a wheel of one source takes (PEP 518): installed for that, and never shipped.

    Attributes:
        name: The distribution that is built.
        requirements: What its source asks for, as it asks.
        distributions: What stands for that, with all that it needs in turn.
    """

    name: Name
    requirements: tuple[Line, ...] = ()
    distributions: tuple[Distribution, ...] = ()


class PlatformLock(Fact, frozen=True, kw_only=True):
    """Everything for one platform.

    Attributes:
        platform: Such as `linux/amd64`.
        inputs: What it was made from, where steps for the platform make that another thing than
            the lock's own.
        base: The base image.
        tools: The programs of the build.
        distributions: What is installed.
        builds: What each source of them is made into a wheel with.
        archives: Where `debs` were read from.
        debs_for: The system packages that `debs` were chosen for; None where they are not locked.
        auto: What "auto" among them stands for.
        provided: The names among them that no package has, and what stands for each.
        debs: Those packages with all that they need and the base lacks.
        below: What images below have more, from the lowest; empty where none has any.
    """

    platform: PlatformName
    inputs: Inputs | None = None
    base: LockedBase
    tools: tuple[Tool, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    builds: tuple[Build, ...] = ()
    archives: tuple[Archive, ...] = ()
    debs_for: DebsFor | None = None
    auto: tuple[AutoPackage, ...] = ()
    provided: tuple[Provided, ...] = ()
    debs: tuple[Deb, ...] = ()
    below: tuple[LockedBelow, ...] = ()


class Lock(Fact, frozen=True, kw_only=True):
    """The whole lock file."""

    version: int = FORMAT
    inputs: Inputs
    platforms: tuple[PlatformLock, ...] = ()

    def platform(self, name: str) -> PlatformLock | None:
        """The part for `name` (such as `linux/amd64`), or None where it was never locked."""
        return next((part for part in self.platforms if part.platform == name), None)

    def inputs_of(self, part: PlatformLock) -> Inputs:
        """What one of its parts was made from."""
        return part.inputs or self.inputs
