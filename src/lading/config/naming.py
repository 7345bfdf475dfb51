"""What the images of a project file are called, and which of them are in code: none is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.config.keys import MAIN, MERGE, NAMED, OF_AN_IMAGE, SET, problems
from lading.config.parameters import Setting
from lading.errors import Problem, SpecificationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lading.project_file import KeyPath, ProjectFile

__all__ = ["NAMES_NO_IMAGE", "ImageNames", "Reference"]

NAMES_NO_IMAGE = (
    'write image = "service:image" there, or describe it: requirements_file = "requirements.txt"'
)
"""The hint for a file that names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An image in code, as a project file refers to it.

    Attributes:
        owner: What the image that refers to it is called in the file.
        text: What it refers to: `service:image`, or `service:images.gpu`.
        settings: What its parameters are.
    """

    owner: str
    text: str
    settings: tuple[Setting, ...]

    @property
    def names_variant(self) -> bool:
        """Whether it is one of several variants, and so has none itself."""
        return "." in self.text.rpartition(":")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageNames:
    """The names that a project file has for images.

    Attributes:
        file: The file.
    """

    file: ProjectFile

    def __iter__(self) -> Iterator[str]:
        """`image`, where the table itself says what that is, and all that are named."""
        named = self.file.table.get(NAMED, {})
        if any(key in self.file.table for key in OF_AN_IMAGE):
            yield MAIN
        yield from named if isinstance(named, dict) else ()

    def check(self) -> None:
        """Look at every key of the file.

        Raises:
            SpecificationError: What is written is wrong; all of it together.
        """
        found = problems(self.file)
        if found:
            raise SpecificationError(found)

    def only(self) -> str:
        """The name of the image that is meant where none is named: `image`, or the only one.

        Raises:
            SpecificationError: There is none, or there are several.
        """
        names = tuple(self)
        if MAIN in names or len(names) == 1:
            return names[0]
        if not names:
            raise SpecificationError(f"{self.file.path} names no image", hint=NAMES_NO_IMAGE)
        message = f"{self.file.path} has several images: {', '.join(names)}"
        raise SpecificationError(message, hint=f"name one: {self.file.path.parent}:{names[0]}")

    def keys(self, name: str) -> KeyPath:
        """The keys that lead to an image's table."""
        return () if name == MAIN else (NAMED, name)

    def table(self, name: str) -> Mapping[str, object]:
        """What is written of an image; a reference alone stands for a table with it."""
        table: object = self.file.table
        if name != MAIN:
            named = self.file.table[NAMED]
            table = named[name] if isinstance(named, dict) else {}
        return table if isinstance(table, dict) else {MAIN: table}

    def reference(self, name: str) -> Reference | None:
        """What an image of the file refers to; None of one that is described.

        Raises:
            SpecificationError: It is no reference.
        """
        return self.reference_at(name, MAIN) if MAIN in self.table(name) else None

    def reference_at(self, name: str, key: str) -> Reference:
        """What a key of an image refers to in code, with the parameters that `set` has for it.

        Raises:
            SpecificationError: It is no reference.
        """
        table, keys = self.table(name), self.keys(name)
        text = self.read_reference(table[key], (*keys, key))
        settings = tuple(self._settings(table.get(SET, {}), (*keys, SET)))
        return Reference(owner=name, text=text, settings=settings)

    def read_reference(self, text: object, keys: KeyPath) -> str:
        """A reference to an image in code, which stands at these keys.

        Raises:
            SpecificationError: It is none.
        """
        if isinstance(text, str) and all(text.rpartition(":")):
            return text
        key = next(one for one in reversed(keys) if isinstance(one, str))
        message, place = f"{text!r} names no image in code", self.file.location(*keys)
        hint = f'write {key} = {"[" * (key == MERGE)}"service:image"{"]" * (key == MERGE)}'
        raise SpecificationError(Problem(message=message, location=place, hint=hint))

    def _settings(self, values: object, keys: KeyPath) -> Iterator[Setting]:
        assert isinstance(values, dict)  # noqa: S101 - checked by `problems`
        for name, value in values.items():
            yield Setting(name=name, value=value, location=self.file.location(*keys, name))

    def variants(self, name: str) -> tuple[Reference, ...]:
        """What a name may mean as a variant of an image in code, by the longest name first.

        `serving.gpu` is `gpu` of `service:images`, where that is what `serving` refers to, and has
        such a variant.

        Raises:
            SpecificationError: One of them is no reference.
        """
        owners = sorted((one for one in self if name.startswith(f"{one}.")), key=len, reverse=True)
        references = [one for one in map(self.reference, owners) if one is not None]
        return tuple(
            Reference(
                owner=one.owner,
                text=one.text + name.removeprefix(one.owner),
                settings=one.settings,
            )
            for one in references
            if not one.names_variant
        )
