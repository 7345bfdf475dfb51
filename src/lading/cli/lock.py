"""`lading lock`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import click

from lading.cli.failure import Misused
from lading.cli.loading import chosen
from lading.cli.options import (
    as_json,
    every_option,
    image_options,
    parsed,
    quiet,
    secret_option,
    several_platforms,
)
from lading.cli.relock import relock
from lading.cli.sharing import sharing
from lading.cli.talk import note, progress, tell_json
from lading.cli.together import Attempts, together
from lading.grammar.base import parse_base
from lading.grammar.requirement import parse_package_name
from lading.platforms import DEFAULT_PLATFORM, Platform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lading.cli.target import Target
    from lading.grammar.base import BaseImage
    from lading.lock.making import LockMaker
    from lading.lock.model import Lock, PlatformLock
    from lading.lock.resolve import Renewal
    from lading.secret_values import SecretSource

__all__ = ["lock"]


@click.command(short_help="Resolve every version, digest and hash.")
@image_options
@every_option
@several_platforms(
    "Lock for this platform; repeat for more. Left out: those in the lock so far, or "
    f"{DEFAULT_PLATFORM}."
)
@click.option(
    "--check", is_flag=True, help="Change nothing; exit 1 and say what drifted, if anything did."
)
@click.option("-U", "--upgrade", is_flag=True, help="Resolve everything anew, the base image too.")
@click.option(
    "-P",
    "--upgrade-package",
    "upgraded",
    metavar="NAME",
    multiple=True,
    callback=parsed(parse_package_name),
    help="Resolve this package anew; repeat for more.",
)
@click.option(
    "--allow-older-index",
    is_flag=True,
    help="Take package lists of Debian's archive that are older than those seen before.",
)
@secret_option
@quiet
@as_json
def lock(  # noqa: PLR0913 - one argument an option
    *,
    target: str,
    every: bool,
    project: str | None,
    base_image: BaseImage | None,
    allow_unpinned_base: bool,
    ca_bundle: str | None,
    platforms: tuple[Platform, ...],
    check: bool,
    upgrade: bool,
    upgraded: tuple[str, ...],
    allow_older_index: bool,
    secrets: tuple[SecretSource, ...],
    quiet: bool,
    as_json: bool,
) -> None:
    """Resolve every version, digest and hash into lading.lock, beside the project.

    An image that is called otherwise than `image` has a lock of its own, lading.NAME.lock.

    Python packages, and on Debian and Ubuntu the system packages that the base image lacks.

    What is locked stays, where it still fits: only what changed is resolved, unless --upgrade or
    --upgrade-package says otherwise.

    With --json: {file, changed, platforms}; with --check, {drifted, remarks}, lists of sentences.
    With --all: {images}, each image of these with its {name}.
    """
    from lading.lock.making import LockMaker  # noqa: PLC0415 - only here
    from lading.lock.resolve import Renewal  # noqa: PLC0415
    from lading.machine import Machine  # noqa: PLC0415

    if check and (upgrade or upgraded):
        raise Misused(
            "--check: it changes nothing, so it can't go with --upgrade or --upgrade-package",
            hint="upgrade first, then check",
        )
    targets = chosen(target, every=every, project=project, base_image=base_image)
    if check:
        with progress(quiet=quiet) as say:
            checked = together(
                (
                    one.name,
                    partial(_check, one, platforms, say, allow_unpinned_base=allow_unpinned_base),
                )
                for one in targets
            )
        _tell_checked(checked, every=every, as_json=as_json, quiet=quiet)
        return
    with progress(quiet=quiet) as say:
        machine = Machine.here(ca_bundle=ca_bundle, secrets=secrets)
        maker = LockMaker(
            machine=machine,
            allow_unpinned_base=allow_unpinned_base,
            allow_older_index=allow_older_index,
            say=say,
        )
        renewal = Renewal(everything=upgrade, packages=upgraded)
        locked = Attempts()
        made = [
            locked.do(one.name, partial(_locked, one, maker, platforms, renewal)) for one in targets
        ]
    done = [one for one in made if one is not None]
    if not quiet and not as_json:
        for one in done:
            note("\n".join(_lines(one.file, one.lock, changed=one.changed)))
    locked.check()
    if as_json:
        tell_json([one.result() for one in done], every=every)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Locked:
    """A lock that was made."""

    name: str
    file: str
    lock: Lock
    changed: bool

    def result(self) -> tuple[str, dict[str, object]]:
        return self.name, _result(self.file, self.lock, changed=self.changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """A lock that was looked at; `again` is the command that would make it fit."""

    name: str
    file: str
    drifted: tuple[str, ...]
    remarks: tuple[str, ...]
    again: str


def _locked(
    found: Target, maker: LockMaker, platforms: tuple[Platform, ...], renewal: Renewal
) -> _Locked:
    from lading.lock.file import lock_name, read_lock, write_lock  # noqa: PLC0415 - only here
    from lading.lock.inputs import read_inputs  # noqa: PLC0415

    file = lock_name(found.image)
    earlier = read_lock(found.project, file)
    made = maker.make(
        read_inputs(found.image, found.project, describe=maker.machine.digests(maker.say).describe),
        platforms or _platforms_of(earlier),
        earlier=earlier,
        renewal=renewal,
    )
    changed = write_lock(found.project, made, file)
    return _Locked(name=found.name, file=file, lock=made, changed=changed)


def _check(
    found: Target,
    platforms: tuple[Platform, ...],
    say: Callable[[str], None],
    *,
    allow_unpinned_base: bool,
) -> _Checked:
    from lading.lock.file import lock_name, read_lock  # noqa: PLC0415 - only here
    from lading.lock.fit import renewal  # noqa: PLC0415

    file = lock_name(found.image)
    earlier = read_lock(found.project, file)
    wanted = platforms or _platforms_of(earlier)
    drifted = _drift(found, earlier, wanted, say, allow_unpinned_base=allow_unpinned_base)
    return _Checked(
        name=found.name,
        file=file,
        drifted=drifted,
        remarks=(
            *(_remarks(earlier) if earlier else ()),
            *(sharing(found) if earlier and drifted else ()),
        ),
        again=renewal(earlier, [str(one) for one in wanted]),
    )


def _platforms_of(lock: Lock | None) -> tuple[Platform, ...]:
    known = [part.platform for part in lock.platforms] if lock else []
    return tuple(Platform.parse(platform) for platform in known or [DEFAULT_PLATFORM])


def _drift(
    found: Target,
    earlier: Lock | None,
    platforms: tuple[Platform, ...],
    say: Callable[[str], None],
    *,
    allow_unpinned_base: bool,
) -> tuple[str, ...]:
    from lading.lock.fit import misfits  # noqa: PLC0415 - only for this command
    from lading.lock.inputs import read_inputs  # noqa: PLC0415
    from lading.machine import Machine  # noqa: PLC0415

    describe = Machine.here().digests(say).describe
    asked = read_inputs(found.image, found.project, describe=describe)
    names = [str(platform) for platform in platforms]
    return misfits(earlier, asked, names, allow_unpinned_base=allow_unpinned_base)


def _remarks(lock: Lock) -> Iterator[str]:
    """What a reader of the lock should know, and what is no error, since it was asked for."""
    for part in lock.platforms:
        yield from (f"{part.platform}: {one}" for one in _unsigned(part))


def _unsigned(part: PlatformLock) -> Iterator[str]:
    for archive in part.archives:
        if not archive.signed:
            what = f"{archive.suite} of {archive.url}"
            yield f"{what} is not signed, as the project's file has it"


def _tell_checked(checked: Sequence[_Checked], *, every: bool, as_json: bool, quiet: bool) -> None:
    if as_json:
        tell_json(
            [
                (one.name, {"drifted": list(one.drifted), "remarks": list(one.remarks)})
                for one in checked
            ],
            every=every,
        )
    else:
        for one in checked:
            _tell_drift(one, of=f"{one.name}: " if every else "", quiet=quiet)
    drifted = [one for one in checked if one.drifted]
    if drifted and not as_json:
        # Of several images, those that lack a platform say which ones there are to be.
        again = max((one.again for one in drifted), key=len)
        note(relock(f"hint: run `{again}`, and commit the result"))
    if drifted:
        click.get_current_context().exit(1)


def _tell_drift(checked: _Checked, *, of: str, quiet: bool) -> None:
    for one in checked.remarks:
        note(f"remark: {of}{one}")
    for one in checked.drifted:
        note(f"drifted: {of}{one}")
    if not checked.drifted and not quiet:
        note(f"{checked.file} is up to date")


def _result(file: str, lock: Lock, *, changed: bool) -> dict[str, object]:
    platforms = {
        part.platform: {
            "base": part.base.reference,
            "digest": part.base.digest,
            "distributions": len(part.distributions),
            "remarks": list(_unsigned(part)),
        }
        for part in lock.platforms
    }
    return {"file": file, "changed": changed, "platforms": platforms}


def _lines(file: str, lock: Lock, *, changed: bool) -> Iterator[str]:
    from lading.store.sizes import format_size  # noqa: PLC0415 - only where something is told

    for part in lock.platforms:
        base = parse_base(part.base.reference).familiar if part.base.is_built else None
        pinned = " by digest" if part.base.digest else ""
        if part.base.is_built:
            pinned = ", which is not locked"
        elif not part.base.is_pinned:
            pinned = " WITHOUT a digest"
        count = len(part.distributions)
        counted = f"{count} distribution{'' if count == 1 else 's'}"
        yield f"{part.platform}: {counted}, base {base or part.base.reference}{pinned}"
        if part.debs:
            debs = len(part.debs)
            yield f"  {debs} system package{'' if debs == 1 else 's'} that the base lacks"
        yield from (f"  {one}" for one in _unsigned(part))
        for added in part.auto:
            yield f"  {added.package} is installed for {', '.join(added.needed_by)}"
        for one in part.distributions:
            if one.is_source:
                named = f"{one.name} {one.version}" if one.version else one.name
                yield f"  {named} is compiled from source in a builder stage"
    if models := lock.inputs.models:
        files = f"file{'' if len(models) == 1 else 's'}"
        yield f"{len(models)} {files} of models, {format_size(sum(one.size for one in models))}"
    yield f"{file} {'written' if changed else 'is unchanged'}"
