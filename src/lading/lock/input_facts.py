"""What a lock was made from: all that is compared with what an image asks for."""

from __future__ import annotations

from lading.lock.forms import (
    Base,
    Count,
    Digest,
    Fact,
    Line,
    Name,
    Path,
    Sha256,
    Word,
)

__all__ = [
    "InputFile",
    "InputGroup",
    "InputIndex",
    "InputKeyring",
    "InputModel",
    "InputRequires",
    "Inputs",
]


class InputFile(Fact, frozen=True, kw_only=True):
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


class InputRequires(Fact, frozen=True, kw_only=True):
    """What a source is said to require, since only its own code could tell."""

    name: Name
    requirements: tuple[Line, ...] = ()


class InputGroup(Fact, frozen=True, kw_only=True):
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


class InputIndex(Fact, frozen=True, kw_only=True):
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


class InputKeyring(Fact, frozen=True, kw_only=True):
    """The keys that a project says sign an archive of Debian packages.

    Attributes:
        archive: Such as `debian-security`.
        path: Of the file in the project.
        sha256: Of that file.
    """

    archive: Word
    path: Path
    sha256: Sha256


class InputModel(Fact, frozen=True, kw_only=True):
    """A file of a model.

    Attributes:
        path: Where it is in the project.
        sha256: Of its content.
        size: In bytes.
    """

    path: Path
    sha256: Sha256
    size: Count


class Inputs(Fact, frozen=True, kw_only=True):
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
