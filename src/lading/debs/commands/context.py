"""What the commands of a package's scripts know of the installation that they are part of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lading.debs.package import Package
    from lading.debs.root import Root
    from lading.debs.unpacking import Unpacked

__all__ = ["Context"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """An installation, as a script of one of its packages sees it.

    Attributes:
        package: Whose script it is.
        packages: All that are installed together, by name.
        architecture: The image's.
        root: Its files.
        unpacked: What was unpacked.
        answers: Of debconf's questions, as far as scripts gave them.
        remarks: What was left out, for the user.
    """

    package: Package
    packages: Mapping[str, Package]
    architecture: str
    root: Root
    unpacked: Unpacked
    answers: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, None] = field(default_factory=dict)
