"""The files of all wheels of an image, where they are once they are installed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lading.libraries.wheel import WheelElfs
    from lading.wheels import Scheme

__all__ = ["Site", "installed_at", "requirements_reaching"]


def installed_at(member: str, distribution: str, scheme: Scheme) -> str:
    """Where a member of a wheel goes, as an absolute path (PEP 427, "Installing a wheel")."""
    top, _, rest = member.partition("/")
    if top.endswith(".data") and "/" in rest:
        part, _, path = rest.partition("/")
        return "/" + scheme.place(part, path, project=distribution)
    return "/" + scheme.place("purelib", member, project=distribution)


@dataclass(frozen=True)
class Site:
    """All wheels of an image, together.

    Attributes:
        wheels: Each once.
        scheme: The environment that they are in.
    """

    wheels: tuple[WheelElfs, ...]
    scheme: Scheme

    @cached_property
    def places(self) -> frozenset[str]:
        """The absolute paths of all ELF files."""
        return frozenset(
            installed_at(file.member, wheel.name, self.scheme)
            for wheel in self.wheels
            for file in wheel.files
        )

    @cached_property
    def members(self) -> dict[str, dict[str, list[str]]]:
        """By distribution and by the last part of the name, the ELF files of it."""
        found: dict[str, dict[str, list[str]]] = {}
        for wheel in self.wheels:
            names = found.setdefault(wheel.name, {})
            for file in wheel.files:
                names.setdefault(file.member.rpartition("/")[2], []).append(file.member)
        return found

    @cached_property
    def _requires(self) -> dict[str, tuple[str, ...]]:
        return {wheel.name: wheel.requires for wheel in self.wheels}

    @cached_property
    def _reached(self) -> dict[str, tuple[str, ...]]:
        return {}

    def required_by(self, distribution: str) -> tuple[str, ...]:
        """The distributions of the image that one requires, at however many removes."""
        if distribution not in self._reached:
            found: dict[str, None] = {}
            left = list(self._requires.get(distribution, ()))
            while left:
                name = left.pop()
                if name in self._requires and name not in found and name != distribution:
                    found[name] = None
                    left += self._requires[name]
            self._reached[distribution] = tuple(sorted(found))
        return self._reached[distribution]


def requirements_reaching(wheels: Iterable[WheelElfs], roots: Iterable[str]) -> dict[str, str]:
    """Of each distribution the first of the roots that requires it, or that it is itself."""
    requires = {wheel.name: wheel.requires for wheel in wheels}
    found: dict[str, str] = {}
    for root in roots:
        left = [root]
        while left:
            name = left.pop()
            if name not in found:
                found[name] = root
                left += requires.get(name, ())
    return found
