"""The call of `Image` that keeps the layers of another one, and what is still to be said after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lading.grammar.invalid import Invalid
from lading.grammar.words import shown
from lading.image import steps
from lading.image.beginnings import beginning
from lading.image.call import Call

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Self

    from lading.image.steps import Step

__all__ = ["MOST_BELOW", "LayerCalls", "above", "changed_below", "last_below"]

MOST_BELOW: Final = 126
"""How many images an image is put on at most: with its own they are as many as the layers that
overlay drivers stack."""


class LayerCalls:
    """What `Image` has of such calls."""

    __slots__ = ()

    if TYPE_CHECKING:
        steps: tuple[Step, ...]
        name: str | None

    def _copy(self, **changes: object) -> Self:
        raise NotImplementedError

    @beginning
    def from_image(cls, other: Self) -> Self:  # noqa: N805 - it is a class method
        """An image that is put on another one, and shares all layers of that.

        What is called on it comes on top: the layers of `other` stay as they are when that is built
        by itself, in the versions of its own lock. Calls on `other` itself would be regrouped and
        resolved together with its own. How its container is run is inherited, and may be changed.

        Args:
            other: An image of one's own. Its constructor's arguments are this one's.

        Raises:
            SpecificationError: It is no `Image`, or is put on too many others.
        """
        with Call() as call:
            if not isinstance(other, cls):
                hint = "Image.from_image(base), with base = Image(...); a registry's is base_image="
                raise Invalid(f"from_image takes an Image, not {shown(other)}", hint=hint)
            if sum(isinstance(step, steps.FromImage) for step in other.steps) >= MOST_BELOW:
                hint = f"engines stack {MOST_BELOW + 1} layers at most: call on the image itself"
                raise Invalid(f"from_image goes down more than {MOST_BELOW} images", hint=hint)
        step = steps.FromImage(name=other.name, location=call.location)
        return other._copy(steps=(*other.steps, step), name=None)

    @property
    def below(self) -> Self | None:
        """The image that this one is put on by `from_image`; None where it is on none."""
        place = last_below(self.steps)
        if place is None:
            return None
        step = self.steps[place]
        name = step.name if isinstance(step, steps.FromImage) else None
        return self._copy(steps=self.steps[:place], name=name)


def last_below(written: Sequence[Step]) -> int | None:
    """How many steps the image below has; None where there is none."""
    places = [place for place, step in enumerate(written) if isinstance(step, steps.FromImage)]
    return places[-1] if places else None


def above(written: Sequence[Step]) -> tuple[Step, ...]:
    """An image's own steps: those that the image below does not have."""
    place = last_below(written)
    return tuple(written if place is None else written[place + 1 :])


def changed_below(
    written: Sequence[Step], before: Mapping[str, object], after: Mapping[str, object]
) -> Iterator[Invalid]:
    """The arguments that were changed of an image whose lower layers are another's."""
    place = last_below(written)
    if place is None:
        return
    for name, value in after.items():
        if value != before[name]:
            message = f"{name} is that of the image below, which from_image names at "
            yield Invalid(
                f"{message}{written[place].location}",
                hint=f"change it there: Image.from_image(base.replace({name}=...))",
            )
