"""Progress on stderr: a line that changes on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["note", "progress"]


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Yields what to tell, in a few words, what is going on."""
    if quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        from rich.console import Console  # noqa: PLC0415 - only for a terminal

        console = Console(stderr=True, highlight=False)
        with console.status("starting") as status:
            yield lambda text: status.update(console.render_str(text, markup=False))
    else:
        yield note


def note(text: str) -> None:
    """One line to the person who reads."""
    click.echo(text, err=True)
