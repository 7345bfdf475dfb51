"""Which of the lock's system packages belong to which installation of the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.grammar.base import SCRATCH
from lading.lock.debs import interpreter_of

if TYPE_CHECKING:
    from lading.image import Image
    from lading.lock.model import Deb, PlatformLock

__all__ = ["DebGroups"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DebGroups:
    """The installations of system packages that a lock numbers.

    0 is what stages beside the image have more; then comes what brings the interpreter, where
    something has to; then those of the steps.

    Attributes:
        image: What is wanted.
        lock: Its lock for the platform.
    """

    image: Image
    lock: PlatformLock

    @property
    def first(self) -> int:
        """How many of the installations come before those of the steps."""
        return int(bool(self.lock.debs_for and self.lock.debs_for.interpreter))

    @property
    def interpreter(self) -> tuple[str, ...]:
        """What brings the interpreter, where the base may lack it, or was found to lack it."""
        locked = self.lock.debs_for
        return interpreter_of(self.image) if locked is None else locked.interpreter

    def debs(self, group: int) -> tuple[Deb, ...] | None:
        """What the lock has for an installation; None where system packages are not locked."""
        if self.lock.debs_for is None:
            return None
        return tuple(deb for deb in self.lock.debs if deb.group == group)

    def build(self, *, has_python: bool, compiles: bool) -> tuple[Deb, ...] | None:
        """What stages beside the image have more.

        Args:
            has_python: Whether the image installs Python packages.
            compiles: Whether some of them are compiled.
        """
        if self.image.base_image == SCRATCH:  # where these install, too
            return self.debs(0) if has_python else None
        # What is compiled of an image whose Python packages aren't locked, no lock knows.
        return self.debs(0) if compiles and self.image.lock_python_packages else None
