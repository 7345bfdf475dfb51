"""Calls of the class `Image` that begin an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from lading.grammar.invalid import Invalid
from lading.image.call import Call

__all__ = ["beginning"]

if TYPE_CHECKING:
    beginning = classmethod
else:

    class beginning(classmethod):  # noqa: N801 - a decorator
        """A class method that says so where it is called on an image, whose calls would be lost."""

        def __get__(self, instance: object, owner: type | None = None) -> object:
            """The method, or what refuses to be it."""
            if instance is None:
                return super().__get__(instance, owner)
            name = self.__func__.__name__

            def refuse(*_: object, **__: object) -> NoReturn:
                with Call():
                    message = f"{name} is called on Image itself, not on an image"
                    raise Invalid(message, hint=f"Image.{name}(...).python_packages(...)")
                raise AssertionError  # the block has raised

            return refuse
