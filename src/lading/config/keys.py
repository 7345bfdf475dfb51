"""The keys that a project file may have, and what is wrong with those that it has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lading.config.annotations import Scalar
from lading.config.calls import ARGUMENTS, CALLS, IN_STEPS_ONLY
from lading.errors import Problem
from lading.grammar.image_name import IMAGE_NAME, IMAGE_NAME_FORM
from lading.grammar.nearest import did_you_mean
from lading.grammar.token import is_token
from lading.grammar.words import shown
from lading.project_file import SETTINGS, TOOL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lading.project_file import KeyPath, ProjectFile

__all__ = [
    "EXTENDS",
    "FROM_IMAGE",
    "MAIN",
    "MERGE",
    "MERGE_FORM",
    "NAME",
    "NAMED",
    "OF_AN_IMAGE",
    "OUTSIDE_STEPS",
    "PLATFORM",
    "PLATFORM_FORM",
    "SET",
    "STEPS",
    "WITHOUT",
    "WITH_SET",
    "meant",
    "problems",
]

MAIN: Final = "image"
"""A reference to an image in code; and what the image of the table itself is called."""

NAMED: Final = "images"
EXTENDS: Final = "extends"
FROM_IMAGE: Final = "from_image"
MERGE: Final = "merge"
"""Images, each as `extends` names one, that are put into this one."""

MERGE_FORM: Final = 'merge = ["cpu", "service:image"]'

SET: Final = "set"
"""What the parameters of an image in code are; beside a reference to it."""

STEPS: Final = "steps"
PLATFORM: Final = "platform"
"""Beside the steps that are for it."""

PLATFORM_FORM: Final = '{for_platform = {platform = "linux/arm64", steps = [{run = "make"}]}}'

NAME: Final = IMAGE_NAME
"""What an image may be called: it is a part of the name of its lock."""

OUTSIDE_STEPS: Final = tuple(name for name in CALLS if name not in IN_STEPS_ONLY)
OF_AN_IMAGE: Final = (MAIN, EXTENDS, FROM_IMAGE, MERGE, SET, *ARGUMENTS, *OUTSIDE_STEPS, STEPS)

WITHOUT: Final[Mapping[str, frozenset[str]]] = {
    MAIN: frozenset(OF_AN_IMAGE) - {MAIN, SET},
    FROM_IMAGE: frozenset({EXTENDS, *ARGUMENTS}),
}
"""What can't stand beside a key."""

WITH_SET: Final = (MAIN, EXTENDS, FROM_IMAGE)
"""What may name an image in code, whose parameters `set` is for."""


def meant(word: str, choices: Iterable[str]) -> str:
    """A hint that names what is nearest, else all that there is."""
    known = tuple(choices)
    return did_you_mean(word, known) or f"there are: {', '.join(known)}"


def problems(file: ProjectFile) -> list[Problem]:
    """All keys that mean nothing, and all tables that are none."""
    table = file.table
    found = list(_unknown(file, table, (*OF_AN_IMAGE, NAMED, *SETTINGS), ()))
    named = table.get(NAMED, {})
    if not isinstance(named, dict):
        return [*found, _problem(file, "images is not a table", (NAMED,))]
    seen: dict[str, str] = {}
    for name, value in named.items():
        found += _of_image(file, name, value)
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            message = f"images {other} and {name} differ in nothing but case"
            hint = "some disks don't tell their locks apart: give each another name"
            found.append(_problem(file, message, (NAMED, name), hint))
    return found


def _of_image(file: ProjectFile, name: str, value: object) -> Iterator[Problem]:
    keys = (NAMED, name)
    if is_token(name):
        yield _problem(file, "an image is called by a token, by its looks", keys, IMAGE_NAME_FORM)
        return
    if name == MAIN or not re.fullmatch(NAME, name):
        hint = "the table above it is the one called image" if name == MAIN else IMAGE_NAME_FORM
        yield _problem(file, f"no image can be called {shown(name)}", keys, hint)
    if isinstance(value, dict):
        yield from _unknown(file, value, OF_AN_IMAGE, keys)
    elif not isinstance(value, str):
        hint = f'write {name} = "service:image", or a table'
        yield _problem(file, f"image {name!r} is neither a reference nor a table", keys, hint)


