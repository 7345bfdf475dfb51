"""The lines of BentoML's `python_packages`, which are those of a requirements file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.grammar.invalid import Invalid
from lading.image.call import Call
from lading.requirements.options import split_options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lading.image import Image
    from lading.requirements.options import Option

__all__ = ["add_requirements"]

_IN_A_FILE = "write it into a requirements file, and name that: requirements_file(path)"


def add_requirements(image: Image, lines: Iterable[str]) -> Image:
    """`image` with these requirements and options, each taken as pip would take its line.

    Raises:
        SpecificationError: A line is no requirement, or an option that has no call.
    """
    packages: list[str] = []
    with Call() as call:
        for line in lines:
            if not _is_option(line):
                packages.append(line)
                continue
            try:
                for option in split_options(line.strip()):
                    image = _with_option(image, option)
            except Invalid as error:
                call.refuse(error)
    return image.python_packages(*packages) if packages else image


def _is_option(line: object) -> bool:
    return isinstance(line, str) and line.lstrip().startswith("-")


def _with_option(image: Image, option: Option) -> Image:
    match option.name:
        case "--index-url":
            return image.index(option.value, default=True)
        case "--extra-index-url":
            return image.index(option.value)
        case "--no-binary":
            return image.python_packages(no_binary=option.value.split(","))
        case "--requirement":
            return image.requirements_file(option.value)
        case _:
            message = f"the option {option.written} has no call of its own"
            raise Invalid(message, hint=_IN_A_FILE)
