"""The files of an image's models: found and hashed in the project, and each pinned by the lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from lading.errors import Problem
from lading.grammar.invalid import Invalid
from lading.grammar.words import no_control, shown
from lading.image import steps
from lading.image.spans import settings
from lading.lock.model import InputModel
from lading.searching import Search
from lading.store.sizes import format_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from lading.image import Image
    from lading.lock.model import Inputs
    from lading.trees import TreeFile

    Describe: TypeAlias = Callable[[str, Path], TreeFile]
    Models: TypeAlias = tuple[tuple[steps.Model, tuple[TreeFile, ...]], ...]

__all__ = ["model_drift", "model_inputs", "read_models", "without_models"]

_SHOWN = 12


def read_models(image: Image, project: Path, describe: Describe, problems: list[Problem]) -> Models:
    """The files of each model, sorted by their paths in the project.

    Args:
        image: What is wanted.
        project: The project's folder.
        describe: Hashes a file, or knows its digest.
        problems: Told what is missing, leaves the project, or can't be read or written down.
    """
    root = project.resolve()
    known: dict[str, TreeFile] = {}
    found = []
    for step in settings(image.steps, steps.Model):
        search = Search.without(root, step.exclude)
        sources: dict[str, Path] = {}
        for pattern in step.patterns:
            try:
                sources |= search.files(pattern.text)
            except Invalid as error:
                problems.append(_placed(error, step))
        known |= dict(_described(sources, known, describe, step, problems))
        found.append((step, tuple(known[name] for name in sorted(sources) if name in known)))
    return tuple(found)


def _described(
    sources: dict[str, Path],
    known: dict[str, TreeFile],
    describe: Describe,
    step: steps.Model,
    problems: list[Problem],
) -> Iterator[tuple[str, TreeFile]]:
    for name in sorted(sources.keys() - known.keys()):
        try:
            yield _writable(name), describe(name, sources[name])
        except Invalid as error:
            problems.append(_placed(error, step))


def _writable(name: str) -> str:
    """The name, which must be one that a line of the lock can hold."""
    hint = "rename or exclude it"
    try:
        no_control(name, "the name of the file")
    except Invalid as error:
        raise Invalid(error.message, hint=hint) from None
    if name.startswith("-"):
        raise Invalid(f'the name of the file {shown(name)} begins with "-"', hint=hint)
    return name


def _placed(error: Invalid, step: steps.Model) -> Problem:
    return Problem(message=error.message, hint=error.hint, location=step.location)


def model_inputs(models: Models) -> tuple[InputModel, ...]:
    """The files of all models, each once."""
    files = {file.path: file for _, found in models for file in found}
    return tuple(
        InputModel(path=path, sha256=files[path].sha256, size=files[path].size)
        for path in sorted(files)
    )


def without_models(inputs: Inputs) -> Inputs:
    """What of the inputs anything is resolved for: no file of a model changes a version."""
    import msgspec  # noqa: PLC0415 - the model has brought it already

    return msgspec.structs.replace(inputs, models=())


def model_drift(old: Sequence[InputModel], new: Sequence[InputModel]) -> Iterator[str]:
    """What no longer fits between the files that are locked and those that are there."""
    before, after = _by_path(old), _by_path(new)
    for path, one in after.items():
        if path not in before:
            yield f"{path}, a file of a model, is not locked"
        elif one != before[path]:
            yield f"{path} has changed: {_changed(before[path], one)}"
    for path in before:
        if path not in after:
            yield f"{path} is locked, and no file of a model any more"


def _by_path(files: Iterable[InputModel]) -> dict[str, InputModel]:
    return {one.path: one for one in files}


def _changed(locked: InputModel, there: InputModel) -> str:
    if locked.sha256 == there.sha256:  # somebody has edited the lock
        return f"{locked.size} bytes are locked, {there.size} are there"
    return f"{_said(locked)} is locked, {_said(there)} is there"


def _said(file: InputModel) -> str:
    return f"sha256:{file.sha256[:_SHOWN]}… ({format_size(file.size)})"
