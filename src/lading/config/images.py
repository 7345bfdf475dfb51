"""The images of a project file: referred to in code, described there, or made from one another."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import dropwhile
from typing import TYPE_CHECKING, Final

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
from lading.config.hints import hints_in_toml
from lading.config.keys import (
    EXTENDS,
    FROM_IMAGE,
    MAIN,
    MERGE,
    MERGE_FORM,
    OUTSIDE_STEPS,
    PLATFORM,
    PLATFORM_FORM,
    STEPS,
    meant,
)
from lading.config.naming import NAMES_NO_IMAGE, ImageNames
from lading.errors import Problem, SpecificationError
from lading.image import Image
from lading.image.callsite import standing_at
from lading.image.layers import MOST_BELOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from lading.config.naming import Reference
    from lading.config.parameters import Setting
    from lading.errors import Location
    from lading.project_file import KeyPath, ProjectFile

__all__ = ["ProjectImages"]

_VERBS: Final = {EXTENDS: "extend", FROM_IMAGE: "build on", MERGE: "merge"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """That an image of the file is made from another one.

    Attributes:
        owner: What it is called.
        key: The key that names the other.
        value: How, as it was read.
        keys: Where.
    """

    owner: str
    key: str
    value: object
    keys: KeyPath


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """An image, and how it was made.

    Attributes:
        image: The image.
        height: How many images it is made from at most, one from the other.
    """

    image: Image
    height: int = 0


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
    _known: dict[str, _Made] = field(default_factory=dict, compare=False, repr=False)

    @property
    def named(self) -> ImageNames:
        """What they are called."""
        return ImageNames(file=self.file)

    def image(self, name: str | None = None) -> Image:
        """The image of that name; left out, `image`, or the only one.

        Raises:
            SpecificationError: There is none, or what is written is wrong; all of it together.
        """
        self.named.check()
        with hints_in_toml(str(self.file.path)):
            return self._made(self.named.only() if name is None else name, ()).image

    def described(self) -> tuple[Image, ...]:
        """All images that are described in the file, but for those with which something is wrong.

        Who asks for another one is told of that one alone.
        """
        found = list[Image]()
        for name in self.named:
            with suppress(SpecificationError):
                found += [self._made(name, ()).image] if self.named.reference(name) is None else []
        return tuple(found)

    def check_alone(self, name: str) -> None:
        """Look whether one image alone is called so, and no variant of another one.

        Raises:
            SpecificationError: Both are, and would share a lock.
        """
        self._refuse_loaded(name, self.named.variants(name))

    def _refuse_loaded(self, name: str, others: Iterable[Reference]) -> None:
        for other in others:
            with suppress(SpecificationError):  # it isn't there, and nothing is shared with it
                self.load(other.text, other.settings)
                break
        else:
            return
        what = "an image here" if name in self.named else "a variant of one image"
        message = f"{name!r} is {what}, and a variant of {other.owner!r} too"
        raise self._refusal(message, self.named.keys(other.owner), "call one of the two otherwise")

    def _made(self, name: str, above: tuple[_Use, ...]) -> _Made:
        """An image, made once however often it is named: what merges two may be merged by two."""
        made = self._known.get(name)
        if made is None:
            made = self._known[name] = self._newly_made(name, above)
        self._refuse_deep(above, made.height)
        return made

    def _newly_made(self, name: str, above: tuple[_Use, ...]) -> _Made:
        if name not in self.named:
            return _Made(image=self._variant(name))
        self.check_alone(name)
        around = tuple(dropwhile(lambda use: use.owner != name, above))
        if around:
            chain = " ".join(f"{use.owner} {use.key}" for use in around)
            raise self._refusal(f"an image is made from itself: {chain} {name}", around[0].keys)
        self._refuse_deep(above, 0)
        table, keys = self.named.table(name), self.named.keys(name)
        if MAIN in table:
            return _Made(image=self._loaded(name, MAIN))
        base = self._begun_from(name, above)
        height = base.height if base else 0
        return _Made(
            image=self._described(table, keys, base.image if base else None), height=height
        )

    def _refuse_deep(self, above: tuple[_Use, ...], height: int) -> None:
        if len(above) + height > MOST_BELOW:
            first = above[0]
            message = (
                f"{first.owner} is made from more than {MOST_BELOW} images, one from the other"
            )
            raise self._refusal(message, first.keys, "make it from one further down")

    def _begun_from(self, name: str, above: tuple[_Use, ...]) -> _Made | None:
        """What an image goes on from: one that it extends or is on, and those merged with that."""
        image, height = None, 0
        for use in self._uses(name):
            used = self._used(use, above)
            height = max(height, used.height + 1)
            with standing_at(self.file.location(*use.keys)):
                if use.key == FROM_IMAGE:
                    image = Image.from_image(used.image)
                else:
                    image = used.image if image is None else image.merge(used.image)
        return None if image is None else _Made(image=image, height=height)

    def _uses(self, name: str) -> Iterator[_Use]:
        """The images that one is made from, in their order."""
        table, keys = self.named.table(name), self.named.keys(name)
        for key in (EXTENDS, FROM_IMAGE):
            if key in table:
                yield _Use(owner=name, key=key, value=table[key], keys=(*keys, key))
        merged = table.get(MERGE, ())
        if isinstance(merged, str):
            yield _Use(owner=name, key=MERGE, value=merged, keys=(*keys, MERGE))
        else:
            assert isinstance(merged, Sequence)  # noqa: S101 - checked by `problems`
            for index, one in enumerate(merged):
                yield _Use(owner=name, key=MERGE, value=one, keys=(*keys, MERGE, index))

    def _variant(self, name: str) -> Image:
        """An image that is a variant of one in code: `gpu` of `app.py:images` for `x.gpu`."""
        found, *others = self.named.variants(name) or (None,)
        if found is None:
            known = tuple(self.named)
            hint = meant(name, known) if known else NAMES_NO_IMAGE
            raise SpecificationError(f"{self.file.path} has no image {name!r}", hint=hint)
        self._refuse_loaded(name, others)
        return self.load(found.text, found.settings)

    def _used(self, use: _Use, above: tuple[_Use, ...]) -> _Made:
        name = use.value
        if not isinstance(name, str) or ":" in name:
            loaded = self._merged(use) if use.key == MERGE else self._loaded(use.owner, use.key)
            return _Made(image=loaded)
        if name not in self.named and not self.named.variants(name):
            message = f"there is no image {name!r} to {_VERBS[use.key]}"
            raise self._refusal(message, use.keys, meant(name, self.named))
        with self._standing_at(use.keys):
            made = self._made(name, (*above, use))
        return replace(made, image=made.image._copy(name=name))  # noqa: SLF001 - the same distribution

    def _merged(self, use: _Use) -> Image:
        """One in code; `set` is not for it, since several may be merged."""
        text = self.named.read_reference(use.value, use.keys)
        with self._standing_at(use.keys):
            return self.load(text, ())

    def _loaded(self, name: str, key: str) -> Image:
        reference = self.named.reference_at(name, key)
        with self._standing_at((*self.named.keys(name), key)):
            return self.load(reference.text, reference.settings)

    @contextmanager
    def _standing_at(self, keys: KeyPath) -> Iterator[None]:
        """What is wrong in the code has its line there; that it isn't there has this one."""
        try:
            yield
        except SpecificationError as error:
            place = self.file.location(*keys)
            raise SpecificationError(
                replace(one, location=one.location or place) for one in error.problems
            ) from None

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
                found.append(self._no_step(name, place))

    def _no_step(self, name: str, place: KeyPath) -> Problem:
        if name == MERGE:
            return self._problem(f"{name} is no step, but a key beside steps", place, MERGE_FORM)
        return self._problem(f"there is no step {name!r}", place, meant(name, STEP_CALLS))

    def _for_platform(
        self, value: object, keys: KeyPath, found: list[Problem]
    ) -> Iterator[ForPlatform]:
        if not isinstance(value, dict) or value.keys() != {PLATFORM, STEPS}:
            message = f"{FOR_PLATFORM} takes a table of {PLATFORM} and {STEPS}"
            found.append(self._problem(message, keys, PLATFORM_FORM))
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
