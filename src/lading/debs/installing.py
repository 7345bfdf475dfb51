"""Packages become entries of one layer, as installing them on the ground would leave it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from lading.debian.installation import unmet
from lading.debs.commands import Context
from lading.debs.database import installed_in, record_each, record_in_dpkg
from lading.debs.diversions import check_diversions
from lading.debs.filters import Filters
from lading.debs.model import Installed
from lading.debs.ordering import in_order
from lading.debs.package import read_package
from lading.debs.refusal import Broken, Unfit
from lading.debs.root import Root
from lading.debs.scripts import carry_out
from lading.debs.triggers import run_triggers
from lading.debs.unpacking import Unpacked, link_merged_folders, unpack
from lading.errors import ImageError, Problem
from lading.oci.entries import Hardlink, Regular

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from lading.debian.facts import Facts
    from lading.debs.model import DebFile, Ground, Record, ScriptProblem
    from lading.debs.stanza import Stanza
    from lading.oci.entries import Entry

__all__ = ["Installation", "install"]

_SETUID: Final = 0o6000
_READERS: Final = 2
_ENGINE: Final = "build the Dockerfile with a container engine, which runs such scripts"
_LOCK_AGAIN: Final = "the lock was edited: remove it and run `lading lock` again"
_REPLACED: Final = "name that version, or leave the package to the base"


def install(
    debs: Iterable[DebFile],
    ground: Ground,
    *,
    workdir: Path,
    record: Record = "status",
    keep_setuid: bool = False,
) -> Installed:
    """What installing packages on a ground writes: the same on every host.

    Args:
        debs: The packages, none of which the ground has.
        ground: What they are installed on.
        workdir: Where their files are unpacked to, which the entries refer to.
        record: Which record of them is kept.
        keep_setuid: Whether files keep setuid and setgid bits; they are told of either way.

    Raises:
        ImageError: A package is not as it must be, two don't fit together or don't fit the ground,
            or a maintainer script does what can't be done without running it; all such problems.
    """
    work = Installation(debs, ground, workdir=workdir, keep_setuid=keep_setuid)
    return work.finished(record)


def _needing_an_engine(scripts: Iterable[ScriptProblem]) -> list[Problem]:
    return [Problem(message=str(one), hint=_ENGINE) for one in scripts]


class Installation:
    """One installation, from the files of packages to the record of them; see `install`.

    Packages are unpacked and configured at once: what their scripts do shows only on the files of
    all of them. Whoever wants to know that alone asks for no record.

    Attributes:
        scripts: What of maintainer scripts can't be done without running them.

    Args:
        debs: The packages.
        ground: What they are installed on.
        workdir: Where their files are unpacked to.
        keep_setuid: Whether files keep setuid and setgid bits.
        standing: On nothing, what is held to be there; None where packages are not asked what they
            need, since the ground has it.

    Raises:
        Unfit: The ground has a package already, or diverts one's files.
        ImageError: A package is not as it must be, or lacks what it needs.
    """

    def __init__(
        self,
        debs: Iterable[DebFile],
        ground: Ground,
        *,
        workdir: Path,
        keep_setuid: bool = False,
        standing: Iterable[Facts] | None = None,
    ) -> None:
        every = tuple(debs)
        _check_once(every)
        # Decompressing lets other threads run; each takes up to 65 MB for it.
        with ThreadPoolExecutor(max_workers=_READERS) as pool:
            self._packages = in_order(pool.map(partial(read_package, workdir=workdir), every))
        self._root = Root(ground)
        self._filters = Filters.of(ground)
        self._keep_setuid = keep_setuid
        self._unpacked = Unpacked()
        self._answers: dict[str, str] = {}
        self._remarks: dict[str, None] = {}
        self._architecture = next(
            (one.architecture for one in every if one.architecture != "all"), "all"
        )
        if standing is not None:
            _check_needs([one.stanza for one in self._packages], standing, self._architecture)
        self.scripts = self._carried_out()

    def _carried_out(self) -> tuple[ScriptProblem, ...]:
        """Unpack and configure; what of the scripts could not be done."""
        self._check_ground()
        link_merged_folders(self._root, self._packages, self._architecture)
        # preinst before unpack, but a tool that another package brings may be asked for: those of
        # all packages are looked at when none of their files is there, as on an empty system.
        problems = list(self._scripts("preinst"))
        unpack(self._packages, self._root, done=self._unpacked, filters=self._filters)
        problems += self._scripts("postinst")
        return tuple(problems)

    def finished(self, record: Record) -> Installed:
        """All that it writes, with what triggers do once, and the record; asked for once.

        Raises:
            ImageError: Packages don't fit together, or `scripts` has something.
        """
        problems = [*self._unpacked.problems, *_needing_an_engine(self.scripts)]
        if problems:
            raise ImageError(problems)
        try:
            run_triggers(self._root, {one.name for one in self._packages})
            if record == "status":
                record_in_dpkg(self._packages, self._root, self._unpacked.lost)
            else:
                record_each(self._packages, self._root)
        except (Broken, UnicodeDecodeError) as error:
            raise ImageError(f"packages can't be installed: {error}") from None
        entries = self._root.entries()
        told = tuple(self._told(entries))
        if not self._keep_setuid:
            entries = tuple(_without_setuid(one) for one in entries)
        return Installed(entries=entries, remarks=told)

    def _check_ground(self) -> None:
        try:
            there = installed_in(self._root)
        except Broken as error:
            raise ImageError(f"the base's record of packages can't be read: {error}") from None
        problems = [
            Problem(message=f"{one.deb} is in the base as {other.version} already", hint=_REPLACED)
            for one in self._packages
            for (name, architecture), other in there.items()
            if name == one.name and architecture in {one.deb.architecture, "all"}
        ]
        diverted = check_diversions(self._root, self._packages)
        problems += [Problem(message=text, hint=_ENGINE) for text in diverted]
        if problems:
            raise Unfit(problems)

    def _scripts(self, script: str) -> Iterator[ScriptProblem]:
        known = {one.name: one for one in self._packages}
        for package in self._packages:
            context = Context(
                package=package,
                packages=known,
                architecture=self._architecture,
                root=self._root,
                unpacked=self._unpacked,
                answers=self._answers,
                remarks=self._remarks,
            )
            problem = carry_out(script, context)
            if problem is not None:
                yield problem

    def _told(self, entries: Iterable[Entry]) -> Iterator[str]:
        for what in self._remarks:
            yield f"left out: {what}"
        done = "kept" if self._keep_setuid else "taken away"
        for one in entries:
            if _is_setuid(one):
                yield f"/{one.path} is setuid or setgid: {done}"
        for path in self._unpacked.kept:
            yield f"{path} is left as the base has it"


def _is_setuid(entry: Entry) -> bool:
    """A folder's bits give no rights: files in it only get its group."""
    return isinstance(entry, Regular | Hardlink) and bool(entry.mode & _SETUID)


def _without_setuid(entry: Entry) -> Entry:
    """Whoever set the bits, a package's files or a script's chmod: here is what is left of them."""
    return replace(entry, mode=entry.mode & ~_SETUID) if _is_setuid(entry) else entry


def _check_needs(stanzas: Iterable[Stanza], standing: Iterable[Facts], architecture: str) -> None:
    """See that nothing was taken out of what a resolver found to be whole."""
    found = [
        Problem(message=f"{one.name} {one.version} needs {lacking}, which is not in the image")
        for one, lacking in unmet([one.facts for one in stanzas], standing, architecture)
    ]
    if found:
        raise ImageError([*found[:-1], replace(found[-1], hint=_LOCK_AGAIN)])


def _check_once(debs: Iterable[DebFile]) -> None:
    seen: dict[str, DebFile] = {}
    problems = [
        f"{deb} and {seen[deb.name]} are one package twice"
        for deb in debs
        if seen.setdefault(deb.name, deb) is not deb
    ]
    if problems:
        raise ImageError([Problem(message=text) for text in problems])
