"""The lock of the image below, which `from_image` names: its part of a lock, and its own file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.errors import FreezeError, Problem
from lading.grammar.base import SCRATCH
from lading.grammar.system_package import AUTO, name_in
from lading.image import steps
from lading.image.layers import above, last_below
from lading.image.spans import settings, spans
from lading.image.system import packages_for
from lading.lock.debs import debs_drift, interpreter_of, needs_shell
from lading.lock.file import lock_name, read_any_lock, refuse_edited
from lading.lock.missing import auto_group
from lading.lock.models import without_models
from lading.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import TypeAlias

    from lading.errors import Location
    from lading.image import Image
    from lading.lock.inputs import Asked
    from lading.lock.model import (
        Deb,
        DebsFor,
        Distribution,
        Inputs,
        Lock,
        LockedBelow,
        PlatformLock,
        Provided,
        Tool,
    )

    Named: TypeAlias = Deb | Distribution | Tool

__all__ = [
    "differences",
    "lock_below",
    "moved",
    "names_in",
    "own_lock",
    "part_below",
    "said_below",
    "unshareable",
]


def part_below(image: Image, part: PlatformLock) -> PlatformLock:
    """What the lock of `image` for a platform has of the image below: all of that one's own."""
    import msgspec  # noqa: PLC0415 - the model has brought it already

    below = image.below
    assert below is not None  # noqa: S101 - whoever asks has looked
    count = _installations(below)
    distributions = tuple(one for one in part.distributions if one.group <= count)
    sources = {one.name for one in distributions if one.is_source}
    said = part.below[-1] if part.below else None
    wanted = _debs_for(image, below, part, said)
    return msgspec.structs.replace(
        part,
        tools=part.tools if count else (),
        distributions=distributions,
        builds=tuple(one for one in part.builds if one.name in sources),
        archives=part.archives if wanted else (),
        debs_for=wanted,
        auto=part.auto if wanted is not None and auto_group(wanted) is not None else (),
        provided=() if wanted is None else tuple(_provided(part, wanted)),
        inputs=None,
        debs=() if wanted is None else (*(said.debs if said else ()), *_installed(part, wanted)),
        below=_trimmed(part.below[:-1]),
    )


def _trimmed(found: tuple[LockedBelow, ...]) -> tuple[LockedBelow, ...]:
    """What images below have more, from the lowest; nothing where none has any."""
    return found if any(one.compiling or one.debs for one in found) else ()


def _installations(image: Image) -> int:
    return sum(bool(span.python) for span in spans(image.steps))


def _debs_for(
    image: Image, below: Image, part: PlatformLock, said: LockedBelow | None
) -> DebsFor | None:
    """What the image below asks for: None where its own lock has nothing of it."""
    import msgspec  # noqa: PLC0415 - the model has brought it already

    if part.debs_for is None:
        return None
    has_python = bool(_installations(below)) or image.base_image == SCRATCH
    *lower, count = part.debs_for.below or (0,)
    found = msgspec.structs.replace(
        part.debs_for,
        interpreter=part.debs_for.interpreter if has_python else (),
        installations=part.debs_for.installations[:count],
        below=tuple(lower) if count else (),
        compiling=said.compiling if said else (),
    )
    # The base was found to have the interpreter: that is recorded, whatever else is asked for.
    is_said = has_python and not found.interpreter and bool(interpreter_of(below))
    return found if found or is_said else None


def _provided(part: PlatformLock, wanted: DebsFor) -> Iterator[Provided]:
    asked = {name_in(word) for words in wanted.groups for word in words}
    return (one for one in part.provided if one.name in asked)


def _installed(part: PlatformLock, wanted: DebsFor) -> tuple[Deb, ...]:
    last = bool(wanted.interpreter) + len(wanted.installations)
    return tuple(deb for deb in part.debs if 0 < deb.group <= last)


def _inputs_below(inputs: Inputs) -> Inputs:
    """What a lock was made from, without what its image has on top of the one below.

    Models are left out: nothing is resolved for them.
    """
    import msgspec  # noqa: PLC0415 - the model has brought it already

    *lower, count = inputs.below or (len(inputs.groups),)
    return msgspec.structs.replace(
        inputs, groups=inputs.groups[:count], below=tuple(lower), models=()
    )


def lock_below(asked: Asked, lock: Lock) -> Lock:
    """The part of an image's lock that is the image below's."""
    import msgspec  # noqa: PLC0415 - the model has brought it already

    return msgspec.structs.replace(
        lock,
        inputs=_inputs_below(lock.inputs),
        platforms=tuple(
            msgspec.structs.replace(
                part_below(_on(asked, part).image, part),
                inputs=None if part.inputs is None else _inputs_below(part.inputs),
            )
            for part in lock.platforms
        ),
    )


def _on(asked: Asked, part: PlatformLock) -> Asked:
    return asked.on(Platform.parse(part.platform))


def own_lock(asked: Asked, read: dict[str, Lock | None] | None = None) -> tuple[str, Lock] | None:
    """The lock that an image has itself, and what it is called; None where none fits.

    An image of code knows no name of its own. So a lock is known by what it was made from, which is
    all that it depends on; that of the image's name comes first, where it has one.

    Args:
        asked: What the image asks for.
        read: The project's locks that were read before, by name; those read now are put there.

    Raises:
        SpecificationError: The files that the image names can't be read.
        FreezeError: The lock contradicts itself.
    """
    own = lock_name(asked.image) if asked.image.name else ""
    known = {} if read is None else read
    # A name becomes a part of messages.
    names = (one.name for one in asked.project.glob("lading*.lock") if one.name.isprintable())
    for name in sorted(names, key=lambda one: (one != own, one != "lading.lock", one)):
        if name not in known:
            known[name] = _readable(asked.project, name)
        lock = known[name]
        if lock is not None and _is_of(asked, lock):
            refuse_edited(lock, name)
            return name, lock
    return None


