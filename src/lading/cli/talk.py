"""What is said on stderr: progress, notes and errors, with paths as they look from this folder."""

from __future__ import annotations

import json
import re
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lading.grammar.credentials import redact
from lading.grammar.words import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["from_here", "legible", "note", "progress", "tell_json"]


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Yields what to tell, in a few words, what is going on."""
    if quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        from rich.console import Console  # noqa: PLC0415 - only for a terminal

        console = Console(stderr=True, highlight=False)
        with console.status("starting") as status:
            yield lambda text: status.update(console.render_str(legible(text), markup=False))
    else:
        yield note


def note(text: str) -> None:
    """One line to the person who reads."""
    click.echo(legible(text), err=True)


def tell_json(results: Sequence[tuple[str, Mapping[str, object]]], *, every: bool) -> None:
    """What a command came to, as data on stdout.

    Args:
        results: Of each image, with its name.
        every: Whether all were asked for, however many they are; else it is one.
    """
    images = [{"name": name, **result} for name, result in results]
    click.echo(json.dumps({"images": images} if every else results[0][1], indent=2))


def legible(text: str) -> str:
    """`text` from here, where a terminal obeys nothing of it: others may have written it."""
    return re.sub(r"[^\n\t]+", lambda words: visible(words[0]), from_here(text))


def from_here(text: str) -> str:
    """`text` as a person may see it: no credentials, and what lies below this folder from here on.

    Messages carry absolute paths, because what raised them can't know who reads them where.
    """
    here = _here()
    below = rf"(?<![\w./~-]){re.escape(here)}/(?=[^\s/])" if here else "(?!)"
    return redact(re.sub(below, "", text))


def _here() -> str:
    try:
        return str(Path.cwd()).rstrip("/")
    except FileNotFoundError:  # this folder was removed while somebody stood in it
        return ""
