"""Layers out of the store; and into it, what isn't there yet."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO, Literal, TypeAlias

from lading.assembly.jobs import PROJECT
from lading.assembly.packages import check_owners, owned, without_doubles, written
from lading.assembly.work import each
from lading.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Executor
    from contextlib import AbstractContextManager
    from pathlib import Path

    from lading.assembly.jobs import Job, Wheels
    from lading.errors import Problem
    from lading.lock.model import Distribution
    from lading.oci.layers import Written
    from lading.progress import Progress
    from lading.store import LayerKey, Store, StoredLayer

__all__ = ["Fetch", "Made", "made"]

Fetch: TypeAlias = "Callable[[Sequence[Distribution]], Mapping[str, Path]]"
"""Gives the files of wheels, by their SHA-256, each checked against it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A layer that is there, and how it came to be."""

    job: Job
    stored: StoredLayer
    outcome: Literal["made", "reused"]


def made(  # noqa: PLR0913 - what, where to and from, and how
    found: Sequence[Job],
    store: Store,
    fetch: Fetch,
    *,
    progress: Progress,
    at_once: int = 0,
    tell: Callable[[Made], object] = lambda _: None,
) -> tuple[Made, ...]:
    """All layers, in order. Wheels are asked for once, and only of layers that aren't there.

    Args:
        found: What there must be.
        store: Where it is kept.
        fetch: Gets wheels.
        progress: Told of each layer by its name.
        at_once: How many are made at the same time; 0 for one each core.
        tell: Called with each layer that was missing, when it is there, from any thread.

    Raises:
        ImageError: Wheels are not as they must be, or the disk is full; all such together.
        LadingError: A wheel can't be had.
    """
    stored = {job.key: store.layer(job.key) for job in found}
    missing = list({job.key: job for job in found if stored[job.key] is None}.values())
    for job in found:
        if (there := stored[job.key]) is not None:
            progress.end(job.layer.name, "reused", there.descriptor.size)
    lacking = [one for job in missing for one in job.layer.distributions]
    wheels = fetch(lacking) if lacking else {}
    with _helpers([job.size for job in missing], at_once) as pool:

        def make(job: Job) -> Made:
            done = _make(job, store, wheels, progress, pool)
            tell(done)
            return done

        results = each(
            missing,
            make,
            weight=lambda job: job.size,
            at_once=at_once,
        )
    new = dict(zip((job.key for job in missing), results, strict=True))
    return tuple(_made(job, stored[job.key], new) for job in found)


def _made(job: Job, there: StoredLayer | None, new: Mapping[LayerKey, Made]) -> Made:
    if there is not None:
        return Made(job=job, stored=there, outcome="reused")
    return replace(new[job.key], job=job)


def _helpers(sizes: Sequence[int], at_once: int) -> AbstractContextManager[Executor | None]:
    """Threads that make parts of layers, where one layer is more than a processor's share."""
    processors = at_once or os.cpu_count() or 1
    if max(sizes, default=0) * processors <= sum(sizes):
        return nullcontext()
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only to make some

    return ThreadPoolExecutor(processors)


def _make(
    job: Job, store: Store, wheels: Wheels, progress: Progress, pool: Executor | None
) -> Made:
    from lading.oci.layers import write_layer  # noqa: PLC0415 - only to make one

    name = job.layer.name
    # Another build that makes the same may be faster: then nothing is written.
    outcome: Literal["made", "reused"] = "reused"
    progress.begin(name, None)

    def write(out: BinaryIO) -> tuple[Written, bytes]:
        nonlocal outcome
        outcome = "made"
        with job.parts(wheels) as parts:
            found = parts.entries
            paths = {owner: owned(entries) for owner, entries in found.items() if owner != PROJECT}
            check_owners([paths])
            layer = write_layer(
                without_doubles(found),
                out,
                advance=lambda amount: progress.advance(name, amount),
                pool=pool,
            )
        return layer, written(paths, parts.remarks)

    try:
        found = store.make(job.key, write)
    except ImageError as error:
        if not job.layer.is_copied:
            raise
        raise ImageError(_changed(one) for one in error.problems) from None
    progress.end(name, outcome, found.descriptor.size)
    return Made(job=job, stored=found, outcome=outcome)


def _changed(problem: Problem) -> Problem:
    """A file of the project was looked at when the image was decided."""
    hint = "a file that changed while the image was made: build again"
    return replace(problem, hint=problem.hint or hint)
