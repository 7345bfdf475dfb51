"""What is installed, on what, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

    from lading.oci.entries import Entry

__all__ = ["NOTHING", "DebFile", "Ground", "Installed", "Record", "ScriptProblem"]

Record: TypeAlias = Literal["status", "status.d"]
"""Where the record of packages is kept: dpkg's own database, or one file for each package, as
distroless images have it (scanners read both; dpkg only the first)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DebFile:
    """A package on disk, whose hash has been checked.

    Attributes:
        name: The package.
        version: Debian's, with epoch and revision.
        architecture: `amd64`, `arm64`, ... or `all`.
        path: The file.
    """

    name: str
    version: str
    architecture: str
    path: Path

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Ground(Protocol):
    """The files below the layer. Paths begin with `/`; all but `link` follow links."""

    def read(self, path: str) -> bytes | None:
        """What a file holds; None where there is none."""
        ...

    def link(self, path: str) -> str | None:
        """Where the link at a path points to, as it is written; None where there is none."""
        ...

    def is_folder(self, path: str) -> bool:
        """Whether a path leads to a folder."""
        ...

    def names(self, path: str) -> tuple[str, ...]:
        """What a folder holds, sorted; nothing where there is none."""
        ...


class _Nothing:
    """No files at all."""

    def read(self, path: str) -> bytes | None:
        """Find nothing."""
        del path
        return None

    def link(self, path: str) -> str | None:
        """Find nothing."""
        del path
        return None

    def is_folder(self, path: str) -> bool:
        """Find the root alone."""
        return path == "/"

    def names(self, path: str) -> tuple[str, ...]:
        """Find nothing."""
        del path
        return ()


NOTHING: Final[Ground] = _Nothing()
"""What is below the first layer of an image from scratch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptProblem:
    """What of a maintainer script can't be done without running it.

    Attributes:
        package: Whose script it is.
        script: `preinst` or `postinst`.
        reason: What it does, in one line.
    """

    package: str
    script: str
    reason: str

    def __str__(self) -> str:
        return f"{self.package} needs its {self.script} to be run: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What installing packages writes.

    Attributes:
        entries: All of it, for one layer, by path.
        remarks: What a user may want to know: what was left out, and which files are setuid.
    """

    entries: tuple[Entry, ...] = field(repr=False)
    remarks: tuple[str, ...] = ()
