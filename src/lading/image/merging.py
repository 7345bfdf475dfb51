"""Two images in one: what contradicts itself is an error that names both values and lines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from lading.errors import Location, Problem
from lading.grammar.invalid import Invalid
from lading.grammar.words import shown
from lading.image import steps
from lading.image.call import Call
from lading.image.on_platform import named_platforms, steps_on
from lading.image.written import written_argument, written_step

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Self, Unpack

    from lading.image.arguments import Arguments
    from lading.image.steps import Step

__all__ = ["MergeCalls"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Saying:
    """Something that can be said but once, as it is said.

    Attributes:
        value: What is said of it.
        text: The same as code.
        location: Where.
    """

    value: object
    text: str
    location: Location


_LONGEST: Final = 200
"""Of what a message shows of a call, in characters."""

_WITH_ONE_VALUE: Final = (
    *(steps.Workdir, steps.User, steps.Entrypoint, steps.Cmd, steps.Healthcheck),
    steps.StopSignal,
)


class MergeCalls:
    """What `Image` has of such calls."""

    __slots__ = ()

    if TYPE_CHECKING:
        steps: tuple[Step, ...]
        lines: tuple[tuple[str, Location], ...]

        def replace(self, **changes: Unpack[Arguments]) -> Self:
            """The same image with other constructor arguments."""
            raise NotImplementedError

    def _said(self) -> Arguments:
        """The arguments that somebody has written, be it as they are where they are left out."""
        raise NotImplementedError

    def _copy(self, **changes: object) -> Self:
        raise NotImplementedError

    def merge(self, other: Self) -> Self:
        """This image and another in one: its steps first, then the other's.

        Steps of an image that both were made from are there once. The Python packages of both are
        resolved together.

        Args:
            other: An image that says nothing that contradicts this one: no other base, distro or
                Python, no other value of a variable, and no other command.

        Raises:
            SpecificationError: They contradict each other; all of it together, with both
                values and lines.
        """
        with Call() as call:
            if not isinstance(other, type(self)):
                raise Invalid(f"merge takes an Image, not {shown(other)}")
            found = (*_of_arguments(self, other), *_of_steps(self.steps, other.steps))
            call.note(_contradiction(*pair, call.location) for pair in found)
            call.note(_hidden_layers(self.steps, other.steps, call.location))
        arguments = other._said()
        arguments.update(self._said())
        both = self._copy(steps=_merged_steps(self.steps, other.steps)).replace(**arguments)
        lines = dict(other.lines) | dict(self.lines)
        return both._copy(lines=tuple(lines.items()))  # noqa: SLF001 - its own class


def _of_arguments(one: MergeCalls, other: MergeCalls) -> Iterator[tuple[_Saying, _Saying]]:
    """The arguments that both give, and each another value."""
    yield from _differing(_arguments_of(one), _arguments_of(other))


def _arguments_of(image: MergeCalls) -> Mapping[object, _Saying]:
    lines = dict(image.lines)
    return {
        name: _Saying(value=value, text=written_argument(name, value), location=lines[name])
        for name, value in image._said().items()  # noqa: SLF001 - its own class
    }


def _differing(
    one: Mapping[object, _Saying], other: Mapping[object, _Saying]
) -> Iterator[tuple[_Saying, _Saying]]:
    for what, second in other.items():
        first = one.get(what, second)
        if first.value != second.value:
            yield first, second


def _merged_steps(one: Sequence[Step], other: Sequence[Step]) -> tuple[Step, ...]:
    """The steps of one, then of the other; those of an image that both were made from once."""
    return (*one, *_added(one, other))


def _hidden_layers(
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


def _of_steps(one: Sequence[Step], other: Sequence[Step]) -> Iterator[tuple[_Saying, _Saying]]:
    """What steps of the two say that can't both be so.

    On any platform that one of them names, or on the others.
    """
    shared = _shared(one, other)
    ours, theirs = one[shared:], other[shared:]
    platforms = (None, *named_platforms((*ours, *theirs)))
    yield from dict.fromkeys(
        pair
        for platform in platforms
        for pair in _differing(
            dict(_said(steps_on(ours, platform))), dict(_said(steps_on(theirs, platform)))
        )
    )


def _contradiction(first: _Saying, second: _Saying, merging: Location) -> Problem:
    """That two images, which are merged, say two things of one."""
    said = f"{_shorten(second.text)} contradicts "
    # Where a secret comes from is not shown, nor what looks like one.
    same = "the one, in what is not shown," if first.text == second.text else None
    return Problem(
        message=f"{said}{same or _shorten(first.text)} at {first.location}",
        location=second.location,
        hint=f"they are merged at {merging}: let one of them say it, or both the same",
    )


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _shared(one: Sequence[Step], other: Sequence[Step]) -> int:
    """How many steps both begin with: the same, made by the same call of the user's.

    They need not be the same objects: a project file, and each process that imports a module, makes
    its own of one call.
    """
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: _is_same(*pair), pairs))


def _is_same(one: Step, other: Step) -> bool:
    return one == other and one.location == other.location


def _added(one: Sequence[Step], other: Sequence[Step]) -> Sequence[Step]:
    """What the other has more; where both are put on the same image, that is said once.

    What one has of it further up, it has by an image that was merged into both, in another order.
    Only the very same step is told by that: a function may add one that looks alike to both, and
    mean it to be done after what is before it in each.
    """
    shared = _shared(one, other)
    firsts = (*one[shared : shared + 1], *other[shared : shared + 1])
    on_same = len(firsts) > 1 and all(isinstance(step, steps.FromImage) for step in firsts)
    known = set(map(id, one))
    return tuple(step for step in other[shared + on_same :] if id(step) not in known)


def _said(found: Sequence[Step]) -> Iterator[tuple[object, _Saying]]:
    """What steps say that can be said but once, by what it is of."""
    for step in found:
        for what, part, value in _parts(step):
            text = written_step(part)
            yield what, _Saying(value=value, text=text, location=step.location)


def _parts(step: Step) -> Iterator[tuple[object, Step, object]]:
    """What a step says that can be said but once: of what, the call with only that, its value."""
    match step:
        case steps.Env(variables=pairs):
            # PATH grows by each that adds to it.
            for name, value in pairs:
                if name != "PATH":
                    yield ("env", name), replace(step, variables=((name, value),)), value
        case steps.Label(labels=pairs):
            for name, value in pairs:
                yield ("label", name), replace(step, labels=((name, value),)), value
        case steps.Index(default=True):
            yield "the default index", step, step
        case steps.Index(name=str(name)):
            yield ("index", name), step, step
        case _ if isinstance(step, _WITH_ONE_VALUE):
            yield type(step), step, step
        case _:
            pass
