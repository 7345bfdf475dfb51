"""Carries the commands of a Dockerfile out in a folder of the test, with a real uv and no engine.

Each path of the image that a command may name becomes one below that folder, and what a RUN mounts
or a stage copies is copied there first. So what uv is told is tried for real; what a builder makes
of the file is for the tests with engines.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uv

from dockerfile.parseback import argv, parse
from lading import process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dockerfile.parseback import Parsed
    from lading.process import Completed

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
_PLACES = re.compile(r"(?<![\w.])/(?=(?:run|src|wheels|opt/venv|media|srv|mnt)\b)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One file system for all stages.

    Attributes:
        context: The frozen folder.
        root: What stands for `/`.
    """

    context: Path
    root: Path

    def perform(self, text: str, **environment: str) -> Completed:
        """Carry out what calls uv, up to the first failure; the last thing that was run."""
        last: Completed | None = None
        for one in parse(text):
            if one.kind in {"COPY", "RUN"}:
                self._supply(one)
            if one.kind == "RUN" and "/run/uv" in one.rest:
                last = self._run(argv(one.rest)[2], environment)
                if last.returncode:
                    return last
        assert last is not None
        return last

    def forget(self) -> None:
        """Begin anew, but with the cache of the builds before."""
        self.root.mkdir(exist_ok=True)
        for entry in self.root.iterdir():
            if entry.name != "mnt":
                shutil.rmtree(entry)

    def site_packages(self) -> Path:
        return self.root / "opt/venv/lib" / f"python{PYTHON}/site-packages"

    def _run(self, script: str, environment: dict[str, str]) -> Completed:
        script = _PLACES.sub(f"{self.root}/", script)
        script = script.replace(f"--python {PYTHON}", f"--python {sys.executable}")
        env = {"PATH": os.environ["PATH"], "HOME": str(self.root / "home"), **environment}
        return process.run(("/bin/sh", "-c", script), env=env, timeout=60)

    def _supply(self, one: Parsed) -> None:
        for source, target, staged in _supplies(one):
            place = self.root / target.lstrip("/")
            found = (self.root if staged else self.context) / source.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            if source == "uv":
                shutil.copy(uv.find_uv_bin(), place)
            elif found.is_dir() and found != place:
                # What is mounted hides what was mounted there before.
                shutil.rmtree(place, ignore_errors=True)
                shutil.copytree(found, place)
            elif found.is_file():
                shutil.copy(found, place)


def _supplies(one: Parsed) -> Iterator[tuple[str, str, bool]]:
    """Source, target, and whether the source is a path of another stage."""
    if one.kind == "COPY":
        source, target = one.rest.split()
        yield source, target, any(flag.startswith("--from=") for flag in one.flags)
    for flag in one.flags:
        if flag.startswith("--mount=type=bind,"):
            fields = dict(part.split("=") for part in flag.removeprefix("--mount=").split(","))
            yield fields["source"], fields["target"], "from" in fields
