"""What the wheels of an image need and would not find: a function of values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lading.libraries.findings import Finding, in_order
from lading.libraries.loader import Loader
from lading.libraries.site import Site
from lading.libraries.symbols import (
    GLIBC_LIBRARIES,
    glibc_version,
    libstdcxx_versions,
    number_of,
)
from lading.libraries.table import the_table
from lading.libraries.target import Target, libc_of, machine_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.libraries.contents import Contents
    from lading.libraries.findings import Kind, Level
    from lading.libraries.providing import Provided
    from lading.libraries.table import Opened, Table
    from lading.libraries.wheel import WheelElfs, WheelFile

__all__ = ["Target", "find_problems"]

# glibc 2.41 refuses to load what older ones made the stack executable for.
_NO_EXECUTABLE_STACK: Final = (2, 41)

_STDCXX: Final = "libstdc++.so.6"

# Where auditwheel puts copies of the libraries that a wheel's other files need (its README).
_GRAFTED: Final = re.compile(r"[^/]+\.libs/")


def find_problems(
    wheels: Iterable[WheelElfs],
    *,
    target: Target,
    provided: Provided,
    contents: Contents | None = None,
    table: Table | None = None,
) -> tuple[Finding, ...]:
    """What would be missing at run time.

    Args:
        wheels: All wheels of the image, each once.
        target: What the image is for.
        provided: What the base and the locked packages have.
        contents: Which package has what; None where that is not known.
        table: What is opened by name; that of Lading where left out.

    Returns:
        By distribution, the worst first.
    """
    site = Site(tuple(wheels), target.scheme)
    known = the_table() if table is None else table
    loader = Loader(site=site, provided=provided, table=known)
    checker = _Checker(
        target=target,
        provided=provided,
        contents=contents,
        table=known,
        loader=loader,
        certain=_certain(site, target, known),
    )
    return in_order(found for wheel in site.wheels for found in checker.check(wheel))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checker:
    """What checks one wheel after another."""

    target: Target
    provided: Provided
    contents: Contents | None
    table: Table
    loader: Loader
    certain: frozenset[tuple[str, str]]

    def check(self, wheel: WheelElfs) -> Iterator[Finding]:
        native = tuple(file for file in wheel.files if self.target.is_native(file))
        certain = frozenset(
            file.member for file in native if (wheel.name, file.member) in self.certain
        )
        yield from self._damaged(wheel)
        if not native:
            yield from self._foreign(wheel)
        yield from self._versions(wheel, native, certain)
        yield from self._stack(wheel, native, certain)
        if self.provided.is_known:
            yield from self._missing(wheel, native, certain)
            for one in self.table.opened_by(wheel.name):
                yield from self._opened(wheel, one)

    def _damaged(self, wheel: WheelElfs) -> Iterator[Finding]:
        for member in wheel.damaged:
            yield Finding(
                kind="damaged",
                level="remark",
                distribution=_named(wheel),
                what=member,
                reason="begins as an ELF file and can't be read as one",
            )

    def _foreign(self, wheel: WheelElfs) -> Iterator[Finding]:
        """A wheel none of whose files can be loaded: one of several kinds is no mistake."""
        files = [file for file in wheel.files if self.target.is_python(file)]
        level: Level = "remark" if wheel.any_platform else "error"
        machines = sorted({machine_name(file.elf) for file in files})
        if files and not any(self.target.is_machine(file.elf) for file in files):
            yield Finding(
                kind="architecture",
                level=level,
                distribution=_named(wheel),
                what=" and ".join(machines),
                reason=f"is what its files are for, and the image is for {self.target.platform}",
                members=tuple(file.member for file in files),
                advice="build the wheel for the image's platform, or take one from an index",
            )
        elif files:
            libc = self.target.distro.libc
            others = tuple(file.member for file in files if not self.target.is_libc(file.elf))
            names = {libc_of(file.elf) for file in files} - {None, libc.name}
            yield Finding(
                kind="libc",
                level=level,
                distribution=_named(wheel),
                what=" and ".join(sorted(map(str, names))),
                reason=f"is what its files are linked to, and {self.target.distro} has {libc.name}",
                members=others,
                advice=f"take the wheel for {'musllinux' if libc.name == 'musl' else 'manylinux'}",
            )

    def _missing(
        self, wheel: WheelElfs, native: tuple[WheelFile, ...], certain: frozenset[str]
    ) -> Iterator[Finding]:
        wanted: dict[str, list[str]] = {}
        for file in native:
            for soname in file.elf.needed:
                if self.loader.finds(wheel, file, soname) is None:
                    wanted.setdefault(soname, []).append(file.member)
        for soname, members in wanted.items():
            if soname in self.table.driver:
                yield self._of_driver(wheel, soname, members)
                continue
            packages = self._packages(soname)
            fails = not certain.isdisjoint(members)
            yield Finding(
                kind="library",
                level="error" if fails else "remark",
                distribution=_named(wheel),
                what=soname,
                reason="is missing" if fails else "is missing for a part that need not be used",
                # Those that fail are told of first.
                members=tuple(sorted(members, key=lambda one: (one not in certain, one))),
                packages=packages,
                advice=None if packages else self._no_package(soname),
            )

    def _of_driver(self, wheel: WheelElfs, soname: str, members: list[str]) -> Finding:
        return Finding(
            kind="driver",
            level="note",
            distribution=_named(wheel),
            what=soname,
            reason="is of the host's driver",
            members=tuple(sorted(members)),
            advice=self.table.driver[soname],
        )

    def _opened(self, wheel: WheelElfs, one: Opened) -> Iterator[Finding]:
        if any(name in self.loader.site.members for name in one.unless):
            return
        names = (*one.libraries, *(f"bin/{program}" for program in one.programs))
        for name in names:
            others = name.removeprefix("bin/").split(" | ")
            kind: Kind = "program" if name.startswith("bin/") else "library"
            if any(self._is_at_hand(wheel, other, kind) for other in others):
                continue
            packages, what = self._first_packages(others, kind)
            yield Finding(
                kind=kind,
                level="error" if one.when == "import" else "remark",
                distribution=_named(wheel),
                what=what,
                reason=f"is missing, {one.why}",
                packages=packages,
                advice=None if packages else self._no_package(what),
            )

    def _is_at_hand(self, wheel: WheelElfs, name: str, kind: Kind) -> bool:
        if kind == "program":
            return self.provided.has_program(name)
        names = (wheel.name, *self.loader.site.required_by(wheel.name))
        members = self.loader.site.members
        # One that the wheel brings itself may have its processor in its name.
        stem = name.partition(".so")[0]
        return (
            self.provided.has_library(name)
            or any(name in members[one] for one in names)
            or any(own.startswith(stem) for own in members[wheel.name])
        )

    def _first_packages(self, others: list[str], kind: Kind) -> tuple[tuple[str, ...], str]:
        """The packages of the first that any has, and what it is."""
        for other in others:
            packages = self._packages(f"bin/{other}" if kind == "program" else other)
            if packages:
                return packages, other
        return (), others[0]

    def _packages(self, name: str) -> tuple[str, ...]:
        distro = self.target.distro
        if distro.family != "debian":
            known = self.table.packages.get(distro.family, {}).get(name)
            return () if known is None else (known,)
        return () if self.contents is None else self.contents.providers(name)

    def _no_package(self, name: str) -> str:
        distro = self.target.distro
        if distro.family != "debian":
            return f"find the package of {distro} that has {name}"
        if self.contents is None:
            return f"which package of {distro} has {name} could not be looked up"
        return f"no package of {distro} has it; another wheel, or the base image, must bring it"

    def _versions(
        self, wheel: WheelElfs, native: tuple[WheelFile, ...], certain: frozenset[str]
    ) -> Iterator[Finding]:
        libc = self.target.distro.libc
        if libc.name != "glibc":
            return
        newest = libstdcxx_versions(self.target.distro)
        wanted: dict[tuple[str, str], list[str]] = {}
        for file in native:
            for library, versions in file.elf.versions:
                lacking = [one for one in versions if _lacks(library, one, libc.version, newest)]
                if lacking and self._is_of_target(wheel, file, library):
                    version = max(lacking, key=_order)
                    wanted.setdefault((library, version), []).append(file.member)
        for (library, version), members in wanted.items():
            has = libc if library in GLIBC_LIBRARIES else "an older libstdc++"
            yield Finding(
                kind="version",
                level="remark" if certain.isdisjoint(members) else "error",
                distribution=_named(wheel),
                what=f"{library} with {version}",
                reason=f"is needed, and {self.target.distro} has {has}",
                members=tuple(sorted(members)),
                advice="take a newer release of the distribution, or an older version of the wheel",
            )

    def _is_of_target(self, wheel: WheelElfs, file: WheelFile, library: str) -> bool:
        """Whether the library that it means is the release's own, and none that a wheel brings."""
        return library in GLIBC_LIBRARIES or self.loader.finds(wheel, file, library) != "wheels"

    def _stack(
        self, wheel: WheelElfs, native: tuple[WheelFile, ...], certain: frozenset[str]
    ) -> Iterator[Finding]:
        libc = self.target.distro.libc
        members = tuple(
            file.member
            for file in native
            if file.elf.executable_stack and file.elf.kind == "shared" and not file.elf.is_program
        )
        if not members or libc.name != "glibc":  # musl takes no notice
            return
        refused = libc.version >= _NO_EXECUTABLE_STACK
        fails = refused and not certain.isdisjoint(members)
        reason = f"is asked for, which {libc} refuses" if refused else "is asked for"
        yield Finding(
            kind="stack",
            level="error" if fails else "remark",
            distribution=_named(wheel),
            what="an executable stack",
            reason=reason,
            members=members,
            advice="take a newer version of the wheel: glibc 2.41 and newer refuse to load it",
        )


