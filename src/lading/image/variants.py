"""Variants of an image: a matrix of images by name, each made of one by functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lading.grammar.image_name import IMAGE_NAME_FORM, is_image_name
from lading.grammar.invalid import Invalid
from lading.grammar.words import shown
from lading.image.call import Call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lading.image.builder import Image

__all__ = ["Variants", "check_piped", "check_returned", "varied"]

_PIPED: Final = 'return what it makes of the image: def {}(image): return image.env(A="1")'
_FORM: Final = "variants(cpu=with_cpu, gpu=with_gpu)"


@dataclass(frozen=True, slots=True)
class Variants(Mapping[str, "Image"]):
    """Images by name, in the order in which they were written; `Image.variants` makes them.

    It is a mapping, and never changes: `images["gpu"]` is an `Image`.
    """

    _images: tuple[tuple[str, Image], ...]

    def __getitem__(self, name: str) -> Image:
        return dict(self._images)[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._images)

    def __len__(self) -> int:
        return len(self._images)

    def variants(self, **functions: Callable[[Image], Image]) -> Variants:
        """Each of these in several variants: `cpu-py312` is what `py312` makes of `cpu`.

        Args:
            **functions: By name, what makes such a variant of an image.

        Raises:
            SpecificationError: As for `Image.variants`.
        """
        return varied(self._images, functions)


def varied(
    images: Iterable[tuple[str, Image]], functions: Mapping[str, Callable[[Image], Image]]
) -> Variants:
    """What each of the functions makes of each of the images.

    Args:
        images: Each with its name; an empty one is no part of a variant's name.
        functions: By name.

    Raises:
        SpecificationError: There is none, a name is invalid or there twice, or what a function
            gives is no `Image`.
    """
    with Call() as call:
        if not functions:
            raise Invalid("variants has no variant", hint=_FORM)
        for name, function in functions.items():
            call.read(_check, name, function)
    with Call() as call:
        made = tuple(
            _made("-".join(filter(None, (first, name))), image, function)
            for first, image in images
            for name, function in functions.items()
        )
        seen: dict[str, str] = {}
        for name, _ in made:
            call.read(_check_name, name)
            other = seen.setdefault(name.casefold(), name)
            if other is not name:
                call.refuse(_twice(other, name))
    return Variants(made)


def check_piped(function: object) -> None:
    """Refuse what `pipe` can't call."""
    if not callable(function):
        message = f"pipe takes a function of the image, not {shown(function)}"
        raise Invalid(message, hint=_PIPED.format("with_tools"))


def check_returned(function: object, found: object) -> None:
    """Refuse None: nothing chains on that, and a forgotten `return` gives it."""
    if found is None:
        name = str(getattr(function, "__name__", ""))
        if name.isidentifier():
            raise Invalid(f"{name} returns None to pipe", hint=_PIPED.format(name))
        raise Invalid("a function returns None to pipe", hint=_PIPED.format("with_tools"))


def _twice(one: str, other: str) -> Invalid:
    if one == other:
        hint = "give each another name; that of one of a product is first-second"
        return Invalid(f"two variants are called {shown(one)}", hint=hint)
    return Invalid(
        f"two variants are called {shown(one)} and {shown(other)}, and nothing but case differs",
        hint="some disks don't tell their locks apart: give each another name",
    )


def _check_name(name: str) -> None:
    if not is_image_name(name):
        raise Invalid(f"no variant can be called {shown(name)}", hint=IMAGE_NAME_FORM)


def _check(name: str, function: object) -> None:
    _check_name(name)
    if not callable(function):
        hint = f"{name}=lambda image: image.replace(...)"
        raise Invalid(f"variant {name} is {shown(function)}, and no function", hint=hint)


def _made(name: str, image: Image, function: Callable[[Image], Image]) -> tuple[str, Image]:
    found: object = function(image)
    if not isinstance(found, type(image)):
        hint = f"a function that returns one: {name}=lambda image: image.replace(...)"
        raise Invalid(f"variant {name} is {shown(found)}, and no Image", hint=hint)
    return name, found._copy(name=name)  # noqa: SLF001 - the same distribution
