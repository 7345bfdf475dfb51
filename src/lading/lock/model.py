"""What `lading.lock` holds: every version, digest and hash that an image is made of.

The file is TOML: sorted, one fact a line, so that a review can read its diff. It holds no time, no
host and no path outside the project, so that it is byte-equal wherever it is made.
"""

from __future__ import annotations

import re
from typing import Final, Literal
from urllib.parse import unquote

import msgspec

from lading.lock.forms import (  # noqa: TC001 - msgspec reads the fields
    Base,
    Commit,
    Count,
    Digest,
    Group,
    Hash,
    Line,
    Moment,
    Name,
    Path,
    PlatformName,
    Sha256,
    Size,
    Version,
    Word,
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
    "PlatformLock",
    "Tool",
    "file_name",
    "is_file_name",
]

FORMAT = 2
"""The format of the file; raised whenever an older Lading would misread a newer one."""

# A file's name becomes a path in the build's context, and a word in its commands.
_FILE_NAME: Final = re.compile(r"[^\x00-\x20\x7f/\\\"'`$.-][^\x00-\x20\x7f/\\\"'`$]*")
_FOLDERS: Final = frozenset({"directory", "git"})
_IN_PROJECT: Final = frozenset({"file", "archive", "directory"})


class _Fact(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A part of the lock: immutable, and strict about keys that it does not know."""


class InputFile(_Fact, frozen=True, kw_only=True):
    """A file or folder of the project that decides by its content, such as another tool's lock.

    Attributes:
        path: Where it is in the project.
        sha256: Of its content; of a folder, of the names and contents of its files.
        extras: Which of a uv.lock's extras are asked for.
        groups: Which of its dependency groups are.
    """

    path: Path
    sha256: Sha256
    extras: tuple[Name, ...] = ()
    groups: tuple[Name, ...] = ()


class InputRequires(_Fact, frozen=True, kw_only=True):
    """What a source is said to require, since only its own code could tell."""

    name: Name
    requirements: tuple[Line, ...] = ()


class InputGroup(_Fact, frozen=True, kw_only=True):
    """The requirements of one installation: all that stand between two commands.

    Attributes:
        requirements: What to install; one that may come from a single index ends in
            ` # from <URL>`.
        constraints: Versions to keep to.
        no_binary: Names to compile from source.
        only_binary: Names never to compile.
        requires: What sources are said to require.
        build_constraints: Versions to keep to of what sources are built with.
        files: Files that decide by their content.
    """

    requirements: tuple[Line, ...] = ()
    constraints: tuple[Line, ...] = ()
    no_binary: tuple[Word, ...] = ()
    only_binary: tuple[Word, ...] = ()
    requires: tuple[InputRequires, ...] = ()
    build_constraints: tuple[Line, ...] = ()
    files: tuple[InputFile, ...] = ()


class InputIndex(_Fact, frozen=True, kw_only=True):
    """A package index that was asked for; how it lets one in is no part of the answer.

    Attributes:
        url: Without credentials.
        name: The user's name for it.
        default: Whether it takes the place of the resolver's own.
        packages: The only ones that it serves, and which nothing else does; all where empty.
    """

    url: Word
    name: Word | None = None
    default: bool = False
    packages: tuple[Name, ...] = ()


class InputKeyring(_Fact, frozen=True, kw_only=True):
    """The keys that a project says sign an archive of Debian packages.

    Attributes:
        archive: Such as `debian-security`.
        path: Of the file in the project.
        sha256: Of that file.
    """

    archive: Word
    path: Path
    sha256: Sha256


class InputModel(_Fact, frozen=True, kw_only=True):
    """A file of a model.

    Attributes:
        path: Where it is in the project.
        sha256: Of its content.
        size: In bytes.
    """

    path: Path
    sha256: Sha256
    size: Count


class Inputs(_Fact, frozen=True, kw_only=True):
    """What the lock was made from. A lock fits an image when these are equal.

    Attributes:
        base: The base image, as it is asked for.
        base_digest: Of what a base image of the project holds, or what a Dockerfile's context does.
        unsigned: The archives of Debian packages that the project says nobody signs.
        groups: The installations of Python packages.
        below: For each image that this one is put on by `from_image`, from the lowest, how many of
            these are its own or those of images below it.
    """

    base: Base
    base_digest: Digest | None = None
    distro: Word | None = None
    python: Word
    lock_python_packages: bool = True
    lock_system_packages: bool = True
    prerelease: bool = False
    no_index: bool = False
    accelerator: Word | None = None
    find_links: tuple[Line, ...] = ()
    indexes: tuple[InputIndex, ...] = ()
    keyrings: tuple[InputKeyring, ...] = ()
    unsigned: tuple[Word, ...] = ()
    groups: tuple[InputGroup, ...] = ()
    models: tuple[InputModel, ...] = ()
    below: tuple[Count, ...] = ()


class LockedBase(_Fact, frozen=True, kw_only=True):
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


class Distribution(_Fact, frozen=True, kw_only=True):
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


class Tool(_Fact, frozen=True, kw_only=True):
    """A program that the build uses and the image does not hold."""

    name: Name
    version: Version
    url: Word
    sha256: Sha256


class Build(_Fact, frozen=True, kw_only=True):
    """What making a wheel of one source takes (PEP 518): installed for that, and never shipped.

    Attributes:
        name: The distribution that is built.
        requirements: What its source asks for, as it asks.
        distributions: What stands for that, with all that it needs in turn.
    """

    name: Name
    requirements: tuple[Line, ...] = ()
    distributions: tuple[Distribution, ...] = ()


class Archive(_Fact, frozen=True, kw_only=True):
    """A part of a Debian archive that packages were read from, and its signed index.

    Attributes:
        url: The archive's root, as it was reached.
        suite: Such as `bookworm` or `bookworm-security`.
        release: The SHA-256 of its InRelease file, whose signature was checked.
        date: Of that file, as it says itself (RFC 3339, UTC).
        signed: Whether it was; else the archive is one that the project says nobody signs.
    """

    url: Word
    suite: Word
    release: Sha256
    date: Moment
    signed: bool = True


class DebsFor(_Fact, frozen=True, kw_only=True):
    """The system packages that a lock was made for; without any, the base was found to have all.

    Attributes:
        interpreter: The packages of the interpreter, where the base comes without one: they are an
            installation of their own, before all others.
        installations: What the image asks for, by the installations in their order.
        compiling: What is asked for where something is compiled.
        components: Of the archive, beside those that a base image's own sources name.
        snapshot: The moment of the archive that they are taken from; None for its present state.
        below: For each image that this one is put on by `from_image`, from the lowest, how many of
            the installations are its own or those of images below it.
    """

    interpreter: tuple[Word, ...] = ()
    installations: tuple[tuple[Word, ...], ...] = ()
    below: tuple[Count, ...] = ()
    compiling: tuple[Word, ...] = ()
    components: tuple[Word, ...] = ()
    snapshot: Word | None = None

    def __bool__(self) -> bool:
        return bool(self.interpreter or self.installations or self.compiling)

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The installations, with that of the interpreter before all others."""
        return (*((self.interpreter,) if self.interpreter else ()), *self.installations)


class Deb(_Fact, frozen=True, kw_only=True):
    """One Debian package, chosen for what the base has.

    Attributes:
        name: The package.
        version: Debian's, with epoch and revision.
        architecture: `amd64`, `arm64` or `all`.
        path: Below the archive's root.
        sha256: Of the file.
        size: In bytes.
        suite: The suite that it was read from.
        group: In which of the image's installations it is installed, from 1; 0 where it is only
            there for compiling.
    """

    name: Word
    version: Word
    architecture: Word
    path: Path
    sha256: Sha256
    size: Size
    suite: Word
    group: Count = 1


class AutoPackage(_Fact, frozen=True, kw_only=True):
    """A system package that `system_packages("auto")` stands for.

    Attributes:
        package: Its name.
        needed_by: What of it each distribution needs, such as `opencv-python: libGL.so.1`.
    """

    package: Word
    needed_by: tuple[Line, ...]


class LockedBelow(_Fact, frozen=True, kw_only=True):
    """What an image below has that an image on it has otherwise: what compiles its sources.

    Attributes:
        compiling: What is asked for where something of it is compiled.
        debs: Those packages with all that they need and the image below lacks.
    """

    compiling: tuple[Word, ...] = ()
    debs: tuple[Deb, ...] = ()


class PlatformLock(_Fact, frozen=True, kw_only=True):
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
    debs: tuple[Deb, ...] = ()
    below: tuple[LockedBelow, ...] = ()


class Lock(_Fact, frozen=True, kw_only=True):
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
