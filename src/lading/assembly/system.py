"""The layer of system packages: which they are, by what it is found again, and its entries."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from shutil import rmtree
from typing import TYPE_CHECKING, Final, TypeAlias

from lading.assembly.accounts import with_account
from lading.assembly.editions import reader_digest, tables_digest
from lading.oci.layers import LAYER_FORMAT
from lading.store import LayerKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

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

    def needed_scripts(self, debs: Sequence[Deb], base: Base, user: User) -> tuple[Needed, ...]:
        """The maintainer scripts that would have to be run; what was found once is kept.

        Raises:
            Unfit: They can't be put on the base without its package manager.
            ImageError: A package is not as it must be.
            LadingError: A package can't be had.
        """
        key = system_key(debs, base, user)
        if not debs or self.store.layer(key) is not None:
            return ()
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

    def _installation(self, key: LayerKey, debs: Sequence[Deb], base: Base) -> Installation:
        from lading.bases import BaseFiles  # noqa: PLC0415 - only where such a layer is made
        from lading.debs import NOTHING, Installation  # noqa: PLC0415

        if key.name not in self._begun:
            files = _files(debs, self.fetch(debs))
            workdir = self.workdir / key.name
            workdir.mkdir(parents=True)
            ground = BaseFiles(base, self.store) if base.manifest else NOTHING
            try:
                self._begun[key.name] = Installation(files, ground, workdir=workdir)
            except BaseException:
                self._forget(key)
                raise
        return self._begun[key.name]

    def _forget(self, key: LayerKey) -> None:
        self._begun.pop(key.name, None)
        rmtree(self.workdir / key.name, ignore_errors=True)


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
