"""Carrying out a `lading build --all`: all images are decided, then made, each as if alone.

What can't be decided is told of all of them before any is made. One that can't be made afterwards
keeps no other from being made, pushed or loaded; but a layout or an archive is written with all of
them, or not at all.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from lading.cli.asked import NAME, checked_tags
from lading.cli.building import (
    built_lines,
    check_engine,
    engine_result,
    refuse_engine,
    remarks,
    result,
)
from lading.cli.display import display
from lading.cli.failure import Misused
from lading.cli.handing import check_given
from lading.cli.loading import loaded_all
from lading.cli.talk import note
from lading.cli.together import Attempts, together

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lading.assembly import AssembledLayer
    from lading.cli.asked import Order
    from lading.cli.assembling import Made
    from lading.cli.destinations import Destination
    from lading.cli.display import Display
    from lading.cli.planning import Planning
    from lading.cli.target import Target
    from lading.freeze.deciding import Decided
    from lading.info import ImageInfo
    from lading.machine import Machine
    from lading.oci.blobs import Artifact
    from lading.store import Store

__all__ = ["carry_out_all"]


def carry_out_all(order: Order) -> None:
    """Make all images that TARGET stands for, and tell what came of them.

    Raises:
        LadingError: Some can't be decided, or can't be made.
        Misused: The options don't go together with what has to be done.
    """
    from lading.machine import Machine  # noqa: PLC0415 - only for commands that do something

    targets = loaded_all(order.target, project=order.project, base_image=order.base_image)
    checked_tags(order.tags, [one.name for one in targets])
    _check_output(order.output, order)
    check_engine(order.engine)
    check_given([one.image for one in targets], order.secrets)
    machine = Machine.here(
        ca_bundle=order.ca_bundle, secrets=order.secrets, plain_http=order.plain_http
    )
    jobs = [_Job(order=_of(order, one), found=one) for one in targets]
    building = _Building(order=order, machine=machine, jobs=jobs)
    building.without_engine()
    building.with_engine()
    if not order.quiet:
        _tell(jobs, building.written)
    building.attempts.check()
    if order.as_json:
        click.echo(json.dumps(_results(jobs), indent=2))


def _check_output(output: Destination | None, order: Order) -> None:
    if output is None:
        return
    if output.name is not None:
        raise Misused(
            f"--output: {output.name} would be the name of all images",
            hint=f"leave it out, or name them: -t '{NAME}:1'",
        )
    if output.kind == "docker-archive" and not order.tags:
        raise Misused(
            "--output: a docker archive knows its images by tags",
            hint=f"name them: -t '{NAME}:1'",
        )


def _of(order: Order, found: Target) -> Order:
    called = order.called(found.name)
    if order.context is None:
        return called
    return replace(called, context=order.context / found.name)


@dataclass(slots=True, kw_only=True)
class _Job:
    """One image, and what came of it."""

    order: Order
    found: Target
    planning: Planning | None = None
    decided: tuple[Decided, ...] = ()
    made: Made | None = None
    built: tuple[ImageInfo, str] | None = None

    @property
    def name(self) -> str:
        return self.found.name


@dataclass(slots=True, kw_only=True)
class _Building:
    """Building several images.

    Attributes:
        order: What was asked for of all.
        machine: How to reach what is needed.
        jobs: The images.
        attempts: What was tried of them.
        written: Where they were written, together.
    """

    order: Order
    machine: Machine
    jobs: list[_Job]
    written: Destination | None = None
    attempts: Attempts = field(default_factory=Attempts)

    def without_engine(self) -> None:
        """Decide all images, and make those that take no container engine."""
        order = self.order
        self.machine.created()  # what the environment has wrong is said before anything is done
        if order.output is not None:
            order.output.check()
        with display(quiet=order.quiet) as shown, TemporaryDirectory(prefix="lading-") as folder:
            beside: dict[str, Artifact] = {}
            store = self._begin(shown, Path(folder))
            together((job.name, partial(_decide, job)) for job in self.jobs)
            if order.needs_engine:
                return
            with store.using():  # what is found out about a base is needed until the end
                self._make(shown, beside)
        for job in self.jobs:
            if job.made is not None and job.planning is not None:
                job.planning.warn_of_missing(job.decided)

    def _begin(self, shown: Display, folder: Path) -> Store:
        from lading.cli.planning import Planning  # noqa: PLC0415 - not for the options alone

        store = self.machine.store()
        for number, job in enumerate(self.jobs):
            workdir = folder / str(number)
            workdir.mkdir()
            job.planning = Planning(
                order=job.order,
                found=job.found,
                machine=self.machine,
                shown=shown,
                workdir=workdir,
                kept=store,
            )
        return store

    def _make(self, shown: Display, beside: dict[str, Artifact]) -> None:
        from lading.store import retried  # noqa: PLC0415 - only where images are made

        ready = together((job.name, partial(_is_ready, job)) for job in self.jobs)
        if self.order.push and self.order.offline and any(ready):
            raise Misused("--push: it takes a network, which --offline leaves alone")
        chosen = [job for job, is_ready in zip(self.jobs, ready, strict=True) if is_ready]
        retried(
            lambda: self._write(chosen, shown, beside),
            told=lambda damage: shown.say(str(damage.problems[0].message)),
        )

    def _write(self, jobs: Sequence[_Job], shown: Display, beside: dict[str, Artifact]) -> None:
        """Make the images, and write those that go to one place together."""
        for job in jobs:
            job.made = self.attempts.do(job.name, partial(_make, job, beside))
        output = next((job.made.output for job in jobs if job.made), None)
        if output is not None and not self.attempts.failed:
            shown.say(f"writing {output}")
            output.write(_named(beside), ())
            self.written = output

    def with_engine(self) -> None:
        """Build by a container engine what Lading doesn't make itself."""
        from lading.cli.engine_build import build_with_engine  # noqa: PLC0415 - only with one

        for job in self.jobs:
            if not self.attempts.tried(job.name):
                job.built = self.attempts.do(
                    job.name, partial(build_with_engine, job.order, job.found, self.machine)
                )


