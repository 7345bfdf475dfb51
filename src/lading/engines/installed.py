"""Engines that installed packages bring, by an entry point, and so without being imported first.

Source: the entry points specification of the Python Packaging User Guide. An entry point's name is
the engine's; its module is imported only where that engine is asked whether it can serve.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Final

from lading.engines.engine import unusable
from lading.errors import BuildError
from lading.grammar.words import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from importlib.metadata import EntryPoint

    from lading.engines.engine import Availability, Command, Engine
    from lading.engines.request import BuildRequest

__all__ = ["GROUP", "Installed", "installed_engines"]

GROUP: Final = "lading.engines"

_FORM: Final = f'the entry point of the group {GROUP} names one: mine = "my_package:engine"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """An engine of an installed package.

    Attributes:
        entry: Where it is.
        is_taken: Whether another engine has its name, so that this one is never taken.
    """

    entry: EntryPoint
    is_taken: bool

    @property
    def name(self) -> str:
        """That of the entry point."""
        return self.entry.name

    def probe(self, environment: Mapping[str, str]) -> Availability:
        """What the engine says of itself; that it can't be loaded is an answer too."""
        if self.is_taken:
            return unusable(f"{self._said} is left out: another engine has its name")
        try:
            engine = self._loaded()
        except BuildError as error:
            (problem,) = error.problems
            return unusable(problem.message, problem.hint)
        return engine.probe(environment)

    def commands(
        self, request: BuildRequest, environment: Mapping[str, str]
    ) -> tuple[Command, ...]:
        """The commands that do what is asked.

        Raises:
            BuildError: The engine can't be loaded, or can't do all of it.
        """
        return self._loaded().commands(request, environment)

    @property
    def _said(self) -> str:
        brought = f" of {self.entry.dist.name}" if self.entry.dist else ""
        return f"{self.entry.value}{brought}"

    def _loaded(self) -> Engine:
        try:
            found: Any = self.entry.load()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - somebody else's module is run
            why = visible(f"{type(error).__name__}: {error}")
            raise BuildError(f"{self._said} can't be loaded: {why}") from None
        if isinstance(found, type) or not (hasattr(found, "probe") and hasattr(found, "commands")):
            raise BuildError(f"{self._said} is no engine", hint=_FORM)
        engine: Engine = found
        return engine


def installed_engines(known: Collection[str]) -> Iterator[Installed]:
    """The engines of all installed packages, by name; nothing is imported.

    Args:
        known: The names of other engines.
    """
    taken = set(known)
    for entry in sorted(entry_points(group=GROUP), key=lambda one: (one.name, one.value)):
        yield Installed(entry=entry, is_taken=entry.name in taken)
        taken.add(entry.name)
