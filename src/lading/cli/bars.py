"""The bars of a terminal, apart since importing what draws them takes a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.progress import Task

__all__ = ["bars"]


class _Bar(BarColumn):
    """A bar for what has an end; a line that says what is going on has none."""

    def render(self, task: Task) -> RenderableType:  # type: ignore[override] # its width varies
        return Text() if task.total is None else super().render(task)


class _Amount(DownloadColumn):
    """How many bytes are done, where anybody knows of how many."""

    def render(self, task: Task) -> Text:
        return Text() if task.total is None else super().render(task)


def bars() -> Progress:
    """Bars on stderr that are gone in the end."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        _Bar(bar_width=24),
        _Amount(),
        console=Console(stderr=True, highlight=False),
        transient=True,
    )
