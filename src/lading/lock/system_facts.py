"""The system packages of a lock, and the archives that they are from."""

from __future__ import annotations

from lading.lock.forms import (
    Count,
    DebWord,
    Fact,
    Line,
    Moment,
    Path,
    Sha256,
    Size,
    Word,
)

__all__ = [
    "Archive",
    "AutoPackage",
    "Deb",
    "DebsFor",
    "LockedBelow",
    "Provided",
]


class Archive(Fact, frozen=True, kw_only=True):
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


class DebsFor(Fact, frozen=True, kw_only=True):
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


class Deb(Fact, frozen=True, kw_only=True):
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

    name: DebWord
    version: DebWord
    architecture: DebWord
    path: Path
    sha256: Sha256
    size: Size
    suite: Word
    group: Count = 1


class Provided(Fact, frozen=True, kw_only=True):
    """A name that a user asks for and no package has, with the locked package that stands for it.

    Attributes:
        name: That name.
        package: The package.
    """

    name: Word
    package: DebWord


class AutoPackage(Fact, frozen=True, kw_only=True):
    """A system package that `system_packages("auto")` stands for.

    Attributes:
        package: Its name.
        needed_by: What of it each distribution needs, such as `opencv-python: libGL.so.1`.
    """

    package: Word
    needed_by: tuple[Line, ...]


class LockedBelow(Fact, frozen=True, kw_only=True):
    """What an image below has that an image on it has otherwise: what compiles its sources.

    Attributes:
        compiling: What is asked for where something of it is compiled.
        debs: Those packages with all that they need and the image below lacks.
    """

    compiling: tuple[Word, ...] = ()
    debs: tuple[Deb, ...] = ()
