"""The calls of an `Image` as a project file writes them: a key, and a value for the arguments.

What a call takes is read off its signature, so that no second list of arguments can fall behind.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from lading.errors import Problem, SpecificationError
from lading.grammar.nearest import did_you_mean
from lading.image import Image, secret
from lading.image.callsite import standing_at
from lading.image.system import DISTRO_KEYWORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lading.errors import Location

__all__ = [
    "ARGUMENTS",
    "CALLS",
    "FOR_PLATFORM",
    "IN_STEPS_ONLY",
    "STEP_CALLS",
    "ForPlatform",
    "Written",
    "applied",
    "argument_names",
    "begun",
    "parameters",
]

CALLS: Final = (
    *("system_packages", "build_packages", "index"),
    *("requirements_file", "pyproject_toml", "uv_lock", "script_requirements", "python_packages"),
    *("run", "run_script", "model", "build_include"),
    *("env", "workdir", "user", "volume", "expose", "label", "stop_signal"),
    *("entrypoint", "cmd", "healthcheck"),
)
"""In the order in which keys outside `steps` are carried out."""

FOR_PLATFORM: Final = "for_platform"
"""The call that takes steps: in code a function has them, and in a file an array."""

STEP_CALLS: Final = (*CALLS, FOR_PLATFORM)
"""What a step can be."""

IN_STEPS_ONLY: Final = frozenset({"run", "run_script", FOR_PLATFORM})
"""What is done between other steps: TOML's keys have no order, and the elements of an array do."""

_SECRETS: Final = frozenset({"secrets", "secret", "netrc", "client_certificate"})
"""The arguments that take secrets."""


def parameters(name: str) -> tuple[inspect.Parameter, ...]:
    """What a call takes; `__init__` is the constructor."""
    found = inspect.signature(getattr(Image, name)).parameters.values()
    return tuple(found)[1:]


ARGUMENTS: Final = tuple(one.name for one in parameters("__init__"))
"""Of the constructor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A key of a project file and its value.

    Attributes:
        name: The call.
        value: As it was read.
        location: Its line.
    """

    name: str
    value: object
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class ForPlatform:
    """Steps of a project file that are for some platforms only.

    Attributes:
        platform: As it was read.
        steps: The steps.
        location: The line of the call.
    """

    platform: object
    steps: tuple[Written | ForPlatform, ...]
    location: Location


def begun(base: Image | None, arguments: Mapping[str, object], location: Location) -> Image:
    """The image that these arguments of the constructor give, or that they make of another.

    Raises:
        SpecificationError: One is invalid, or doesn't fit the other's steps.
    """
    given: dict[str, Any] = {name: _text_of(value) for name, value in arguments.items()}
    with standing_at(location):
        return Image(**given) if base is None else base.replace(**given)


def applied(image: Image, calls: Iterable[Written | ForPlatform]) -> Image:
    """The image after these calls.

    Raises:
        SpecificationError: Values are not what their calls take; all such together.
    """
    found: list[Problem] = []
    for call in calls:
        try:
            image = _called(image, call)
        except SpecificationError as error:
            found += error.problems
    if found:
        raise SpecificationError(found)
    return image


def _called(image: Image, call: Written | ForPlatform) -> Image:
    """The image after a call: after several, where the value is an array of tables."""
    if isinstance(call, ForPlatform):
        platform: Any = call.platform
        with standing_at(call.location):
            return image.for_platform(platform, applied, call.steps)
    for value in _values(call):
        words, options = _bound(call, value)
        with standing_at(call.location):
            image = getattr(image, call.name)(*words, **options)
    return image


def _values(written: Written) -> Iterable[object]:
    """One for each call that is meant."""
    value = written.value
    if not isinstance(value, list) or not value:
        return (value,)
    if all(isinstance(one, dict) for one in value):
        return value
    if _takes_many(written.name):
        return (value,)
    if any(isinstance(one, bool | dict) for one in value):
        message = f"{written.name} is an array, and neither of words alone nor of tables"
        raise SpecificationError(Problem(message=message, location=written.location))
    return value


