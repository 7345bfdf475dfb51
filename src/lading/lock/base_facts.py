"""What a base image holds, as far as it decides what is locked: it is read when that is asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from lading.bases import Base
    from lading.grammar.python_version import PythonVersion
    from lading.libraries import Provided
    from lading.lock.model import LockedBase
    from lading.machine import Machine
    from lading.platforms import Platform
    from lading.store import Store

__all__ = ["BaseFacts"]


@dataclass(frozen=True, kw_only=True)
class BaseFacts:
    """A base on one platform.

    Attributes:
        locked: The lock's word on it.
        platform: What it is for.
        python: The image's interpreter.
        project: The project's folder, for a base that is in it.
        machine: How to reach registries.
        mirror: The reference that the base is pulled by instead.
        say: Told what is going on.
    """

    locked: LockedBase
    platform: Platform
    python: PythonVersion
    project: Path
    machine: Machine
    mirror: str | None = None
    say: Callable[[str], None] = lambda _: None

    def dpkg_status(self) -> str:
        """What dpkg has recorded there.

        Raises:
            LadingError: The base can't be had, or is damaged.
        """
        from lading.bases import dpkg_status  # noqa: PLC0415 - where the base is read

        self.say(f"reading what {self.locked.reference} has installed")
        return dpkg_status(self._base, self._store)

    def has_python(self) -> bool:
        """Whether it has the interpreter.

        Raises:
            LadingError: The base can't be had, is damaged, or has another one under that name.
        """
        from lading.bases import interpreter  # noqa: PLC0415 - where the base is read

        found = interpreter(self._base, self.python, self._store, installable=True)
        return found is not None

    def libraries(self, variables: Iterable[tuple[str, str]]) -> Provided:
        """The libraries and programs that it has.

        Args:
            variables: What the image sets in the environment.

        Raises:
            LadingError: The base can't be had, or is damaged.
        """
        from lading.libraries import library_path, provided_by_base  # noqa: PLC0415 - if asked

        self.say(f"reading the names of {self.locked.reference}'s files")
        folders = library_path(self._base, variables)
        return provided_by_base(self._base, self._store, platform=self.platform, folders=folders)

    @cached_property
    def _store(self) -> Store:
        return self.machine.store()

    @cached_property
    def _base(self) -> Base:
        from lading.bases import find_base  # noqa: PLC0415 - where the base is read

        return find_base(
            self.locked,
            self.platform,
            project=self.project,
            store=self._store,
            http=self.machine.http(),
            credentials=self.machine.credentials(),
            mirror=self.mirror,
        )
