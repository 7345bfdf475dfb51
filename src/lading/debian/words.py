"""What the words name that `apt-get install` is given."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lading.debian.index import Package
from lading.debian.version import compare
from lading.errors import Problem, ResolutionError
from lading.grammar.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lading.debian.facts import Facts
    from lading.debian.index import Packages

__all__ = ["MissingPackage", "Words", "newer_than"]

_WORD: Final = re.compile(r"(?P<name>[^:=]+)(?::(?P<architecture>[^=]+))?(?:=(?P<version>.+))?")
_SHOWN: Final = 8


class MissingPackage(ResolutionError):  # noqa: N818 - it says what is missing
    """The release has no package of some name.

    Attributes:
        names: Those names.
        is_named: Whether the user has written one of them; else other packages need them.
    """

    def __init__(
        self, problems: Iterable[Problem], names: tuple[str, ...], *, is_named: bool = True
    ) -> None:
        super().__init__(problems)
        self.names = names
        self.is_named = is_named


def newer_than(there: Facts | None, package: Package) -> Package | None:
    """The package, where it is newer than what is there of its name."""
    if there is None or there.stands_in:
        return package
    return package if compare(package.version, there.version) > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words that may be said of an archive and a base.

    Attributes:
        packages: Where packages come from.
        architecture: The image's.
        installed: What the base has, by name.
    """

    packages: Packages
    architecture: str
    installed: Mapping[str, Facts]

    def named(self, words: Iterable[str]) -> tuple[Package, ...]:
        """What has to be installed for them, without what it needs.

        Raises:
            MissingPackage: The archive lacks some of them; all such together.
            ResolutionError: One can't be had so; all such together.
        """
        found: list[Package] = []
        problems: list[Problem] = []
        missing: list[str] = []
        for word in words:
            match self._word(word):
                case Package() as package:
                    found.append(package)
                case Problem() as problem:
                    problems.append(problem)
                    if not self._is_known(word):
                        missing.append(word)
                case None:
                    pass
        if missing:
            raise MissingPackage(problems, tuple(missing))
        if problems:
            raise ResolutionError(problems)
        return tuple(found)

    def _is_known(self, word: str) -> bool:
        name = word.partition("=")[0].partition(":")[0]
        return bool(self.packages.named(name) or self.packages.providing(name))

    def _word(self, word: str) -> Package | Problem | None:
        """What it names; None where that is there."""
        match = _WORD.fullmatch(word)
        if match is None:
            return Problem(message=f'"{word}" is not the name of a package')
        name, version = match["name"], match["version"]
        if match["architecture"] not in {None, "any", "native", "all", self.architecture}:
            return Problem(
                message=f"{word} is for another architecture than the image, {self.architecture}",
                hint=f"name {name} alone",
            )
        known = self.packages.named(name)
        if not known:
            return self._virtual(name, versioned=version is not None)
        if version is None:
            return self._unheld(newer_than(self.installed.get(name), known[0]))
        wanted = next((one for one in known if _is_version(one.version, version)), None)
        if wanted is None:
            versions = ", ".join(one.version for one in known[:_SHOWN])
            return Problem(message=f"the archive has no {word}", hint=f"it has {versions}")
        there = self.installed.get(name)
        is_there = there is not None and there.version == wanted.version
        return None if is_there else self._unheld(wanted)

    def _unheld(self, package: Package | None) -> Package | Problem | None:
        """The same where nothing keeps it out: apt takes no change of what is on hold (`--yes`)."""
        there = self.installed.get(package.name) if package is not None else None
        if package is None or there is None or not there.held:
            return package
        return Problem(
            message=f"{package.name} {package.version} can't be installed: "
            f"the base image has {there.version} on hold",
            hint="leave it out, or take a base image that does not hold it",
        )

    def _virtual(self, name: str, *, versioned: bool) -> Package | Problem | None:
        """The only package that provides a name, as apt takes it."""
        if name in self.installed and not versioned:
            return None  # of another archive than these
        providers = [one.name for one in self.packages.providing(name)]
        if len(providers) == 1 and not versioned:
            return self._unheld(
                newer_than(self.installed.get(providers[0]), self.packages.named(providers[0])[0])
            )
        if providers:
            names = ", ".join(providers[:_SHOWN])
            return Problem(
                message=f"{name} is not a package, but what several provide",
                hint=f"name one of {names}",
            )
        guesses = " or ".join(dict.fromkeys(self._alike(name)))
        suites = ", ".join(dict.fromkeys(index.suite for index in self.packages.indexes))
        return Problem(
            message=f"no package is named {name} in {suites}",
            hint=f"did you mean {guesses}?" if guesses else None,
        )

    def _alike(self, name: str) -> Iterator[str]:
        """The packages that a name nobody has was perhaps meant for."""
        start = name
        while "-" in start:  # libgl1-mesa-glx became libgl1
            start = start.rpartition("-")[0]
            if self.packages.named(start):
                yield start
                break
        guess = nearest(name, self.packages.names())
        if guess is not None:
            yield guess


def _is_version(version: str, wanted: str) -> bool:
    return version.startswith(wanted[:-1]) if wanted.endswith("*") else version == wanted
