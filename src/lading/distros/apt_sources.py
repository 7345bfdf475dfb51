"""What apt's sources are in place of a base's own, where an image says anything of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.distros.archives import archive_suites, debian_architecture

if TYPE_CHECKING:
    from lading.distros.archives import ArchiveSuite
    from lading.distros.distro import Distro

__all__ = ["AptSources"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AptSources:
    """Where apt takes packages from.

    Attributes:
        mirrors: Names of archives and the URLs to reach them at.
        snapshot: The moment at which the archive is taken; None for its present state.
        components: What packages may come from beside what a base's own sources name.
        keyrings: Names of archives, and the files in the build with the keys that sign them.
        unsigned: Names of archives that nobody has to sign.
    """

    mirrors: tuple[tuple[str, str], ...] = ()
    snapshot: str | None = None
    components: tuple[str, ...] = ()
    keyrings: tuple[tuple[str, str], ...] = ()
    unsigned: tuple[str, ...] = ()

    def lines(self, distro: Distro, arch: str) -> tuple[str, ...]:
        """Lines for sources.list(5); none where the base's own sources say the same.

        Args:
            distro: Debian or Ubuntu.
            arch: The target's architecture, in Go's words, with its variant after a `-`.
        """
        architecture = debian_architecture(arch.partition("-")[0])  # arm-v7
        suites = archive_suites(
            distro,
            architecture=architecture,
            roots=self.mirrors,
            snapshot=self.snapshot,
            components=self.components,
        )
        usual = (suite.source() for suite in archive_suites(distro, architecture=architecture))
        found = tuple(map(self._line, suites))
        return () if found == tuple(usual) else found

    def _line(self, suite: ArchiveSuite) -> str:
        if suite.archive in self.unsigned:
            return suite.source("trusted=yes")
        keyring = dict(self.keyrings).get(suite.archive)
        return suite.source(None if keyring is None else f"signed-by={keyring}")
