"""How long work is shown: on a terminal as it goes on, elsewhere a line for each thing done."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from lading.cli.talk import legible, note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress as Bars
    from rich.progress import TaskID

__all__ = ["Display", "display"]


class Display(Protocol):
    """Tells what is going on, and is told of pieces of work from any thread."""

    names: dict[str, str]
    """What pieces are called that are only known by their digests."""

    def say(self, text: str) -> None:
        """What is going on, in a few words."""
        ...

    def begin(self, piece: str, total: int | None) -> None:
        """See `lading.progress`."""
        ...

    def advance(self, piece: str, amount: int) -> None:
        """See `lading.progress`."""
        ...

    def end(self, piece: str, outcome: str, size: int | None) -> None:
        """See `lading.progress`."""
        ...


@contextmanager
def display(*, quiet: bool) -> Iterator[Display]:
    """What shows the work that the block does."""
    if quiet:
        yield _Nothing()
    elif sys.stderr.isatty():
        shown = _Terminal()
        try:
            yield shown
        finally:
            shown.close()
    else:
        yield _Lines()


def _line(names: dict[str, str], piece: str, outcome: str, size: int | None) -> str:
    from lading.store.sizes import format_size  # noqa: PLC0415 - where something is done

    name = names.get(piece, piece)
    if name.startswith("sha256:"):
        name = name.removeprefix("sha256:")[:12]
    return f"  {outcome:13} {'' if size is None else format_size(size):>9}  {name}"


@dataclass(slots=True)
class _Nothing:
    names: dict[str, str] = field(default_factory=dict)

    def say(self, text: str) -> None:
        """Say nothing."""

    def begin(self, piece: str, total: int | None) -> None:
        """Say nothing."""

    def advance(self, piece: str, amount: int) -> None:
        """Say nothing."""

    def end(self, piece: str, outcome: str, size: int | None) -> None:
        """Say nothing."""


@dataclass(slots=True)
class _Lines(_Nothing):
    """A line for each piece, when it is done."""

    _lock: Lock = field(default_factory=Lock)

    def say(self, text: str) -> None:
        """One line."""
        note(text)

    def end(self, piece: str, outcome: str, size: int | None) -> None:
        """One line."""
        with self._lock:
            note(_line(self.names, piece, outcome, size))


@dataclass(slots=True)
class _Terminal(_Nothing):
    """A bar for each piece that takes time; what is done stays above as a line."""

    _lock: Lock = field(default_factory=Lock)
    _bars: Bars | None = None
    _tasks: dict[str, TaskID] = field(default_factory=dict)
    _said: TaskID | None = None

    def say(self, text: str) -> None:
        """The line at the bottom."""
        with self._lock:
            bars = self._opened()
            if self._said is not None:
                bars.remove_task(self._said)
            self._said = bars.add_task(legible(text), total=None)

    def begin(self, piece: str, total: int | None) -> None:
        """One bar more."""
        with self._lock:
            name = self.names.get(piece, piece)
            self._tasks[piece] = self._opened().add_task(legible(name), total=total)

    def advance(self, piece: str, amount: int) -> None:
        """The bar grows."""
        with self._lock:
            if piece in self._tasks:
                self._opened().advance(self._tasks[piece], amount)

    def end(self, piece: str, outcome: str, size: int | None) -> None:
        """The bar becomes a line."""
        with self._lock:
            text = legible(_line(self.names, piece, outcome, size))
            if self._bars is None:  # nothing took time so far: no bars, and none of their imports
                note(text)
                return
            if piece in self._tasks:
                self._bars.remove_task(self._tasks.pop(piece))
            self._bars.console.print(text, markup=False, highlight=False)

    def close(self) -> None:
        """Take the bars away."""
        if self._bars is not None:
            self._bars.stop()

    def _opened(self) -> Bars:
        if self._bars is None:
            from lading.cli.bars import bars  # noqa: PLC0415 - only where anything takes time

            self._bars = bars()
            self._bars.start()
        return self._bars
