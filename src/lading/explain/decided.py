"""Sides that say what is to be: a lock, and a frozen image."""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from lading.errors import ImageError
from lading.explain.layering import layers_of, obstacles_of, placed
from lading.explain.sides import BaseState, FileState, Package, Part, Side
from lading.explain.values import said_settings
from lading.freeze.models import cut_all
from lading.info import (
    Below,
    ContextFile,
    CopyFiles,
    ImageInfo,
    InstallPython,
    InstallSystem,
    RunCommand,
    RunScript,
    SetEnv,
)
from lading.lock.model import DebsFor
from lading.lock.target import VENV
from lading.trees import TreeFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.info import Step
    from lading.lock.model import (
        Build,
        Deb,
        Distribution,
        Inputs,
        Lock,
        LockedBase,
        PlatformLock,
        Tool,
    )

__all__ = ["side_of_info", "side_of_lock"]


def side_of_lock(lock: Lock, name: str) -> Side:
    """What a lock says."""
    parts = tuple(_of_lock(part, lock.inputs_of(part)) for part in lock.platforms)
    return Side(name=name, kind="lock", parts=parts)


def side_of_info(info: ImageInfo, name: str) -> Side:
    """What a frozen image says."""
    return Side(name=name, kind="frozen", parts=(_of_info(info),))


def _of_lock(part: PlatformLock, inputs: Inputs) -> Part:
    locked = inputs.lock_python_packages
    why = {"files": "a lock has none but those of models"}
    if not locked:
        why["python"] = "they are not locked"
    found = Part(
        platform=part.platform,
        base=_base(part.base),
        python=_distributions(part.distributions) if locked else None,
        system=_debs(one for one in part.debs if one.group),
        building=_building((one for one in part.debs if not one.group), part.builds, part.tools),
        settings=tuple(_asked(part, inputs)),
        files=tuple(_copied(_models(inputs))),
        unknown=tuple(why.items()),
    )
    return _with_layers(found, _as_info(part, inputs), with_environment=False)


def _asked(part: PlatformLock, inputs: Inputs) -> Iterator[tuple[str, str]]:
    yield "distro", str(inputs.distro)
    yield "python", inputs.python
    if inputs.accelerator is not None:
        yield "accelerator", inputs.accelerator
    if part.debs_for is not None and part.debs_for.snapshot is not None:
        yield "snapshot", part.debs_for.snapshot
    for number, group in enumerate(inputs.groups, start=1):
        # The first has no number: what is put on an image changes nothing that this asks for.
        place = f"installation {number}: " if number > 1 else ""
        yield from ((f"{place}requirement {one}", "") for one in group.requirements)
        yield from ((f"{place}{one.path}", f"sha256:{one.sha256}") for one in group.files)


def _as_info(part: PlatformLock, inputs: Inputs) -> ImageInfo:
    """An image of all that the lock knows, to see which layers that makes."""
    asked = part.debs_for or DebsFor()
    ends = (*zip_longest(asked.below, inputs.below, fillvalue=0), (None, None))
    starts = ((0, 0), *ends)
    below = None
    for first, last in zip(starts, ends, strict=False):
        system = _system(part, asked, slice(first[0], last[0]))
        models = _models(inputs) if below is None else ()
        own: tuple[Step, ...] = (*system, *models, *_python(part, first[1] or 0, last[1]))
        below = _on(below, own, part, inputs)
    assert below is not None  # noqa: S101 - there is a last one
    return below


def _models(inputs: Inputs) -> tuple[CopyFiles, ...]:
    """The layers of models, cut as at freeze; each file at its path in the project.

    A lock has no places in the image, and doesn't tell the files of one call from another's, or of
    an image from those of the image below: they are cut as one model of the lowest. Its size is
    as large as they may be: a lock was made of an image that has room for all of them.
    """
    files = tuple(
        TreeFile(
            path=one.path, sha256=one.sha256, size=one.size, executable=False, source=Path(one.path)
        )
        for one in inputs.models
    )
    (parts,) = cut_all([(files, sum(one.size for one in files))])
    return tuple(
        CopyFiles(
            source=part.name,
            destination="",
            files=tuple(
                ContextFile(path=one.path, sha256=one.sha256, size=one.size) for one in part.files
            ),
            model=True,
        )
        for part in parts
    )


def _system(part: PlatformLock, asked: DebsFor, which: slice) -> Iterator[InstallSystem]:
    start = which.start + (2 if asked.interpreter else 1)
    for group, words in enumerate(asked.installations[which], start=start):
        debs = tuple(one for one in part.debs if one.group == group)
        yield InstallSystem(packages=words, debs=debs)


def _python(part: PlatformLock, first: int, last: int | None) -> Iterator[InstallPython]:
    groups = {one.group for one in part.distributions}
    for number in sorted(one for one in groups if first < one <= (last or one)):
        found = tuple(one for one in part.distributions if one.group == number)
        yield InstallPython(distributions=found)