def _is_of(asked: Asked, lock: Lock) -> bool:
    """Whether a lock was made from this."""
    return bool(lock.platforms) and all(
        without_models(lock.inputs_of(part)) == without_models(_on(asked, part).inputs)
        and not debs_drift(_on(asked, part).image, part)
        for part in lock.platforms
    )


def _readable(project: Path, name: str) -> Lock | None:
    """A lock, unless it is damaged: whose it is tells that to whoever asks for it."""
    try:
        return read_any_lock(project, name)
    except FreezeError:
        return None


def differences(asked: Asked, lock: Lock) -> tuple[str, ...]:
    """In what the layers below would not be those of the image below, as its own lock has them.

    Args:
        asked: What an image asks for.
        lock: Its lock, which was made from that.

    Raises:
        SpecificationError: The files that the image names can't be read.
        FreezeError: The lock of the image below contradicts itself.
    """
    below = asked.below
    found = own_lock(below) if below else None
    if found is None:
        return ()
    name, own = found
    return tuple(
        f"{part.platform}: {name} has {one}"
        for part in lock.platforms
        if (theirs := own.platform(part.platform)) is not None
        for one in _different(theirs, part_below(_on(asked, part).image, part))
    )


def _different(theirs: PlatformLock, ours: PlatformLock) -> Iterator[str]:
    """What one lock has otherwise than the other, as far as layers depend on it."""
    if theirs.base != ours.base:
        yield f"another digest of the base image {theirs.base.reference}"
    here, there = dict(_named(ours)), dict(_named(theirs))
    for name in sorted(here.keys() | there.keys()):
        if here.get(name) != there.get(name):
            yield _told(name[-1], there.get(name), here.get(name))
    if theirs.builds != ours.builds:
        yield "other versions of what its sources are built with"


def _named(part: PlatformLock) -> Iterator[tuple[tuple[str, ...], Named]]:
    """All that a part has a name for, by what it is and that name."""
    yield from ((("tool", one.name), one) for one in part.tools)
    yield from ((("distribution", one.name), one) for one in part.distributions)
    yield from ((("package", str(one.group), one.name), one) for one in part.debs)


def _told(name: str, there: Named | None, here: Named | None) -> str:
    theirs, ours = (one.version if one else None for one in (there, here))
    if there is None:
        return f"no {name}, and this lock {ours}"
    if theirs == ours:
        return f"another file of {name} {theirs}"
    return f"{name} {theirs}, and this lock {ours or 'none'}"


def moved(image: Image, part: PlatformLock) -> Iterator[Problem]:
    """Packages that an index of `image` serves alone, and the image below has from elsewhere.

    Args:
        image: The image.
        part: The lock of the image below.
    """
    there = {one.name: one.index for one in part.distributions}
    for step in settings(above(image.steps), steps.Index):
        for name in step.packages:
            if there.get(name, step.url) != step.url:
                yield Problem(
                    message=f"{name} is in the image below, from {there[name]}",
                    hint="say there which index serves it",
                    location=step.location,
                )


def said_below(part: PlatformLock) -> tuple[LockedBelow, ...]:
    """What a lock says of the images below, given that of the uppermost of them."""
    from lading.lock.model import LockedBelow  # noqa: PLC0415 - the model has brought it already

    compiling = part.debs_for.compiling if part.debs_for else ()
    debs = tuple(deb for deb in part.debs if not deb.group)
    return _trimmed((*part.below, LockedBelow(compiling=compiling, debs=debs)))


def names_in(lock: Lock) -> frozenset[str]:
    """All that a lock has a name for."""
    parts = lock.platforms
    builds = (one.name for part in parts for build in part.builds for one in build.distributions)
    return frozenset((*(key[-1] for part in parts for key, _ in _named(part)), *builds))


def unshareable(image: Image) -> Iterator[Problem]:
    """What an image asks for that only the layers of the image below could have."""
    below = image.below
    if below is None:
        return
    place = image.steps[last_below(image.steps) or 0].location
    yield from unshareable(below)
    own = above(image.steps)
    if image.base_image == SCRATCH:
        if image.distro is not None and needs_shell(image) and not needs_shell(below):
            yield _lacking("no shell, which runs the commands here", place, "give it shell=True")
    elif interpreter_of(image) and _installations(image) and not _installations(below):
        yield _lacking("no Python, which the packages here need", place, "give it one of them")
    if _auto(below.steps, image) and (line := _auto(own, image)) is not None:
        yield Problem(
            message=f'system_packages("{AUTO}") is said here and in the image below',
            hint="say it there alone; and name here what `lading check` says is missing",
            location=line,
        )


def _lacking(what: str, place: Location, hint: str) -> Problem:
    return Problem(message=f"the image below has {what}", hint=hint, location=place)


def _auto(written: Sequence[steps.Step], image: Image) -> Location | None:
    """The first line that asks for whatever is missing."""
    asked = settings(written, steps.SystemPackages)
    return next((one.location for one in asked if AUTO in packages_for(one, image.distro)), None)
