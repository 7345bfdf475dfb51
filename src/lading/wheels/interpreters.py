"""Which Python of this machine writes the bytecode of an image's."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lading.process import ProgramNotFound, ProgramTimedOut, find_programs, run

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ISOLATED", "Interpreter", "find_interpreter"]

ISOLATED: Final = ("-I", "-S", "-X", "utf8", "-W", "ignore")
"""Options by which a Python heeds no environment, no site, and tells nothing that it must not."""

_SECONDS: Final = 20.0

_QUESTION: Final = (
    "import json, sys; print(json.dumps({'kind': sys.implementation.name,"
    " 'flags': getattr(sys, 'abiflags', ''), 'level': sys.version_info[3],"
    " 'version': '.'.join(map(str, sys.version_info[:3]))}))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """A Python that can be started here.

    Attributes:
        program: Its path.
        version: Its exact version, always a final release's: `3.11.7`.
    """

    program: str
    version: str

    @property
    def series(self) -> str:
        """Its minor version: bytecode is one for all of its releases (PEP 3147)."""
        return ".".join(self.version.split(".")[:2])


def find_interpreter(series: str, environ: Mapping[str, str]) -> Interpreter | None:
    """A CPython of this minor version, or None: this one, where it fits, else the first on PATH.

    What does not answer, as a version manager's stand-in for a Python that isn't chosen, is passed
    over; so are builds whose bytecode may differ: pre-releases, debug and free-threaded ones.

    Args:
        series: The minor version: `3.11`.
        environ: Whose PATH is searched, and what the candidates are started with.
    """
    own = _usual(_ourselves())
    if sys.executable and own is not None and own.startswith(f"{series}."):
        return Interpreter(program=sys.executable, version=own)
    for program in find_programs(f"python{series}", environ):
        version = _usual(_asked(program, environ))
        if version is not None and version.startswith(f"{series}."):
            return Interpreter(program=program, version=version)
    return None


def _ourselves() -> object:
    return {
        "kind": sys.implementation.name,
        "flags": getattr(sys, "abiflags", ""),
        "level": sys.version_info[3],
        "version": ".".join(map(str, sys.version_info[:3])),
    }


def _asked(program: str, environ: Mapping[str, str]) -> object:
    """The same of another Python, or None where it does not answer."""
    argv = [str(Path(program).absolute()), *ISOLATED, "-c", _QUESTION]
    try:
        told = run(argv, env=environ, timeout=_SECONDS)
        return json.loads(told.stdout) if told.returncode == 0 else None
    except (ProgramNotFound, ProgramTimedOut, ValueError):
        return None


def _usual(answer: object) -> str | None:
    """The version, where the answer is that of a build as everybody has it."""
    if not isinstance(answer, dict) or not isinstance(answer.get("version"), str):
        return None
    usual = answer.get("kind") == "cpython" and not answer.get("flags")
    version: str = answer["version"]
    return version if usual and answer.get("level") == "final" else None
