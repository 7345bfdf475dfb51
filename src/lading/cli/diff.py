"""`lading diff`: what changed between two locks, frozen folders, images or revisions."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from lading.cli.options import as_json, ca_bundle_option, plain_http_option
from lading.cli.talk import from_here
from lading.grammar.words import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lading.explain.changes import (
        Difference,
        FileChange,
        LayerChange,
        PackageChange,
        PlatformDifference,
        SettingChange,
        SizeChange,
    )

__all__ = ["diff"]

_MOST_FILES: Final = 20
_MOST_REASONS: Final = 3
_SIGNS: Final = {"added": "+", "removed": "-"}
_PACKAGES: Final = "/site-packages/"
_LONGEST: Final = 80
_NO_SIZE: Final = frozenset({"base", "environment"})
_ASPECTS: Final = {
    "base": "the base image",
    "python": "Python packages",
    "system": "system packages",
    "building": "what is for building only",
    "settings": "settings",
    "files": "files",
    "layers": "layers",
}

_SIZES: Final = {
    "python": "Python packages",
    "system": "system packages",
    "layers": "layers",
}
_OF_LOCKS: Final = ("files of models", "layers of packages and models")
"""All that locks have: nothing says how the container is run, and no other file is in one."""


@click.command(short_help="Say what changed between two images.")
@click.argument("before", metavar="[A]", default="HEAD")
@click.argument("after", metavar="[B]", required=False)
@click.option(
    "--project",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False),
    default=".",
    help="The folder with lading.lock, of whose history revisions are; left out, this folder.",
)
@click.option("--exit-code", is_flag=True, help="Exit 1 where anything differs.")
@plain_http_option
@ca_bundle_option
@as_json
def diff(  # noqa: PLR0913 - one argument an option
    *,
    before: str,
    after: str | None,
    project: str,
    exit_code: bool,
    plain_http: tuple[str, ...],
    ca_bundle: str | None,
    as_json: bool,
) -> None:
    """Say what changed from A to B: base, packages, settings, files, sizes, and layers.

    Each is a lock (a file, or its folder), a frozen folder, an image (oci:DIR, oci-archive:FILE,
    docker-archive:FILE, docker://REFERENCE), or a git revision, which stands for lading.lock as it
    was committed then. Left out, A is HEAD. Where A is a revision, and B is one or is left out,
    every lock of the project that has changed since is compared.

    Of layers it says which ones have to be made and pushed, and why.

    With --json: {before, after, kinds, platforms}; of every lock {locks}, a list of these.
    """
    from lading.cli.sides import Sides  # noqa: PLC0415 - only for this command
    from lading.explain.difference import compare  # noqa: PLC0415
    from lading.machine import Machine  # noqa: PLC0415

    machine = Machine.here(ca_bundle=ca_bundle, plain_http=plain_http)
    sides = Sides(machine, Path(project).resolve())
    context = click.get_current_context()
    is_default = context.get_parameter_source("before") is click.core.ParameterSource.DEFAULT
    is_then = is_default or sides.is_revision(before)
    every = is_then and (after is None or sides.is_revision(after))
    if every:
        pairs = sides.locks(before, after)
    else:
        old = sides.named(before)
        pairs = ((old, sides.here() if after is None else sides.named(after)),)
    found = [compare(*pair) for pair in pairs]
    changed = [one for one in found if not one.is_empty]
    if as_json:
        rows = [_rows(one) for one in changed]
        data = {"locks": rows} if every else _rows(found[0])
        click.echo(from_here(json.dumps(data, indent=2)))
    elif len(found) > 1 and not changed:
        sides_named = before if after is None else f"{before} to {after}"
        click.echo(f"nothing differs in {len(found)} locks from {from_here(visible(sides_named))}")
    else:
        for line in (line for one in changed or found for line in _lines(one)):
            click.echo(from_here(visible(line)))
    if exit_code and changed:
        context.exit(1)


def _rows(found: Difference) -> dict[str, object]:
    """The data; what a layer holds may be a hundred thousand paths, and is told by the changes."""
    rows = asdict(found)
    for platform in rows["platforms"]:
        for change in platform["layers"]:
            del change["layer"]["holds"]
        platform["unknown"] = dict(platform["unknown"])
    return rows


def _lines(found: Difference) -> Iterator[str]:
    yield f"{found.before} -> {found.after}"
    for one in found.platforms:
        yield one.platform
        yield from (f"  {line}" for line in _platform_lines(one, found))


def _platform_lines(one: PlatformDifference, found: Difference) -> Iterator[str]:
    if one.only is not None:
        yield f"only in {found.before if one.only == 'before' else found.after}"
        return
    if one.is_empty:
        yield "nothing differs"
    if one.base is not None:
        yield from ("base image", f"  - {one.base.before}", f"  + {one.base.after}")
    yield from _headed("Python packages", map(_package, one.python))
    yield from _headed("system packages", map(_package, one.system))
    yield from _headed("for building only", map(_package, one.building))
    yield from _headed("settings", _settings(one.settings))
    files, layers = _OF_LOCKS if found.is_of_locks else ("files", "layers")
    yield from _headed(files, _files(one.files))
    if not one.is_empty:
        names = {**_SIZES, "files": files}
        yield from _headed("sizes", (_size(size, names[size.name]) for size in one.sizes))
        yield from _headed(layers, _layers(one.layers))
    for why in dict.fromkeys(why for _, why in one.unknown):
        aspects = ", ".join(_ASPECTS[what] for what, reason in one.unknown if reason == why)
        yield f"not compared: {aspects}: {why}"


def _headed(head: str, lines: Iterable[str]) -> Iterator[str]:
    """The lines below their head, and nothing where there are none."""
    listed = tuple(lines)
    if listed:
        yield head
        yield from (f"  {line}" for line in listed)


def _package(change: PackageChange) -> str:
    old, new = change.before, change.after
    if old is None or new is None:
        known = old or new
        version = f" {known.version}" if known and known.version else ""
        return f"{_SIGNS[change.what]} {change.name}{version}"
    match change.what:
        case "version":
            return f"~ {change.name} {old.version} -> {new.version}"
        case "index":
            return f"~ {change.name} {new.version} is from {new.index}, and was from {old.index}"
        case _:
            return f"~ {change.name} {new.version} is another file of the same version"


def _settings(changes: Iterable[SettingChange]) -> Iterator[str]:
    for one in changes:
        if one.before is not None:
            yield f"- {one.name} {one.before}".rstrip()
        if one.after is not None:
            yield f"+ {one.name} {one.after}".rstrip()


def _files(changes: Sequence[FileChange]) -> Iterator[str]:
    """The project's one by one; those of packages are told by the packages."""
    of_packages = [one for one in changes if _PACKAGES in one.path]
    others = [one for one in changes if _PACKAGES not in one.path]
    yield from map(_file, others[:_MOST_FILES])
    left = len(others) - _MOST_FILES
    if left > 0:
        yield f"and {left} more (--json tells all)"
    if of_packages:
        yield f"and {len(of_packages)} in site-packages"


def _file(change: FileChange) -> str:
    from lading.store.sizes import format_size  # noqa: PLC0415 - only for this command

    known = change.after or change.before
    size = format_size(known.size) if known else ""
    if change.what == "mode":
        modes = [f"{one.mode:o}" for one in (change.before, change.after) if one]
        return f"~ {change.path} {' -> '.join(modes)}"
    return f"{_SIGNS.get(change.what, '~')} {change.path} ({size})"


def _size(change: SizeChange, name: str) -> str:
    from lading.store.sizes import format_size  # noqa: PLC0415 - only for this command

    more = change.after - change.before
    sign = "-" if more < 0 else "+"
    changed = f" ({sign}{format_size(abs(more))})" if more else ""
    return f"{name}: {format_size(change.after)}{changed}"


def _layers(changes: Sequence[LayerChange]) -> Iterator[str]:
    made, kept, dropped = (
        [one for one in changes if one.what == what] for what in ("made", "kept", "dropped")
    )
    if not made and not dropped:
        return
    for one in made:
        yield f"+ {_named(one)}"
        more = len(one.why) - _MOST_REASONS
        reasons = (*one.why[:_MOST_REASONS], *([f"and {more} more"] if more > 0 else ()))
        yield f"    {'; '.join(reasons)}"
    gone = f"; {len(dropped)} dropped" if dropped else ""
    yield f"{len(made)} to make and push{_total(made)}; {len(kept)} kept{_total(kept)}{gone}"


def _named(change: LayerChange) -> str:
    from lading.store.sizes import format_size  # noqa: PLC0415 - only for this command

    size = change.layer.size
    name = change.layer.name
    short = name if len(name) <= _LONGEST else f"{name[:_LONGEST]}..."
    return f"{short} ({format_size(size)})" if size is not None else short


def _total(changes: Iterable[LayerChange]) -> str:
    """What they come to, where all of them tell."""
    from lading.store.sizes import format_size  # noqa: PLC0415 - only for this command

    listed = [one.layer for one in changes]
    known = [one.size for one in listed if one.size is not None]
    if not known or any(one.size is None and one.kind not in _NO_SIZE for one in listed):
        return ""
    return f", {format_size(sum(known))}"