def _on(
    below: ImageInfo | None, own: tuple[Step, ...], part: PlatformLock, inputs: Inputs
) -> ImageInfo:
    """An image with these steps, on another one."""
    steps = (*(below.steps if below else ()), *own)
    interpreter = part.debs_for.interpreter if part.debs_for else ()
    first = tuple(one for one in part.debs if one.group == 1) if interpreter else None
    return ImageInfo(
        platform=part.platform,
        distro=inputs.distro,
        base=part.base,
        python=inputs.python,
        interpreter_packages=interpreter,
        interpreter_debs=first,
        venv=VENV if any(isinstance(one, InstallPython) for one in steps) else None,
        steps=steps,
        lower=Below.of(below) if below else None,
    )


def _of_info(info: ImageInfo) -> Part:
    installing = [step for step in info.steps if isinstance(step, InstallPython)]
    system = [step for step in info.steps if isinstance(step, InstallSystem)]
    is_locked = not any(step.requirements for step in installing)
    why: dict[str, str] = {} if is_locked else {"python": "they are not locked"}
    if any(step.debs is None for step in system):
        why["system"] = "they are not locked"
    installed = (
        *(info.interpreter_debs or ()),
        *(one for step in system for one in step.debs or ()),
    )
    builds = tuple(one for step in installing for one in step.builds)
    found = Part(
        platform=info.platform,
        base=_base(info.base),
        python=_distributions(one for step in installing for one in step.distributions)
        if is_locked
        else None,
        system=None if "system" in why else _debs(installed),
        building=_building(info.build_debs or (), builds, info.tools),
        settings=tuple(_settings(info)),
        files=tuple(_copied(info.steps)),
        unknown=tuple(why.items()),
    )
    return _with_layers(found, info)


def _with_layers(part: Part, info: ImageInfo, *, with_environment: bool = True) -> Part:
    why = obstacles_of(info)
    try:
        if why is None:
            return replace(part, layers=layers_of(info, with_environment=with_environment))
    except ImageError as error:  # a wheel without a SHA-256 has no layer of its own
        why = error.problems[0].message
    return replace(part, unknown=(*part.unknown, ("layers", why)))


def _base(base: LockedBase) -> BaseState:
    return BaseState(reference=base.reference, digest=base.manifest or base.digest)


def _distributions(found: Iterable[Distribution]) -> tuple[Package, ...]:
    """Each once: of one that is installed twice the later counts."""
    every = {one.name: _package(one) for one in found}
    return tuple(every[name] for name in sorted(every))


def _package(one: Distribution) -> Package:
    index = one.index or (None if one.is_in_project else one.url)
    files = (one.commit,) if one.commit else one.hashes
    return Package(name=one.name, version=one.version, size=one.size, index=index, files=files)


def _debs(found: Iterable[Deb]) -> tuple[Package, ...]:
    every = {one.name: _deb(one) for one in found}
    return tuple(every[name] for name in sorted(every))


def _deb(one: Deb) -> Package:
    return Package(
        name=one.name, version=one.version, size=one.size, index=one.suite, files=(one.sha256,)
    )


def _building(
    debs: Iterable[Deb], builds: Iterable[Build], tools: Iterable[Tool]
) -> tuple[Package, ...]:
    requires = (
        replace(_package(one), name=f"{one.name} (to build {build.name})")
        for build in builds
        for one in build.distributions
    )
    own = (Package(name=one.name, version=one.version, files=(one.sha256,)) for one in tools)
    return tuple(sorted((*map(_deb, debs), *requires, *own), key=lambda one: one.name))


def _settings(info: ImageInfo) -> Iterator[tuple[str, str]]:
    yield "distro", str(info.distro)
    yield "python", info.python
    yield "compile_bytecode", "yes" if info.compile_bytecode else "no"
    if info.snapshot is not None:
        yield "snapshot", info.snapshot
    yield from said_settings(info.config)
    yield from ((f"label {name}", value) for name, value in info.config.labels)
    number = 0
    for step in info.steps:
        match step:
            case SetEnv(variables=variables):
                yield from ((f"env {name}", value) for name, value in variables)
            case RunCommand(command=command):
                number += 1
                yield f"command {number}", command
            case RunScript(script=script, arguments=arguments):
                number += 1
                yield f"command {number}", " ".join((f"sha256:{script.sha256}", *arguments))
            case _:
                pass


def _copied(steps: Iterable[Step]) -> Iterator[FileState]:
    """The project's files, of one path the last."""
    found: dict[str, FileState] = {}
    for step in steps:
        if isinstance(step, CopyFiles):
            for file in step.files:
                path = placed(step, file)
                found[path] = FileState(
                    path=path,
                    size=file.size,
                    content=file.sha256,
                    mode=0o755 if file.executable else 0o644,
                )
    return (found[path] for path in sorted(found))
