"""`lading cache`."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from lading.cli.commands import Commands
from lading.cli.failure import Misused
from lading.cli.options import as_json, parsed, quiet
from lading.cli.talk import note, progress
from lading.grammar.size import parse_size
from lading.store.sizes import format_age, format_size, parse_age

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from lading.store import Store
    from lading.store.pruning import Entry, Kind, Pruned
    from lading.store.verifying import Verified

__all__ = ["cache"]

# What the kinds of entries are called, in the order in which they are shown.
_NAMES: dict[Kind, tuple[str, str]] = {
    "layer": ("layer", "layers"),
    "base": ("base layer", "base layers"),
    "fact": ("fact", "facts"),
    "download": ("download", "downloads"),
    "program": ("program", "programs"),
    "repository": ("repository", "repositories"),
}


@click.group(cls=Commands, short_help="Show, trim or check what is kept for later builds.")
def cache() -> None:
    """Show, trim or check what is kept for later builds.

    It lies in LADING_CACHE_DIR; without that, in $XDG_CACHE_HOME/lading or ~/.cache/lading. All of
    it can be made or fetched again.

    LADING_CACHE_LIMIT says how much of layers may stay after a build: `20GB` without it, `none` for
    no limit.
    """


@cache.command(short_help="Say what is kept, and how much.")
@as_json
def info(*, as_json: bool) -> None:
    """Say what is kept, and how much.

    With --json: {folder, limit, parts}; each part has {count, size, oldest}: how many, how many
    bytes, and when the one that was not used for longest was used.
    """
    folder, store = _opened()
    entries = _all_entries(folder, store)
    if as_json:
        parts = {_NAMES[kind][1].replace(" ", "_"): _part(entries, kind) for kind in _NAMES}
        click.echo(
            json.dumps({"folder": str(folder), "limit": store.limit, "parts": parts}, indent=2)
        )
    else:
        click.echo("\n".join(_lines(folder, store.limit, entries)))


@cache.command(short_help="Remove what has not been used for long.")
@click.option("--all", "everything", is_flag=True, help="Remove all that no running build uses.")
@click.option(
    "--max-size",
    metavar="SIZE",
    callback=parsed(parse_size),
    help="Leave so much of layers, such as 5GB; left out, what LADING_CACHE_LIMIT says.",
)
@click.option(
    "--older-than",
    metavar="AGE",
    callback=parsed(parse_age),
    help="Remove what was last used longer ago, such as 30d or 12h.",
)
@click.option("--dry-run", is_flag=True, help="Say what would go, and remove nothing.")
@quiet
@as_json
def prune(  # noqa: PLR0913 - one for each option
    *,
    everything: bool,
    max_size: int | None,
    older_than: int | None,
    dry_run: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Remove what has not been used for long.

    Of layers, what was used least recently goes until the rest is within the size. --all and
    --older-than also remove what was downloaded. What a running build uses stays.

    With --json: {freed, removed, left}: bytes, how many of each kind, bytes.
    """
    if everything and (max_size is not None or older_than is not None):
        other = "--older-than" if max_size is None else "--max-size"
        raise Misused(f"--all removes everything, so it can't go with {other}")
    folder, store = _opened()
    before = _before(everything=everything, older_than=older_than)
    room = store.limit if max_size is None and before is None else max_size
    pruned = store.prune(room=room, before=before, dry=dry_run)
    others = _prune_others(folder, before, pruned.protected, dry=dry_run)
    removed = (*pruned.removed, *others)
    freed = pruned.swept + sum(entry.size for entry in removed)
    if as_json:
        counts = Counter(_NAMES[entry.kind][1].replace(" ", "_") for entry in removed)
        result = {"freed": freed, "removed": dict(sorted(counts.items())), "left": pruned.left}
        click.echo(json.dumps(result, indent=2))
    elif not quiet:
        note(_told(freed, removed, pruned, dry=dry_run))


@cache.command(short_help="Hash all layers, and remove what is damaged.")
@quiet
@as_json
def verify(*, quiet: bool, as_json: bool) -> None:
    """Hash all layers, and remove what is damaged: it is made again when it is needed.

    Exits with 1 where anything was.

    With --json: {files, size, damaged}, the last a list of {name, why}.
    """
    from lading.store.verifying import verify as hash_all  # noqa: PLC0415 - only for this command

    _, store = _opened()
    with progress(quiet=quiet or as_json) as tell:
        found = hash_all(store.folder, _Percent(tell))
    if as_json:
        flaws = [{"name": flaw.name, "why": flaw.why} for flaw in found.flaws]
        click.echo(
            json.dumps({"files": found.files, "size": found.size, "damaged": flaws}, indent=2)
        )
    else:
        _tell_of(found, quiet=quiet)
    if found.flaws:
        click.get_current_context().exit(1)


