"""Reads the files in which a project lists its requirements into one shape, `RequirementSet`.

Nothing here resolves anything or asks a network. Each file that is read lies in the project, and
all that is wrong in it is reported at once, each problem with its line.
"""

from __future__ import annotations

from lading.requirements.file import parse_requirements, read_requirements_file
from lading.requirements.model import (
    Indexes,
    RequirementSet,
    SourcedRequirement,
    SourcedUrl,
    requirements_text,
)
from lading.requirements.pylock import read_pylock
from lading.requirements.pyproject import read_pyproject
from lading.requirements.script import read_script
from lading.requirements.uv_lock import export_uv_lock

__all__ = [
    "Indexes",
    "RequirementSet",
    "SourcedRequirement",
    "SourcedUrl",
    "export_uv_lock",
    "parse_requirements",
    "read_pylock",
    "read_pyproject",
    "read_requirements_file",
    "read_script",
    "requirements_text",
]