def _takes_many(name: str) -> bool:
    return any(one.kind is one.VAR_POSITIONAL for one in parameters(name))


def _bound(written: Written, value: object) -> tuple[list[Any], dict[str, Any]]:
    """The arguments, in the order and by the names that the call has for them."""
    if isinstance(value, dict):
        return _of_table(written, value)
    first = parameters(written.name)[0]
    if (
        value is True
        and first.default is not first.empty
        and first.kind is not first.POSITIONAL_ONLY
    ):
        return [], {}
    if value is False:
        message = f"{written.name} is false, which says nothing"
        raise SpecificationError(
            Problem(message=message, location=written.location, hint="leave it out")
        )
    if not isinstance(value, list):
        return [_text_of(value)], {}
    if not value and not _may_be_left_out(first):
        raise SpecificationError(_lacks(written, first.name))
    if not _takes_many(written.name):
        message = f"{written.name} takes one {first.name}, not an array of them"
        raise SpecificationError(Problem(message=message, location=written.location))
    return [_text_of(word) for word in value], {}


def _of_table(written: Written, table: Mapping[str, object]) -> tuple[list[Any], dict[str, Any]]:
    takes = parameters(written.name)
    first = takes[0]
    if first.kind is first.POSITIONAL_ONLY:  # a mapping itself: env, label
        return [dict(table)], {}
    _check_keys(written, table, takes)
    words: list[Any] = []
    options: dict[str, Any] = {}
    for one in takes:
        if one.kind is one.VAR_KEYWORD:
            named = {other.name for other in takes}
            options |= {key: value for key, value in table.items() if key not in named}
        elif one.name in table:
            value = _argument(written, one.name, table[one.name])
            if one.kind is one.VAR_POSITIONAL:
                words += value if isinstance(value, list) else [value]
            elif one.kind is one.POSITIONAL_OR_KEYWORD and len(words) == takes.index(one):
                words.append(value)
            else:
                options[one.name] = value
    return words, options


def _check_keys(
    written: Written, table: Mapping[str, object], takes: tuple[inspect.Parameter, ...]
) -> None:
    names = argument_names(takes)
    problems = [_unknown(written, key, names) for key in table if key not in names]
    lacking = [one.name for one in takes if not _may_be_left_out(one) and one.name not in table]
    problems += [_lacks(written, name) for name in lacking]
    if problems:
        raise SpecificationError(problems)


def argument_names(takes: Iterable[inspect.Parameter]) -> tuple[str, ...]:
    """What a table of them may have; what a call takes by any keyword are packages by distro."""
    return tuple(
        name
        for one in takes
        for name in (DISTRO_KEYWORDS if one.kind is one.VAR_KEYWORD else (one.name,))
    )


def _lacks(written: Written, name: str) -> Problem:
    return Problem(message=f"{written.name} has no {name}", location=written.location)


def _may_be_left_out(one: inspect.Parameter) -> bool:
    return one.default is not one.empty or one.kind in {one.VAR_POSITIONAL, one.VAR_KEYWORD}


def _unknown(written: Written, key: str, names: Iterable[str]) -> Problem:
    hint = did_you_mean(key, names) or f"it takes {', '.join(names)}"
    message = f"{written.name} has no argument {key!r}"
    return Problem(message=message, location=written.location, hint=hint)


def _argument(written: Written, name: str, value: object) -> object:
    """A value as the call takes it: a table in the place of a secret is one with its source."""
    if name not in _SECRETS:
        return _text_of(value)
    if isinstance(value, list):
        return [_secret(written, one) for one in value]
    return _secret(written, value)


def _secret(written: Written, value: object) -> object:
    if not isinstance(value, dict):
        return value
    takes = tuple(inspect.signature(secret).parameters.values())
    of_secret = Written(name="secret", value=value, location=written.location)
    _check_keys(of_secret, value, takes)
    with standing_at(written.location):
        return secret(**value)


def _text_of(value: object) -> object:
    """A day as text, which TOML can write without quotes: `snapshot = 2026-11-01`."""
    return value.isoformat() if isinstance(value, date) else value
