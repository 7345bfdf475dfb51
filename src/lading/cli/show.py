"""`lading show`: an image as it is written, resolved, and where each value came from."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Final

import click

from lading.cli.loading import chosen
from lading.cli.options import as_json, every_option, target_options
from lading.cli.relock import relock
from lading.cli.talk import from_here
from lading.cli.together import together
from lading.grammar.words import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.cli.target import Target
    from lading.explain.packages import Kind
    from lading.explain.resolved import LockState, ModelFiles, Packages, Resolved
    from lading.explain.showing import ParameterValue, Shown
    from lading.explain.values import Setting
    from lading.grammar.base import BaseImage
    from lading.machine import Machine

__all__ = ["show"]

_MOST: Final = 10


@click.command(short_help="Show the image, and where each value came from.")
@target_options
@every_option
@as_json
def show(
    *, target: str, project: str | None, base_image: BaseImage | None, every: bool, as_json: bool
) -> None:
    """Show the image as it is written, what it came to, and where each value is from.

    What is locked is told where lading.lock fits the image. No network is asked, and nothing is
    written.

    With --json: {calls, parameters, arguments, settings, mirrors, lock}. With --all: {images}, each
    image of these with its {name}.
    """
    from lading.machine import Machine  # noqa: PLC0415 - only for commands that do something

    targets = chosen(target, every=every, project=project, base_image=base_image)
    machine = Machine.here()
    reports = together(
        (one.name, partial(_shown, one, machine, rebased=base_image is not None)) for one in targets
    )
    named = [(one.name, report) for one, report in zip(targets, reports, strict=True)]
    if as_json:
        images = [{"name": name, **asdict(report)} for name, report in named]
        data = {"images": images} if every else asdict(reports[0])
        click.echo(from_here(json.dumps(data, indent=2)))
        return
    texts = ("\n".join(_text(report, of=name if every else None)) for name, report in named)
    click.echo("\n\n".join(texts))


def _shown(found: Target, machine: Machine, *, rebased: bool) -> Shown:
    from lading.explain.showing import shown  # noqa: PLC0415 - only for this command
    from lading.lock.file import lock_name, read_lock  # noqa: PLC0415
    from lading.lock.inputs import read_inputs  # noqa: PLC0415
    from lading.mirrors import read_mirrors  # noqa: PLC0415

    return shown(
        read_inputs(found.image, found.project, describe=machine.digests().describe),
        parameters=found.parameters,
        lock=read_lock(found.project, lock_name(found.image)),
        mirrors=read_mirrors(found.project, machine.environ),
        rebased=rebased,
    )


def _text(report: Shown, *, of: str | None) -> Iterator[str]:
    if of is not None:
        yield f"{visible(of)}:"
    yield from (from_here(visible(line)) for line in _lines(report))


def _lines(report: Shown) -> Iterator[str]:
    """Paragraphs, with an empty line between them."""
    first, *others = report.calls
    yield f"{first.at}: {first.text}"
    yield from (f"{one.at}:   {one.text}" for one in others)
    yield ""
    if report.parameters:
        yield from _aligned((f"--set {one.name}", _parameter(one)) for one in report.parameters)
        yield ""
    yield from _aligned(
        (one.name, f"{_said(one.value)} ({one.at or one.why})") for one in report.arguments
    )
    yield ""
    yield from _aligned(
        (_setting(one), f"{one.value} ({', '.join(one.at) or 'the default'})")
        for one in report.settings
    )
    yield ""
    if report.mirrors:
        yield from _aligned(
            (f"mirror of {one.name}", f"{one.value} ({one.origin})") for one in report.mirrors
        )
        yield ""
    yield from _lock_lines(report.lock)


def _setting(one: Setting) -> str:
    return f"{one.name} on {one.platform}" if one.platform else one.name


def _aligned(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    listed = tuple(rows)
    width = max(len(name) for name, _ in listed)
    yield from (f"{name:{width}}  {value}" for name, value in listed)


def _parameter(one: ParameterValue) -> str:
    return f"{_written(one.value)} ({', '.join(_said_by(one))}; {one.type})"


def _said_by(one: ParameterValue) -> Iterator[str]:
    """Who says what a parameter is, and in place of what."""
    by_command_line = one.origin == "command line"
    yield "from --set" if by_command_line else one.at or "the default"
    if by_command_line and one.at is not None:
        is_same = one.value == one.otherwise
        yield f"as {one.at}" if is_same else f"in place of {_written(one.otherwise)} by {one.at}"
    elif not one.required and one.value != one.default:
        yield f"in place of {_written(one.default)}"
    if one.required:
        yield "required"


def _written(value: str | float | None) -> str:
    return value if isinstance(value, str) else str(value).lower()


def _said(value: str | bool | None) -> str:  # noqa: FBT001 - it is what is said
    return value if isinstance(value, str) else {None: "none", True: "yes", False: "no"}[value]


def _lock_lines(lock: LockState) -> Iterator[str]:
    if lock.state == "missing":
        missing = f"there is no {lock.file}: what the image comes to is not known before"
        yield relock(f"{missing} `lading lock`")
    for one in lock.drifted:
        yield f"{lock.file} is out of date: {one}"
    if lock.state == "fits":
        yield f"{lock.file} fits"
    if lock.models.count:
        yield f"  {_of_models(lock.models)}"
    for part in lock.platforms:
        yield f"  {part.platform}"
        yield from (f"    {line}" for line in _platform_lines(part))


def _platform_lines(part: Resolved) -> Iterator[str]:
    yield f"base image       {part.base}"
    if part.base.startswith("dockerfile:"):
        yield "                 not locked: the Dockerfile makes it"
    elif part.base != "scratch":
        yield f"                 {part.digest or 'WITHOUT a digest'}"
    yield f"Python packages  {_counted(part.python)}"
    yield from _asked(part, "python")
    yield from (f"                 {one} is compiled from source" for one in part.compiled)
    unlocked = f"not locked: {', '.join(part.unlocked)}" if part.unlocked else None
    yield f"system packages  {unlocked or _counted(part.system)}"
    yield from _asked(part, "system")
    for one in (one for one in part.packages if one.needed_by):
        yield f"                 auto: {one.name} for {', '.join(one.needed_by)}"
    if part.compiling.count:
        yield f"for building     {_counted(part.compiling)}"
    if part.below is not None:
        same = f"as {part.below.lock} has them" if part.below.lock else "which has no lock itself"
        yield f"image below      Python packages: {_counted(part.below.python)}"
        yield f"                 system packages: {_counted(part.below.system)}"
        yield f"                 {same}"


def _asked(part: Resolved, kind: Kind) -> Iterator[str]:
    """What the packages came to that the image asks for by itself."""
    found = [one for one in part.packages if one.kind == kind and one.asked]
    if found:
        words = [f"{one.name} {one.version or ''}".rstrip() for one in found[:_MOST]]
        more = [f"and {len(found) - _MOST} more (--json tells all)"] if found[_MOST:] else []
        yield f"                 {', '.join((*words, *more))}"


def _of_models(models: ModelFiles) -> str:
    from lading.store.sizes import format_size  # noqa: PLC0415 - only for this command

    files = f"file{'' if models.count == 1 else 's'}"
    return f"{models.count} {files} of models, {format_size(models.size)}"


def _counted(packages: Packages) -> str:
    from lading.store.sizes import format_size  # noqa: PLC0415 - only for this command

    if not packages.count:
        return "none"
    unsized = f", and {packages.unsized} of unknown size" if packages.unsized else ""
    if packages.unsized == packages.count:
        return f"{packages.count}, of unknown size"
    return f"{packages.count}, {format_size(packages.download)} to fetch{unsized}"
