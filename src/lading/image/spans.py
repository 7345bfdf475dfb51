"""The steps of an `Image`, cut at its commands, and where it is put on another image.

A command may read or change anything, so whatever stands before it is done before it, and whatever
stands after it is done after it. Between two commands order can't be observed, and the steps are
put in the order that caches best: what changes seldom first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, TypeVar

from lading.image import steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Span", "installations_below", "settings", "spans", "spans_below"]

T = TypeVar("T")

_PYTHON = (
    steps.PythonPackages,
    steps.RequirementsFile,
    steps.PyprojectToml,
    steps.UvLock,
    steps.ScriptRequirements,
)


_CUTS = (steps.Run, steps.RunScript, steps.FromImage)


@dataclass(slots=True, kw_only=True)
class Span:
    """What stands before one cut, or after the last: each kind in the order it was written."""

    system: list[steps.SystemPackages] = field(default_factory=list)
    python: list[steps.PythonStep] = field(default_factory=list)
    models: list[steps.Model] = field(default_factory=list)
    includes: list[steps.BuildInclude | steps.TextFile] = field(default_factory=list)
    env: list[steps.Env] = field(default_factory=list)
    command: steps.Run | steps.RunScript | None = None


def spans(image_steps: Iterable[steps.Step]) -> tuple[Span, ...]:
    """The spans of an image, at least one; steps that only configure the container are left out."""
    found = [Span()]
    for step in image_steps:
        span = found[-1]
        match step:
            case steps.Run() | steps.RunScript():
                span.command = step
                found.append(Span())
            case steps.FromImage():
                found.append(Span())
            case steps.BuildPackages():
                # For every stage that compiles, wherever it is written.
                pass
            case steps.SystemPackages():
                span.system.append(step)
            case steps.Model():
                span.models.append(step)
            case steps.BuildInclude() | steps.TextFile():
                span.includes.append(step)
            case steps.Env():
                span.env.append(step)
            case _ if isinstance(step, _PYTHON):
                span.python.append(step)
    return tuple(found)


def spans_below(image_steps: Iterable[steps.Step]) -> tuple[int, ...]:
    """For each image below, from the lowest, how many of the spans are its own or of those below.

    They are the first ones: an image is cut where it is put on another one.
    """
    cuts = [step for step in image_steps if isinstance(step, _CUTS)]
    return tuple(number for number, step in enumerate(cuts, 1) if isinstance(step, steps.FromImage))


def installations_below(image_steps: Sequence[steps.Step]) -> tuple[int, ...]:
    """The same of the installations of Python packages."""
    counts = tuple(accumulate(int(bool(span.python)) for span in spans(image_steps)))
    return tuple(counts[number - 1] for number in spans_below(image_steps))


def settings(image_steps: Iterable[steps.Step], kind: type[T]) -> tuple[T, ...]:
    """The steps of one kind, in the order they were written."""
    return tuple(step for step in image_steps if isinstance(step, kind))
