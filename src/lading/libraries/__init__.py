"""Which shared libraries and programs the wheels of an image need, and which it would lack.

It is read from the headers of the wheels' own files, from the names of the base image's files, and
from the archive's index of which package has which file: nothing is installed or run.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lading.libraries.analysis import Target, find_problems
    from lading.libraries.contents import Contents, read_contents
    from lading.libraries.findings import Finding, Report
    from lading.libraries.providing import Provided, library_path, provided_by_base
    from lading.libraries.reading import read_wheels
    from lading.libraries.telling import report_lines, report_problems, warning_lines
    from lading.libraries.wheel import WheelElfs, WheelFile, kept_libraries, wheel_libraries

__all__ = [
    "Contents",
    "Finding",
    "Provided",
    "Report",
    "Target",
    "WheelElfs",
    "WheelFile",
    "find_problems",
    "kept_libraries",
    "library_path",
    "provided_by_base",
    "read_contents",
    "read_wheels",
    "report_lines",
    "report_problems",
    "warning_lines",
    "wheel_libraries",
]

# Each is imported where it is used: a check of what is known already reads no wheel and no index.
_MODULES = {
    "Contents": "contents",
    "Finding": "findings",
    "Provided": "providing",
    "Report": "findings",
    "Target": "analysis",
    "WheelElfs": "wheel",
    "WheelFile": "wheel",
    "find_problems": "analysis",
    "kept_libraries": "wheel",
    "library_path": "providing",
    "provided_by_base": "providing",
    "read_contents": "contents",
    "read_wheels": "reading",
    "report_lines": "telling",
    "report_problems": "telling",
    "warning_lines": "telling",
    "wheel_libraries": "wheel",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