def _named(wheel: WheelElfs) -> str:
    return f"{wheel.name} {wheel.version}".rstrip()


def _certain(site: Site, target: Target, table: Table) -> frozenset[tuple[str, str]]:
    """The files that are loaded when their distribution is imported, or may well be.

    Not those that are on demand, not programs, and not what is there for other files; but all that
    a file needs which is. Of a wheel for any platform its code decides what is loaded.
    """
    by_name: dict[str, list[tuple[WheelElfs, WheelFile]]] = {}
    left: list[tuple[WheelElfs, WheelFile]] = []
    for wheel in site.wheels:
        for file in filter(target.is_native, wheel.files):
            by_name.setdefault(file.member.rpartition("/")[2], []).append((wheel, file))
            asked = wheel.any_platform or table.is_on_demand(wheel.name, file.member)
            if not (asked or file.elf.is_program or _GRAFTED.match(file.member)):
                left.append((wheel, file))
    found: set[tuple[str, str]] = set()
    while left:
        wheel, file = left.pop()
        if (wheel.name, file.member) not in found:
            found.add((wheel.name, file.member))
            left += (one for name in file.elf.needed for one in by_name.get(name, ()))
    return frozenset(found)


def _lacks(
    library: str, version: str, libc: tuple[int, int], newest: dict[str, tuple[int, ...]]
) -> bool:
    """Whether a release's own library does not define a symbol version."""
    if library in GLIBC_LIBRARIES:
        number = glibc_version(version)
        return number is not None and number[:2] > libc
    number = number_of(version)
    limit = newest.get(version.partition("_")[0]) if library == _STDCXX else None
    return number is not None and limit is not None and number > limit


def _order(version: str) -> tuple[int, ...]:
    return glibc_version(version) or number_of(version) or ()
