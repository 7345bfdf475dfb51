"""The layer of system packages: which they are, by what it is found again, and its entries."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, TypeAlias

from lading.assembly.accounts import with_account
from lading.assembly.editions import reader_digest, tables_digest
from lading.distros import UNNEEDED
from lading.errors import Problem
from lading.oci.layers import LAYER_FORMAT
from lading.store import LayerKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from lading.bases import Base
    from lading.debs import DebFile, Installation, Installed
    from lading.info import User
    from lading.lock.model import Deb
    from lading.store import Store

__all__ = [
    "SYSTEM",
    "FetchDebs",
    "Installer",
    "Needed",
    "Upon",
    "added_key",
    "system_key",
]

SYSTEM: Final = "system packages"
"""What owns their files."""

FetchDebs: TypeAlias = "Callable[[Sequence[Deb]], Mapping[str, Path]]"
"""Gives the files of packages, by their SHA-256, each checked against it."""

_FORMAT: Final = 3
"""How packages become entries: it grows whenever these change. Tables count by what they say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """A maintainer script that has to be run."""

    package: str
    script: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Upon:
    """What the images below have installed.

    Attributes:
        debs: The packages.
        user: Who a container of the image below runs as.
    """

    debs: tuple[Deb, ...]
    user: User


def added_key(debs: Iterable[Deb], upon: Upon, base: Base, user: User) -> LayerKey:
    """By what a layer is found again that holds what packages add to those of an image below."""
    lower, whole = system_key(upon.debs, base, upon.user), system_key(debs, base, user)
    return replace(whole, inputs=(*lower.inputs, "added", *whole.inputs))


def system_key(debs: Iterable[Deb], base: Base, user: User) -> LayerKey:
    """By what the layer is found again: the packages, and the base that they are installed on."""
    ground = (
        str(base.manifest) if base.manifest else f"{user.uid}:{user.gid}:{user.name}:{user.home}"
    )
    return LayerKey(
        kind="system",
        inputs=(
            ground,
            f"debs-{_FORMAT}",
            tables_digest(),
            *sorted(one.sha256 for one in debs),
        ),
        interpreter="",
        prefix="",
        format=LAYER_FORMAT,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Installer:
    """Installs the system packages of images, each set of them once.

    Whether each of their scripts can be followed shows only on the unpacked files of all packages.
    What was unpacked to find that out is kept until the layer is made of it.

    Attributes:
        store: Where layers, and what is known of scripts, are kept.
        fetch: Gets packages; called only for those that are unpacked.
        workdir: Where they are unpacked to.
    """

    store: Store
    fetch: FetchDebs
    workdir: Path
    _begun: dict[str, Installation] = field(default_factory=dict, repr=False)

    def needed_scripts(
        self, debs: Sequence[Deb], base: Base, user: User, upon: Upon | None = None
    ) -> tuple[Needed, ...]:
        """The maintainer scripts that would have to be run; what was found once is kept.

        Args:
            debs: All packages.
            base: What they are put on.
            user: Who a container runs as.
            upon: What of them an image below has.

        Raises:
            Unfit: They can't be put on the base, or what is below, without its package manager.
            ImageError: A package is not as it must be.
            LadingError: A package can't be had.
        """
        key = system_key(debs, base, user)
        layer = key if upon is None else added_key(debs, upon, base, user)
        if not debs or self.store.layer(layer) is not None:
            return ()
        if upon is not None:
            _check_upon(debs, upon)
        name = f"scripts-{reader_digest()}-{key.name}"
        kept = self.store.record(name)
        if kept is not None:
            return tuple(Needed(**one) for one in json.loads(kept))
        found = tuple(
            Needed(package=one.package, script=one.script, reason=one.reason)
            for one in self._installation(key, debs, base).scripts
        )
        if found:
            self._forget(key)
            self.store.keep(name, json.dumps([_pairs(one) for one in found]).encode())
        return found

    @contextmanager
    def installed(self, debs: Sequence[Deb], base: Base, user: User) -> Iterator[Installed]:
        """What installing them writes; on nothing, with the container's user among the accounts.

        Its files are there during the block.

        Raises:
            ImageError: A package can't be installed without running something.
            LadingError: A package can't be had.
        """
        key = system_key(debs, base, user)
        try:
            work = self._installation(key, debs, base)
            if base.manifest is None:
                found = work.finished("status.d")
                yield replace(found, entries=with_account(found.entries, user))
            else:
                yield work.finished("status")
        finally:
            self._forget(key)

    @contextmanager
    def added(self, debs: Sequence[Deb], upon: Upon, base: Base, user: User) -> Iterator[Installed]:
        """What installing packages writes where others have been installed by an image below.

        That is what all have together and those below have not: what a script does, a trigger, or
        the record of packages, shows on all of them.

        Args:
            debs: All packages, those below among them.
            upon: What is below.
            base: What both are put on.
            user: Who a container runs as.

        Raises:
            ImageError: As `installed`; or a package below would be replaced.
        """
        from lading.assembly.differing import added  # noqa: PLC0415 - only where one is made

        _check_upon(debs, upon)
        self.workdir.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="below-", dir=self.workdir) as folder:
            beside = Installer(store=self.store, fetch=self.fetch, workdir=Path(folder))
            with (
                beside.installed(upon.debs, base, upon.user) as below,
                self.installed(debs, base, user) as found,
            ):
                remarks = tuple(one for one in found.remarks if one not in below.remarks)
                entries = added(found.entries, below.entries)
                yield replace(found, entries=entries, remarks=remarks)

    def _installation(self, key: LayerKey, debs: Sequence[Deb], base: Base) -> Installation:
        from lading.bases import BaseFiles  # noqa: PLC0415 - only where such a layer is made
        from lading.debian import unneeded  # noqa: PLC0415 - likewise
        from lading.debs import NOTHING, Installation  # noqa: PLC0415 - likewise

        if key.name not in self._begun:
            files = _files(debs, self.fetch(debs))
            workdir = self.workdir / key.name
            workdir.mkdir(parents=True)
            ground = BaseFiles(base, self.store) if base.manifest else NOTHING
            standing = None if base.manifest else unneeded(UNNEEDED)
            try:
                self._begun[key.name] = Installation(
                    files, ground, workdir=workdir, standing=standing
                )
            except BaseException:
                self._forget(key)
                raise
        return self._begun[key.name]

    def _forget(self, key: LayerKey) -> None:
        self._begun.pop(key.name, None)
        rmtree(self.workdir / key.name, ignore_errors=True)


def _check_upon(debs: Iterable[Deb], upon: Upon) -> None:
    """See that nothing below is replaced: its files would have to go.

    Raises:
        Unfit: A package is there in another version.
    """
    from lading.debs import Unfit  # noqa: PLC0415 - only where such a layer is made

    there = {one.name: one for one in upon.debs}
    replaced = [one for one in debs if one.name in there and one != there[one.name]]
    if replaced:
        raise Unfit(
            Problem(
                message=f"{one.name} is in the image below as {there[one.name].version}, and "
                f"as {one.version} in this one",
                hint="lock the image below again",
            )
            for one in replaced
        )


def _pairs(one: Needed) -> dict[str, str]:
    return {"package": one.package, "script": one.script, "reason": one.reason}


def _files(debs: Iterable[Deb], files: Mapping[str, Path]) -> list[DebFile]:
    from lading.debs import DebFile  # noqa: PLC0415 - only where such a layer is made

    return [
        DebFile(
            name=one.name,
            version=one.version,
            architecture=one.architecture,
            path=files[one.sha256],
        )
        for one in debs
    ]
