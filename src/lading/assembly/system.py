"""The layer of system packages: which they are, by what it is found again, and its entries."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, TypeAlias

from lading.assembly.accounts import with_account
from lading.oci.layers import LAYER_FORMAT
from lading.store import LayerKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lading.bases import Base
    from lading.debs import DebFile
    from lading.info import User
    from lading.lock.model import Deb
    from lading.oci.entries import Entry
    from lading.store import Store

__all__ = [
    "SYSTEM",
    "FetchDebs",
    "Needed",
    "needed_scripts",
    "system_entries",
    "system_key",
]

SYSTEM: Final = "system packages"
"""What owns their files."""

FetchDebs: TypeAlias = "Callable[[Sequence[Deb]], Mapping[str, Path]]"
"""Gives the files of packages, by their SHA-256, each checked against it."""

_FORMAT: Final = 1
"""How packages become entries: it grows whenever these change."""


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
        inputs=(ground, f"debs-{_FORMAT}", *sorted(one.sha256 for one in debs)),
        interpreter="",
        prefix="",
        format=LAYER_FORMAT,
    )


def system_entries(  # noqa: PLR0913, PLR0917 - what, on what, for whom, and where
    debs: Sequence[Deb],
    base: Base,
    store: Store,
    user: User,
    files: Mapping[str, Path],
    workdir: Path,
) -> tuple[Entry, ...]:
    """What installing them writes; on nothing, with the container's user among the accounts.

    Raises:
        ImageError: A package can't be installed without running something.
    """
    from lading.bases import BaseFiles  # noqa: PLC0415 - only where such a layer is made
    from lading.debs import NOTHING, install, wanted  # noqa: PLC0415

    if base.manifest is None:
        root = install(_files(debs, files), NOTHING, workdir=workdir, record="status.d")
        return with_account(root.entries, user)
    ground = BaseFiles(base, store)
    found = install(_files(debs, files), ground, workdir=workdir)
    return wanted(found.entries, ground)


def needed_scripts(
    debs: Sequence[Deb], base: Base, store: Store, user: User, fetch: FetchDebs
) -> tuple[Needed, ...]:
    """The maintainer scripts that would have to be run; what was found once is kept.

    Raises:
        ImageError: A package is not as it must be, or can't be put on the base at all.
        LadingError: A package can't be had.
    """
    key = system_key(debs, base, user)
    if not debs or store.layer(key) is not None:
        return ()
    name = f"scripts-{key.name}"
    kept = store.record(name)
    if kept is not None:
        return tuple(Needed(**one) for one in json.loads(kept))
    found = _looked_for(debs, base, store, fetch(debs))
    store.keep(name, json.dumps([_pairs(one) for one in found]).encode())
    return found


def _looked_for(
    debs: Sequence[Deb], base: Base, store: Store, files: Mapping[str, Path]
) -> tuple[Needed, ...]:
    from lading.bases import BaseFiles  # noqa: PLC0415 - only where such a layer is made
    from lading.debs import NOTHING, scripts_problems  # noqa: PLC0415

    ground = BaseFiles(base, store) if base.manifest else NOTHING
    with TemporaryDirectory(prefix="lading-") as folder:
        found = scripts_problems(_files(debs, files), ground, workdir=Path(folder))
    return tuple(Needed(package=one.package, script=one.script, reason=one.reason) for one in found)


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