class _Percent:
    """Tells how far a single piece is, where somebody watches."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._watched = sys.stderr.isatty()
        self._total = self._done = self._shown = 0

    def begin(self, piece: str, total: int | None) -> None:
        """Say how much there is to do."""
        del piece
        self._total = total or 0
        self._tell(f"hashing {format_size(self._total)}")

    def advance(self, piece: str, amount: int) -> None:
        """Say how much of it is done."""
        del piece
        self._done += amount
        percent = 100 * self._done // max(self._total, 1)
        if self._watched and percent != self._shown:
            self._shown = percent
            self._tell(f"hashing {format_size(self._total)}: {percent} %")

    def end(self, piece: str, outcome: str, size: int | None) -> None:
        """Say nothing: the result is told in full."""


def _opened() -> tuple[Path, Store]:
    from lading.machine import Machine  # noqa: PLC0415 - the help needs none of it

    machine = Machine.here()
    return machine.cache.absolute(), machine.store()


def _all_entries(folder: Path, store: Store) -> tuple[Entry, ...]:
    from lading.store.usage import other_entries  # noqa: PLC0415 - only where it is asked for

    return (*store.entries(), *other_entries(folder))


def _part(entries: Iterable[Entry], kind: Kind) -> dict[str, object]:
    found = [entry for entry in entries if entry.kind == kind]
    oldest = min((entry.used for entry in found), default=None)
    return {
        "count": len(found),
        "size": sum(entry.size for entry in found),
        "oldest": None if oldest is None else _time(oldest),
    }


def _time(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds // 10**9, UTC).isoformat().replace("+00:00", "Z")


def _lines(folder: Path, limit: int | None, entries: tuple[Entry, ...]) -> Iterator[str]:
    yield f"folder        {folder}"
    yield f"limit         {'none' if limit is None else f'{format_size(limit)} of layers'}"
    for kind, (_, name) in _NAMES.items():
        found = [entry for entry in entries if entry.kind == kind]
        if found:
            ago = format_age(time.time() - min(entry.used for entry in found) / 10**9)
            size = format_size(sum(entry.size for entry in found))
            yield f"{name:12}  {size:>8}  {len(found):>6}  least recently used {ago} ago"
    yield f"{'all':12}  {format_size(sum(entry.size for entry in entries)):>8}  {len(entries):>6}"


def _before(*, everything: bool, older_than: int | None) -> int | None:
    """What was last used before this time, in ns, goes."""
    if everything:
        return sys.maxsize
    return None if older_than is None else time.time_ns() - older_than * 10**9


def _prune_others(
    folder: Path, before: int | None, protected: int | None, *, dry: bool
) -> tuple[Entry, ...]:
    """Remove downloads that were last used before then, and before any running build began."""
    if before is None:
        return ()
    from lading.store.pruning import chosen, remove  # noqa: PLC0415 - only where it is asked for
    from lading.store.usage import other_entries  # noqa: PLC0415

    gone = chosen(other_entries(folder), before=before, protected=protected)
    if not dry:
        remove(path for entry in gone for path in entry.paths)
    return gone


def _told(freed: int, removed: tuple[Entry, ...], pruned: Pruned, *, dry: bool) -> str:
    verb = "would free" if dry else "freed"
    counts = Counter(entry.kind for entry in removed)
    what = ", ".join(
        f"{counts[kind]} {names[counts[kind] > 1]}"
        for kind, names in _NAMES.items()
        if counts[kind]
    )
    of = f" ({what})" if what else ""
    return f"{verb} {format_size(freed)}{of}; {format_size(pruned.left)} of layers stay"


def _tell_of(found: Verified, *, quiet: bool) -> None:
    for flaw in found.flaws:
        note(f"damaged, and removed: {flaw.name}: {flaw.why}")
    if found.flaws:
        note("hint: it is made or fetched again by the next build that needs it")
    elif not quiet:
        note(f"all {found.files} files are whole ({format_size(found.size)})")
