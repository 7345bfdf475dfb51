"""Steps that are for some platforms only: how they are called, and an image as one platform has it.

A step says itself which platforms it is for, so that an image stays one list of steps in the order
in which they were written, and a reader of a single platform's sees nothing new.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, TypeVar

from lading.errors import Problem
from lading.grammar.invalid import Invalid
from lading.grammar.words import expect_words, shown
from lading.image.call import Call
from lading.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Self

    from lading.errors import Location
    from lading.image.arguments import Arguments
    from lading.image.builder import Image
    from lading.image.steps import Step

__all__ = ["PlatformCalls", "named_platforms", "on_platform", "steps_on"]

P = ParamSpec("P")
S = TypeVar("S", bound="Step")

_EXAMPLE: Final = 'for_platform("linux/arm64", lambda image: image.system_packages("libatomic1"))'


class PlatformCalls:
    """What `Image` has of these calls; each returns a new image."""

    __slots__ = ()

    steps: tuple[Step, ...]

    def _arguments(self) -> Arguments:
        raise NotImplementedError

    def _copy(self, **changes: object) -> Self:
        raise NotImplementedError

    def for_platform(
        self,
        platform: str | Sequence[str],
        function: Callable[Concatenate[Self, P], Self],
        /,
        *arguments: P.args,
        **options: P.kwargs,
    ) -> Self:
        """The steps that a function adds, on some platforms only; on others nothing of them is.

        `image.for_platform("linux/arm64", lambda image: image.system_packages("libatomic1"))`. The
        function is called at once, as by `pipe`. What it adds by `for_platform` itself is for the
        platforms that both calls name.

        Args:
            platform: Such as `"linux/arm64"`, or several. As with container engines, `"linux/arm"`
                means `"linux/arm/v7"`.
            function: Takes the image, and returns it with more steps.
            *arguments: Handed on to the function.
            **options: The same.

        Raises:
            SpecificationError: A platform is invalid, or the function returns no image, or one that
                has other arguments of the constructor or lacks steps that this one has, or has a
                step that is for none of the platforms.
        """
        with Call() as call:
            platforms = call.each(Platform.parse, call.read(_words, platform))
            call.read(_check_function, function)
        changed = function(self, *arguments, **options)
        with Call() as call:
            call.read(_check_changed, self, changed)
        added = changed.steps[len(self.steps) :]
        with Call() as call:
            call.note(_nowhere(added, platforms, call.location))
        return self._copy(steps=(*self.steps, *(_narrowed(step, platforms) for step in added)))


def on_platform(image: Image, platform: Platform | None) -> Image:
    """The image as one platform has it, whose steps are for all that there is then.

    Args:
        image: The image as it is written.
        platform: The platform; None stands for those that no step names.
    """
    return image._copy(steps=steps_on(image.steps, platform))  # noqa: SLF001 - the same room


def steps_on(found: Iterable[Step], platform: Platform | None) -> tuple[Step, ...]:
    """The steps that one platform has, as `on_platform`."""
    return tuple(
        replace(step, platforms=()) if step.platforms else step
        for step in found
        if not step.platforms or platform in step.platforms
    )


def named_platforms(found: Iterable[Step]) -> tuple[Platform, ...]:
    """The platforms that some steps are for, each once, in their order."""
    return tuple(dict.fromkeys(platform for step in found for platform in step.platforms))


def _words(platform: object) -> tuple[str, ...]:
    given = (platform,) if isinstance(platform, str) else platform
    if not isinstance(given, tuple | list):
        raise Invalid(f"for_platform takes a platform, not {shown(given)}", hint=_EXAMPLE)
    if not given:
        raise Invalid("for_platform has no platform", hint=_EXAMPLE)
    return expect_words("for_platform", given, example='for_platform(["linux/arm64"], ...)')


def _check_function(function: object) -> None:
    if not callable(function):
        message = f"for_platform takes a function of the image, not {_called(function)}"
        raise Invalid(message, hint=_EXAMPLE)


def _check_changed(image: PlatformCalls, changed: object) -> None:
    """Refuse what is not the image with more steps: nothing else can be on one platform alone."""
    if not isinstance(changed, type(image)):
        message = f"the function of for_platform returns {_called(changed)}, and no Image"
        raise Invalid(message, hint=f"return the image with its new steps: {_EXAMPLE}")
    before, after = image._arguments(), changed._arguments()  # noqa: SLF001 - its own class
    other = [name for name, value in after.items() if value != before.get(name)]
    if other:
        raise Invalid(
            f"the function of for_platform changes {', '.join(other)}, which no platform has alone",
            hint="let it add steps, or make another image of it with replace",
        )
    kept = changed.steps[: len(image.steps)]
    if len(kept) < len(image.steps) or any(
        one is not other for one, other in zip(image.steps, kept, strict=True)
    ):
        raise Invalid(
            "the function of for_platform drops steps of the image that it is given",
            hint="begin with that image, and add to it",
        )


def _narrowed(step: S, platforms: tuple[Platform, ...]) -> S:
    """The step for those of these platforms that it is for."""
    left = dict.fromkeys(one for one in platforms if one in (step.platforms or platforms))
    return replace(step, platforms=tuple(left))


def _nowhere(
    added: Iterable[Step], platforms: tuple[Platform, ...], place: Location
) -> Iterator[Problem]:
    """The steps that would be on no platform: each is for others than the call around it."""
    for step in added:
        if step.platforms and not set(step.platforms) & set(platforms):
            own, outer = (", ".join(map(str, names)) for names in (step.platforms, platforms))
            yield Problem(
                message=f"this step is for {own} inside of for_platform for {outer}, "
                "and so for no platform",
                location=step.location,
                hint=f"call for_platform for {own} beside the one at {place}, not inside of it",
            )


def _called(thing: object) -> str:
    if thing is None:
        return "None"
    return "an Image" if isinstance(thing, PlatformCalls) else shown(thing)
