"""Debian's archive: its signed indexes, its packages, and what a set of them needs."""

from __future__ import annotations

from lading.debian.archive import ReadArchive
from lading.debian.facts import Facts
from lading.debian.locking import DebsBelow, LockedDeb, LockedDebs, fetch_deb, lock_debs
from lading.debian.repository import packages_index
from lading.debian.status import installed_in, unneeded
from lading.debian.trust import Trust

__all__ = [
    "DebsBelow",
    "Facts",
    "LockedDeb",
    "LockedDebs",
    "ReadArchive",
    "Trust",
    "fetch_deb",
    "installed_in",
    "lock_debs",
    "packages_index",
    "unneeded",
]
