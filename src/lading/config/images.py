"""The images of a project file: referred to in code, described there, or made from one another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lading.config.calls import (
    ARGUMENTS,
    CALLS,
    FOR_PLATFORM,
    STEP_CALLS,
    ForPlatform,
    Written,
    applied,
    begun,
)
from lading.config.keys import (
    EXTENDS,
    FROM_IMAGE,
    MAIN,
    NAMED,
    OF_AN_IMAGE,
    OUTSIDE_STEPS,
    PLATFORM,
    SET,
    STEPS,
    meant,
    problems,
)
from lading.config.parameters import Setting
from lading.errors import Problem, SpecificationError
from lading.image import Image
from lading.image.callsite import standing_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lading.errors import Location
    from lading.project_file import KeyPath, ProjectFile

__all__ = ["ProjectImages"]

_FORM = (
    'write image = "service:image" there, or describe it: requirements_file = "requirements.txt"'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectImages:
    """The images that a project file names.

    Attributes:
        file: The file.
        load: Gives the image in code that a reference such as `service:image` names, with these
            parameters.
    """

    file: ProjectFile
    load: Callable[[str, tuple[Setting, ...]], Image]

    @property
    def names(self) -> tuple[str, ...]:
        """`image`, where the table itself says what that is, and all that are named."""
        named = self.file.table.get(NAMED, {})
        main = (MAIN,) if any(key in self.file.table for key in OF_AN_IMAGE) else ()
        return (*main, *(named if isinstance(named, dict) else ()))

    def image(self, name: str | None = None) -> Image:
        """The image of that name; left out, `image`, or the only one.

        Raises:
            SpecificationError: There is none, or what is written is wrong; all of it together.
        """
        self._check()
        return self._made(self._only() if name is None else name, ())

    def reference(self, name: str) -> tuple[str, tuple[Setting, ...]] | None:
        """What an image is referred to by, and its parameters; None of one that is described.

        Raises:
            SpecificationError: What is written is wrong; all of it together.
        """
        self._check()
        table, keys = self._table(name), () if name == MAIN else (NAMED, name)
        if MAIN not in table:
            return None
        return self._reference(table, MAIN, keys)

    def _check(self) -> None:
        found = problems(self.file)
        if found:
            raise SpecificationError(found)

    def _only(self) -> str:
        names = self.names
        if MAIN in names or len(names) == 1:
            return names[0]
        if not names:
            raise SpecificationError(f"{self.file.path} names no image", hint=_FORM)
        message = f"{self.file.path} has several images: {', '.join(names)}"
        raise SpecificationError(message, hint=f"name one: {self.file.path.parent}:{names[0]}")

    def _made(self, name: str, above: tuple[str, ...]) -> Image:
        if name not in self.names:
            return self._variant(name)
        keys = () if name == MAIN else (NAMED, name)
        table = self._table(name)
        key = FROM_IMAGE if FROM_IMAGE in table else EXTENDS
        if name in above:
            chain = " ".join(map(self._linked, above[above.index(name) :]))
            raise self._refusal(f"an image is made from itself: {chain} {name}", (*keys, key))
        if MAIN in table:
            return self._loaded(table, MAIN, keys)
        base = self._base(table, key, keys, (*above, name)) if key in table else None
        if base is not None and key == FROM_IMAGE:
            with standing_at(self.file.location(*keys, key)):
                base = Image.from_image(base)
        return self._described(table, keys, base)

    def _linked(self, name: str) -> str:
        """An image, and by which key it names the next."""
        return f"{name} {FROM_IMAGE if FROM_IMAGE in self._table(name) else EXTENDS}"

    def _variant(self, name: str) -> Image:
        """An image that is a variant of one in code: `gpu` of `app.py:images` for `x.gpu`."""
        for owner in sorted(self.names, key=len, reverse=True):
            found = self.reference(owner) if name.startswith(f"{owner}.") else None
            if found is not None:
                reference, settings = found
                return self.load(reference + name.removeprefix(owner), settings)
        message = f"{self.file.path} has no image {name!r}"
        raise SpecificationError(message, hint=meant(name, self.names) if self.names else _FORM)

    def _table(self, name: str) -> Mapping[str, object]:
        table: object = self.file.table
        if name != MAIN:
            named = self.file.table[NAMED]
            table = named[name] if isinstance(named, dict) else {}
        return table if isinstance(table, dict) else {MAIN: table}

    def _base(
        self, table: Mapping[str, object], key: str, keys: KeyPath, above: tuple[str, ...]
    ) -> Image:
        name = table[key]
        if isinstance(name, str) and ":" not in name:
            if name not in self.names:
                verb = "extend" if key == EXTENDS else "build on"
                message, hint = f"there is no image {name!r} to {verb}", meant(name, self.names)
                raise self._refusal(message, (*keys, key), hint)
            return self._made(name, above)._copy(name=name)  # noqa: SLF001 - the same distribution
        return self._loaded(table, key, keys)

    def _loaded(self, table: Mapping[str, object], key: str, keys: KeyPath) -> Image:
        reference, settings = self._reference(table, key, keys)
        try:
            return self.load(reference, settings)
        except SpecificationError as error:
            # What is wrong in the code has its line there; that it isn't there has this one.
            place = self.file.location(*keys, key)
            raise SpecificationError(
                replace(one, location=one.location or place) for one in error.problems
            ) from None

    def _reference(
        self, table: Mapping[str, object], key: str, keys: KeyPath
    ) -> tuple[str, tuple[Setting, ...]]:
        reference = table[key]
        if not isinstance(reference, str) or not all(reference.rpartition(":")):
            hint = f'write {key} = "service:image"'
            raise self._refusal(f"{reference!r} names no image in code", (*keys, key), hint)
        return reference, tuple(self._settings(table.get(SET, {}), (*keys, SET)))

    def _settings(self, values: object, keys: KeyPath) -> Iterator[Setting]:
        assert isinstance(values, dict)  # noqa: S101 - checked by `problems`
        for name, value in values.items():
            yield Setting(name=name, value=value, location=self.file.location(*keys, name))

    def _described(self, table: Mapping[str, object], keys: KeyPath, base: Image | None) -> Image:
        arguments = {name: table[name] for name in ARGUMENTS if name in table}
        image = self._begun(base, arguments, keys)
        found: list[Problem] = []
        calls = tuple(self._calls(table, keys, found))
        try:
            image = applied(image, calls)
        except SpecificationError as error:
            found += error.problems
        if found:
            raise SpecificationError(found)
        return image

    def _begun(self, base: Image | None, arguments: Mapping[str, object], keys: KeyPath) -> Image:
        try:
            image = begun(base, arguments, self.file.location(*keys, *tuple(arguments)[:1]))
            own = {name: self.file.location(*keys, name) for name in arguments}
            lines = tuple({**dict(image.lines), **own}.items())
            return image._copy(lines=lines)  # noqa: SLF001 - the same distribution
        except SpecificationError as error:
            raise SpecificationError(
                replace(one, location=self._line_of(one, arguments, keys) or one.location)
                for one in error.problems
            ) from None

    def _line_of(
        self, problem: Problem, arguments: Mapping[str, object], keys: KeyPath
    ) -> Location | None:
        """The line of the argument that alone has the problem, where it is one's alone."""
        for name, value in arguments.items():
            place = self.file.location(*keys, name)
            try:
                begun(None, {name: value}, place)
            except SpecificationError as error:
                if problem.message in {one.message for one in error.problems}:
                    return place
        return None

    def _calls(
        self, table: Mapping[str, object], keys: KeyPath, found: list[Problem]
    ) -> Iterator[Written | ForPlatform]:
        """Every call: those of keys first, then the steps; what is none is noted as wrong."""
        for name in OUTSIDE_STEPS:
            if name in table:
                yield self._written(name, table[name], (*keys, name))
        yield from self._steps(table.get(STEPS, []), (*keys, STEPS), found)

    def _steps(
        self, steps: object, keys: KeyPath, found: list[Problem]
    ) -> Iterator[Written | ForPlatform]:
        if not isinstance(steps, list):
            found.append(self._problem("steps is not an array", keys, _STEP_FORM))
            return
        for index, step in enumerate(steps):
            place = (*keys, index)
            if not isinstance(step, dict) or len(step) != 1:
                found.append(self._problem("a step is a table of one call", place, _STEP_FORM))
                continue
            ((name, value),) = step.items()
            if name == FOR_PLATFORM:
                yield from self._for_platform(value, (*place, name), found)
            elif name in CALLS:
                yield self._written(name, value, (*place, name))
            else:
                message = f"there is no step {name!r}"
                found.append(self._problem(message, place, meant(name, STEP_CALLS)))

    def _for_platform(
        self, value: object, keys: KeyPath, found: list[Problem]
    ) -> Iterator[ForPlatform]:
        if not isinstance(value, dict) or value.keys() != {PLATFORM, STEPS}:
            message = f"{FOR_PLATFORM} takes a table of {PLATFORM} and {STEPS}"
            found.append(self._problem(message, keys, _PLATFORM_FORM))
            return
        steps = tuple(self._steps(value[STEPS], (*keys, STEPS), found))
        location = self.file.location(*keys)
        yield ForPlatform(platform=value[PLATFORM], steps=steps, location=location)

    def _written(self, name: str, value: object, keys: KeyPath) -> Written:
        return Written(name=name, value=value, location=self.file.location(*keys))

    def _problem(self, message: str, keys: KeyPath, hint: str | None = None) -> Problem:
        return Problem(message=message, location=self.file.location(*keys), hint=hint)

    def _refusal(self, message: str, keys: KeyPath, hint: str | None = None) -> SpecificationError:
        return SpecificationError(self._problem(message, keys, hint))


_STEP_FORM = 'steps = [{run = "make"}, {env = {A = "1"}}]'
_PLATFORM_FORM = '{for_platform = {platform = "linux/arm64", steps = [{run = "make"}]}}'
