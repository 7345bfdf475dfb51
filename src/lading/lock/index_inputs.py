"""The package indexes that an image and its files ask for, as one list without contradictions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lading.errors import Problem
from lading.image import steps
from lading.image.spans import settings
from lading.lock.model import InputIndex
from lading.logins import index_variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lading.errors import Location
    from lading.image import Image
    from lading.requirements import RequirementSet, SourcedUrl

__all__ = ["read_indexes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Declared:
    """An index, and where the user wrote it.

    Attributes:
        step: The call; a file's index is one without a name, packages or a login.
        in_file: Whether a file asks for it.
    """

    step: steps.Index
    in_file: bool = False

    @property
    def url(self) -> str:
        return self.step.url

    @property
    def location(self) -> Location:
        return self.step.location


def read_indexes(
    image: Image, sets: Sequence[RequirementSet], problems: list[Problem]
) -> tuple[InputIndex, ...]:
    """The default index, where there is one, then the others in the order in which they are asked.

    Those of the image come before those of files, and each comes once.

    Args:
        image: The image.
        sets: What its files say.
        problems: Told what contradicts each other.
    """
    written = [
        *(_Declared(step=step) for step in settings(image.steps, steps.Index)),
        *(one for found in sets for one in _of_file(found)),
    ]
    problems += _different_defaults(written)
    problems += _one_name_twice(written)
    problems += _one_package_twice(written, sets)
    indexes = _merged(written, problems)
    indexes.sort(key=lambda one: not one.step.default)
    return tuple(_input(one.step) for one in indexes)


def _of_file(found: RequirementSet) -> Iterator[_Declared]:
    if found.indexes.default is not None:
        yield _in_file(found.indexes.default, default=True)
    for extra in found.indexes.extra:
        yield _in_file(extra)


def _in_file(index: SourcedUrl, *, default: bool = False) -> _Declared:
    step = steps.Index(url=index.url, default=default, location=index.location)
    return _Declared(step=step, in_file=True)


def _merged(written: Iterable[_Declared], problems: list[Problem]) -> list[_Declared]:
    """Each URL once: two calls must say the same of it, and a file says little besides it."""
    found: dict[str, _Declared] = {}
    for one in written:
        known = found.setdefault(one.url, one)
        if known is one or known.step == one.step:
            continue
        if not one.in_file or known.step.packages:
            problems.append(_one_url_twice(known, one))
        elif one.step.default:
            found[one.url] = replace(known, step=replace(known.step, default=True))
    return list(found.values())


def _one_url_twice(known: _Declared, other: _Declared) -> Problem:
    hint = "say all of it in one index(...)"
    if other.in_file:
        hint = "leave it out of the file, or leave out packages=[...]"
    return Problem(
        message=f"the index {other.url} is declared twice, in two ways: "
        f"at {known.location} and at {other.location}",
        location=other.location,
        hint=hint,
    )


def _different_defaults(written: Iterable[_Declared]) -> Iterator[Problem]:
    # CASES R22: equal ones are one; of two that differ, either choice would be a guess.
    defaults = [one for one in written if one.step.default]
    for other in defaults[1:]:
        if other.url != defaults[0].url:
            yield Problem(
                message=f"two default indexes: {defaults[0].url} ({defaults[0].location}) "
                f"and {other.url} ({other.location})",
                location=other.location,
                hint="make one of them an extra index: index(url), or --extra-index-url",
            )


def _one_name_twice(written: Iterable[_Declared]) -> Iterator[Problem]:
    """Names that are one where it counts: in the variables that hold the login."""
    known: dict[str, _Declared] = {}
    for one in written:
        if one.step.name is None:
            continue
        first = known.setdefault(index_variable(one.step.name), one)
        if first.url != one.url:
            yield Problem(
                message=f"two indexes are called {first.step.name}: {first.url} "
                f"({first.location}) and {one.url} ({one.location})",
                location=one.location,
                hint="give each a name of its own; letter case and punctuation make no difference",
            )


def _one_package_twice(
    written: Iterable[_Declared], sets: Iterable[RequirementSet]
) -> Iterator[Problem]:
    known: dict[str, tuple[str, Location]] = {}
    for one in written:
        for name in one.step.packages:
            known.setdefault(name, (one.url, one.location))
            if known[name][0] != one.url:
                yield _two_indexes(name, known[name], (one.url, one.location))
    for found in sets:
        for line in found.requirements:
            first = known.get(line.requirement.name or "", (line.index or "", line.location))
            if line.index is not None and first[0] != line.index:
                yield _two_indexes(str(line.requirement.name), first, (line.index, line.location))


def _two_indexes(name: str, first: tuple[str, Location], other: tuple[str, Location]) -> Problem:
    return Problem(
        message=f"{name} is to come from two indexes: {first[0]} ({first[1]}) "
        f"and {other[0]} ({other[1]})",
        location=other[1],
        hint="let one of them serve it",
    )


def _input(step: steps.Index) -> InputIndex:
    return InputIndex(
        url=step.url, name=step.name, default=step.default, packages=tuple(sorted(step.packages))
    )
