"""The second generator: from an `ImageInfo` to an OCI image, without an engine and without root.

What it makes holds what the Dockerfile's image holds: the same packages, files and configuration.
"""

from __future__ import annotations

from lading.assembly.assembler import Assembled, AssembledLayer, Assembler
from lading.assembly.document import index_of
from lading.assembly.obstacles import (
    MustExecute,
    must_execute,
    scripts_to_run,
    unfit,
    unpackable,
)
from lading.assembly.plan import BUDGET, PlannedLayer, plan
from lading.assembly.roots import made_roots
from lading.assembly.system import Installer, Needed, Upon

__all__ = [
    "BUDGET",
    "Assembled",
    "AssembledLayer",
    "Assembler",
    "Installer",
    "MustExecute",
    "Needed",
    "PlannedLayer",
    "Upon",
    "index_of",
    "made_roots",
    "must_execute",
    "plan",
    "scripts_to_run",
    "unfit",
    "unpackable",
]
