"""Two images in one: what contradicts itself is an error that names both lines."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

from lading.errors import Problem
from lading.grammar.words import shown
from lading.image import steps
from lading.image.on_platform import named_platforms, steps_on

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lading.errors import Location
    from lading.image.steps import Step

__all__ = [
    "argument_contradictions",
    "contradiction",
    "hidden_layers",
    "merged_arguments",
    "merged_steps",
    "step_contradictions",
]

_WITH_ONE_VALUE: Final[Mapping[type[Step], str]] = {
    steps.Workdir: "workdir",
    steps.User: "user",
    steps.Entrypoint: "entrypoint",
    steps.Cmd: "cmd",
    steps.Healthcheck: "healthcheck",
    steps.StopSignal: "stop_signal",
}


def merged_arguments(
    one: Mapping[str, Any], other: Mapping[str, Any], usual: Mapping[str, Any]
) -> dict[str, Any]:
    """The constructor's arguments of both.

    Args:
        one: An image's.
        other: Another's.
        usual: What they are where nobody says anything.
    """
    return dict(one) | {name: value for name, value in other.items() if value != usual[name]}


def argument_contradictions(
    one: Mapping[str, Any], other: Mapping[str, Any], usual: Mapping[str, Any]
) -> Iterator[str]:
    """The names of the arguments that both give, and each another value."""
    for name, value in other.items():
        if value not in (one[name], usual[name]) and one[name] != usual[name]:
            yield name


def merged_steps(one: Sequence[Step], other: Sequence[Step]) -> tuple[Step, ...]:
    """The steps of one, then of the other; those of an image that both were made from once."""
    return (*one, *_added(one, other))


def hidden_layers(
    one: Sequence[Step], other: Sequence[Step], merging: Location
) -> Iterator[Problem]:
    """Images below that would be it no more: of the other, where not both are put on the same."""
    shared = _shared(one, other)
    added = _added(one, other)
    own = [place for place, step in enumerate(added) if isinstance(step, steps.FromImage)]
    if own and (own != [0] or len(one) > shared):
        yield Problem(
            message="its layers would not be the lowest ones",
            location=added[own[-1]].location,
            hint=f"it is merged at {merging}: put both images on the same one",
        )


def step_contradictions(
    one: Sequence[Step], other: Sequence[Step]
) -> Iterator[tuple[str, Location, Location]]:
    """What steps of the two say that can't both be so, and where each of them says it.

    On any platform that one of them names, or on the others.
    """
    shared = _shared(one, other)
    ours, theirs = one[shared:], other[shared:]
    platforms = (None, *named_platforms((*ours, *theirs)))
    yield from dict.fromkeys(
        found
        for platform in platforms
        for found in _contradictions(steps_on(ours, platform), steps_on(theirs, platform))
    )


def _contradictions(
    one: Sequence[Step], other: Sequence[Step]
) -> Iterator[tuple[str, Location, Location]]:
    said = {what: (value, step) for step in one for what, value in _said(step)}
    for step in other:
        for what, value in _said(step):
            if what in said and said[what][0] != value:
                yield what, said[what][1].location, step.location


def contradiction(what: str, first: Location, second: Location, merging: Location) -> Problem:
    """That two images, which are merged, say two things of one."""
    return Problem(
        message=f"{what} is one thing here, and another at {first}",
        location=second,
        hint=f"they are merged at {merging}: let one of them say it, or both the same",
    )


def _shared(one: Sequence[Step], other: Sequence[Step]) -> int:
    """How many steps both begin with: the very same, made by the same call."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] is pair[1], pairs))


def _added(one: Sequence[Step], other: Sequence[Step]) -> Sequence[Step]:
    """What the other has more; where both are put on the same image, that is said once."""
    shared = _shared(one, other)
    firsts = (*one[shared : shared + 1], *other[shared : shared + 1])
    on_same = len(firsts) > 1 and all(isinstance(step, steps.FromImage) for step in firsts)
    return other[shared + on_same :]


def _said(step: Step) -> Iterator[tuple[str, object]]:
    """What a step says that can be said but once, and its value."""
    match step:
        case steps.Env(variables=pairs):
            # PATH grows by each that adds to it.
            yield from ((f"env {name}", value) for name, value in pairs if name != "PATH")
        case steps.Label(labels=pairs):
            yield from ((f"label {shown(name)}", value) for name, value in pairs)
        case steps.Index(default=True):
            yield "the default index", step
        case steps.Index(name=str(name)):
            yield f"index {shown(name)}", step
        case _ if type(step) in _WITH_ONE_VALUE:
            yield _WITH_ONE_VALUE[type(step)], step
        case _:
            pass