def _decide(job: _Job) -> None:
    assert job.planning is not None  # noqa: S101 - begun
    job.decided = job.planning.decide(for_engine=job.order.needs_engine)


def _is_ready(job: _Job) -> bool:
    """Whether nothing of it has to be executed; where something has, an engine must be allowed."""
    assert job.planning is not None  # noqa: S101 - begun
    obstacles = job.planning.obstacles(job.decided)
    if obstacles:
        refuse_engine(job.order, obstacles)
        return False
    job.planning.refuse_missing(job.decided)
    return True


def _make(job: _Job, beside: dict[str, Artifact]) -> Made:
    from lading.cli.assembling import Making  # noqa: PLC0415 - not for the options alone

    assert job.planning is not None  # noqa: S101 - begun
    return Making(planning=job.planning, beside=beside).make(job.decided)


def _named(beside: dict[str, Artifact]) -> tuple[Artifact, ...]:
    from lading.oci.graph import named  # noqa: PLC0415 - only where images are written

    return tuple(one for name, artifact in beside.items() for one in named([artifact], [name]))


def _tell(jobs: Sequence[_Job], written: Destination | None) -> None:
    # What there is to say of several images is said once, as of a package that all of them have.
    for line in dict.fromkeys(line for job in jobs for line in _lines(job)):
        note(line)
    done = [job for job in jobs if job.made or job.built]
    if written is not None:
        there = [job.name for job in done if job.made]
        which = "they" if len(there) == len(jobs) > 1 else ", ".join(there)
        note(f"{which} {'is' if len(there) == 1 else 'are'} in {written}")
    if done:
        note(_summary(done))


def _lines(job: _Job) -> Iterator[str]:
    if job.made is not None:
        yield from remarks(job.order, job.made)
        yield from built_lines(job.order, job.made, job.name)
    if job.built is not None:
        yield f"built {', '.join(job.order.tags) or job.name} with {job.built[1]}"


def _summary(done: Sequence[_Job]) -> str:
    from lading.store.sizes import format_size  # noqa: PLC0415 - only where something was built

    count = f"built {len(done)} image{'' if len(done) == 1 else 's'}"
    sharing = _sharing(done)
    if len(done) == 1 or not sharing["layers"]:
        return count
    shared = f"{sharing['shared']} of {sharing['layers']} layers are shared"
    sizes = f"{format_size(sharing['size'])} in place of {format_size(sharing['unshared'])}"
    return f"{count}; {shared}: {sizes}"


def _sharing(jobs: Sequence[_Job]) -> dict[str, int]:
    """How many layers the images without an engine have in common, and what that spares."""
    made = [_layers(job.made) for job in jobs if job.made is not None]
    every = {digest: layer for layers in made for digest, layer in layers.items()}
    uses = [digest for layers in made for digest in layers]
    return {
        "layers": len(every),
        "shared": sum(1 for digest in every if uses.count(digest) > 1),
        "size": sum(layer.size for layer in every.values()),
        "unshared": sum(every[digest].size for digest in uses),
    }


def _layers(made: Made) -> dict[str, AssembledLayer]:
    return {str(layer.digest): layer for one in made.assembled for layer in one.layers}


def _results(jobs: Sequence[_Job]) -> dict[str, object]:
    images = [{"name": job.name, **_result(job)} for job in jobs]
    return {"images": images, "sharing": _sharing(jobs)}


def _result(job: _Job) -> dict[str, object]:
    if job.built is not None:
        return engine_result(job.order, *job.built)
    return result(job.order, job.made) if job.made is not None else {}