def _unknown(
    file: ProjectFile, table: Mapping[str, object], known: tuple[str, ...], keys: KeyPath
) -> Iterator[Problem]:
    for key in table:
        if key in IN_STEPS_ONLY:
            hint = f"keys have no order, and steps have: steps = [{{{key} = ...}}]"
            yield _problem(file, f"{key} stands outside of steps", (*keys, key), hint)
        elif key not in known:
            what = "a key that is a token by its looks" if is_token(key) else f"no key {key!r}"
            message = f"{file.title(*keys)} has {what}"
            hint = _hint(file, keys, key, known)
            yield _problem(file, message, (*keys, key), hint)
    if MAIN in table:
        yield from _beside_reference(file, table, keys)
    elif FROM_IMAGE in table:
        yield from _of_the_image_below(file, table, keys)
    if MERGE in table:
        yield from _merged(file, table[MERGE], (*keys, MERGE))
    if SET in table:
        yield from _settings(file, table, (*keys, SET))


def _hint(file: ProjectFile, keys: KeyPath, key: str, known: tuple[str, ...]) -> str:
    """What is meant by an unknown key."""
    above = file.table.get(key)
    if file.is_own and not keys and key == TOOL[0] and isinstance(above, dict) and TOOL[1] in above:
        return f"{file.path.name} has the same keys without {'.'.join(TOOL)}"
    return did_you_mean(key, known) or "`lading schema` has all of them"


def _of_the_image_below(
    file: ProjectFile, table: Mapping[str, object], keys: KeyPath
) -> Iterator[Problem]:
    for key in table:
        if key not in WITHOUT[FROM_IMAGE]:
            continue
        if key == EXTENDS:
            message = f"{EXTENDS} stands beside {FROM_IMAGE}, and each says what is built on"
            hint = f"{FROM_IMAGE} keeps the other's layers, and {EXTENDS} adds to its steps"
        else:
            message = f"{key} is that of the image below, which {FROM_IMAGE} names"
            hint = "write it there"
        yield _problem(file, message, (*keys, key), hint)


def _merged(file: ProjectFile, value: object, keys: KeyPath) -> Iterator[Problem]:
    if isinstance(value, str):
        return
    if not isinstance(value, list):
        message = f"{MERGE} is {shown(value)}, and no array of images"
        yield _problem(file, message, keys, MERGE_FORM)
        return
    if not value:
        yield _problem(file, f"{MERGE} names no image", keys, MERGE_FORM)
    for index, one in enumerate(value):
        if not isinstance(one, str):
            yield _problem(file, f"{shown(one)} names no image", (*keys, index), MERGE_FORM)


def _settings(file: ProjectFile, table: Mapping[str, object], keys: KeyPath) -> Iterator[Problem]:
    references = (table.get(key) for key in WITH_SET)
    reference = next((one for one in references if one is not None), None)
    values = table[SET]
    if not isinstance(reference, str) or ":" not in reference:
        hint = 'image = "service:image" beside it, where that is a function with parameters'
        if MERGE in table:
            hint = "give the function a name under images, with its set, and merge that"
        yield _problem(file, "set is there, and no image in code beside it", keys, hint)
    if not isinstance(values, dict):
        yield _problem(file, "set is not a table", keys, 'set = {cuda = "12.6"}')
        return
    for name, value in values.items():
        if not isinstance(value, Scalar):
            message = f"set {name} is {shown(value)}, and neither text, a number nor a flag"
            yield _problem(file, message, (*keys, name))


def _beside_reference(
    file: ProjectFile, table: Mapping[str, object], keys: KeyPath
) -> Iterator[Problem]:
    for key in table:
        if key in WITHOUT[MAIN]:
            message = f"{key} stands beside image, which is an image in code with all its calls"
            hint = f"write it there; or {EXTENDS} in place of {MAIN} to add to that image here"
            yield _problem(file, message, (*keys, key), hint)


def _problem(file: ProjectFile, message: str, keys: KeyPath, hint: str | None = None) -> Problem:
    return Problem(message=message, location=file.location(*keys), hint=hint)
