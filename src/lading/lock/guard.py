"""An interpreter that runs no code of a package: what a resolver may be given without trust.

A source distribution that does not declare its dependencies as data (PEP 643, PEP 621) tells them
by running code of its own, as whoever resolves. That is arbitrary code on the host, and what it
answers depends on the host: so a lock is never made by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.errors import ResolutionError

if TYPE_CHECKING:
    from pathlib import Path

    from lading.lock.uv import Uv

__all__ = ["REFUSAL", "guarded"]

REFUSAL = "lading: no code of a package is run while locking"

# uv asks an interpreter about itself in isolated mode (-I), and runs build backends without it. A
# .pth file is executed at every start, also where a distro has a sitecustomize of its own.
_PTH = (
    "import os, sys; sys.flags.isolated or "
    f"(sys.stderr.write({REFUSAL + chr(10)!r}), sys.stderr.flush(), os._exit(1))\n"
)


def guarded(uv: Uv, folder: Path) -> str:
    """The path of an interpreter like `uv.interpreter` that ends at once when it is to run a build.

    It is in the virtual environment `guard`, which is made in `folder`, and works together with
    `--no-build-isolation` only: an isolated build would get an interpreter of its own.

    Raises:
        ResolutionError: It can't be made.
    """
    # Cleared, since one resolution may run uv several times in the same folder.
    words = ("venv", "--offline", "--no-project", "--clear", "--python", uv.interpreter)
    done = uv.call((*words, str(folder / "guard")), cwd=folder)
    found = (folder / "guard").glob("[Ll]ib/**/site-packages")
    packages = next(found, None) if done.returncode == 0 else None
    if packages is None:
        message = f"{uv.interpreter} can't be guarded against running packages' code"
        raise ResolutionError(f"{message}: {done.stderr.strip()}")
    (packages / "lading_guard.pth").write_text(_PTH, "utf-8")
    programs = (folder / "guard" / "bin" / "python", folder / "guard" / "Scripts" / "python.exe")
    return str(next(program for program in programs if program.exists()))
