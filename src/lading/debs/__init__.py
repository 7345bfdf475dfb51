"""Debian packages as entries of a layer, installed without dpkg and without running their scripts.

Sources: deb(5), deb-control(5), deb-conffiles(5), deb-triggers(5), dpkg's own source for its
database, Debian Policy 6 to 10 for maintainer scripts and files, POSIX.1-2017 for the shell's
language, glibc's dl-cache.h for the dynamic linker's cache.
"""

from __future__ import annotations

from lading.debs.installing import Installation, install
from lading.debs.model import NOTHING, DebFile, Ground, Installed, Record, ScriptProblem
from lading.debs.names import names_in, read_names
from lading.debs.refusal import Unfit

__all__ = [
    "NOTHING",
    "DebFile",
    "Ground",
    "Installation",
    "Installed",
    "Record",
    "ScriptProblem",
    "Unfit",
    "install",
    "names_in",
    "read_names",
]
