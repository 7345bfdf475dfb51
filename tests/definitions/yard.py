"""The project of all definitions, laid out, and a machine that locks them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lading.cli.target import load_target
from lading.errors import LadingError
from lading.lock.file import lock_name, write_lock
from lading.lock.inputs import read_inputs
from lading.lock.making import LockMaker
from lading.platforms import Platform
from lock import package_index

if TYPE_CHECKING:
    from lading.cli.target import Target
    from lading.lock.model import Lock
    from lading.machine import Machine

__all__ = ["MODEL", "Yard", "lay_out"]

PROJECT = Path(__file__).parent / "project"

MODEL = "en_core_web_sm"


def lay_out(folder: Path) -> Path:
    """A copy of the project, with a model in it that is a package, as spaCy's are."""
    shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "models").mkdir()
    name, content = package_index.wheel(MODEL, "3.8.0", requires=["spacy>=3.8.0,<3.9.0"])
    (folder / "models" / name).write_bytes(content)
    return folder


@dataclass(frozen=True, slots=True)
class Yard:
    """Where definitions are locked."""

    project: Path
    machine: Machine

    def found(self, name: str) -> Target:
        return load_target(f"{self.project / name}")

    def lock(self, name: str, *platforms: str) -> Lock:
        """As `lading lock` does it, into a file of its own."""
        found = self.found(name)
        made = LockMaker(machine=self.machine).make(
            read_inputs(found.image, found.project),
            [Platform.parse(one) for one in platforms],
            earlier=None,
        )
        write_lock(found.project, made, lock_name(found.image))
        return made

    def refusal(self, name: str, *platforms: str) -> LadingError:
        try:
            self.lock(name, *platforms)
        except LadingError as error:
            return error
        raise AssertionError(f"{name} was locked")
