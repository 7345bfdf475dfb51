"""Where the packages of Debian and Ubuntu come from: their archives, and the suites in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lading.grammar.invalid import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    from lading.distros.distro import Distro

    Roots: TypeAlias = Iterable[tuple[str, str]]

__all__ = ["SNAPSHOT", "ArchiveSuite", "archive_suites", "debian_architecture"]

SNAPSHOT: Final = "snapshot"
"""How mirrors call the archive of what Debian's archives held at some time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveSuite:
    """One suite of an archive.

    Attributes:
        archive: The archive's name: `debian`, `debian-security`.
        mirror: What a mirror of it is told by: its name, or `snapshot` for a state of it.
        root: The URL that `dists/` and `pool/` are below, without a slash at the end.
        suite: Such as `bookworm-updates`.
        components: What a base image's own sources name, and what is asked for beside them.
    """

    archive: str
    mirror: str
    root: str
    suite: str
    components: tuple[str, ...]

    def source(self, option: str | None = None) -> str:
        """Its line for apt, with an option where there is one: sources.list(5)."""
        told = "" if option is None else f"[{option}] "
        return f"deb {told}{self.root} {self.suite} {' '.join(self.components)}"


# Every Debian image has `main` alone, every Ubuntu image all four.
_COMPONENTS: Final = {
    "debian": ("main",),
    "ubuntu": ("main", "universe", "restricted", "multiverse"),
}

# By GOARCH: Debian's own words where they differ.
_ARCHITECTURES: Final = {
    "386": "i386",
    "amd64": "amd64",
    "arm": "armhf",
    "arm64": "arm64",
    "ppc64le": "ppc64el",
    "riscv64": "riscv64",
    "s390x": "s390x",
}

_UBUNTU_MAIN: Final = frozenset({"amd64", "i386"})
"""The architectures in Ubuntu's first archive; all others are in its second, `ubuntu-ports`."""


def debian_architecture(architecture: str) -> str:
    """What Debian and Ubuntu call an architecture that Go and OCI call so.

    Raises:
        Invalid: They have no such architecture.
    """
    if architecture not in _ARCHITECTURES:
        raise Invalid(f"debian has no packages for {architecture}")
    return _ARCHITECTURES[architecture]


def archive_suites(
    distro: Distro,
    *,
    architecture: str,
    roots: Roots = (),
    snapshot: str | None = None,
    components: tuple[str, ...] = (),
) -> tuple[ArchiveSuite, ...]:
    """The suites that a base image of the distribution installs from: its release, and updates.

    Args:
        distro: Debian or Ubuntu.
        architecture: In Debian's words.
        roots: Names of archives and their URLs, the first of a name first. An archive that is none
            of them is where the distribution itself has it. `snapshot` is the archive of all that
            Debian's ever was.
        snapshot: The moment whose state is meant, as `20261101T000000Z`; None for the present one.
        components: Those beside what a base image's own sources name.

    Raises:
        Invalid: The distribution is another, or has no such archive of states.
    """
    if distro.name not in _COMPONENTS:
        raise Invalid(f"{distro} has no Debian archive")
    known: dict[str, str] = {}
    for name, url in roots:
        known.setdefault(name, url.rstrip("/"))
    if snapshot is not None:
        known = _moments(distro, known, snapshot)
    return tuple(
        ArchiveSuite(
            archive=archive,
            mirror=archive if snapshot is None else SNAPSHOT,
            root=root,
            suite=f"{distro.codename}{part}",
            components=(*_COMPONENTS[distro.name], *components),
        )
        for part in ("", "-updates", "-security")
        for archive, root in (_archive(distro.name, part, architecture, known),)
    )


def _moments(distro: Distro, known: dict[str, str], snapshot: str) -> dict[str, str]:
    """Where the archives are as they were at some time."""
    if distro.name != "debian":
        raise Invalid(f"snapshot is for Debian, and the image is {distro}")
    root = known.get(SNAPSHOT) or f"http://snapshot.{distro.name}.org/archive"
    return {name: f"{root}/{name}/{snapshot}" for name in ("debian", "debian-security")}


def _archive(name: str, part: str, architecture: str, known: dict[str, str]) -> tuple[str, str]:
    """The name and the URL of the archive that has this part of a release."""
    if name == "debian":
        archive = "debian-security" if part == "-security" else "debian"
        return archive, known.get(archive) or f"http://deb.{name}.org/{archive}"
    if architecture in _UBUNTU_MAIN:
        return name, known.get(name) or f"http://archive.{name}.com/{name}"
    archive = f"{name}-ports"
    return archive, known.get(name) or known.get(archive) or f"http://ports.{name}.com/{archive}"
