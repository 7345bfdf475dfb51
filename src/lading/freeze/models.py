"""The files of models, cut into layers: by rules that move no file when another one changes.

A file larger than a certain size is a layer alone. The others are together with those whose names
have the same hash in its first bits, as many bits as it takes for no layer to be larger. So the
content of a file decides its own layer and no other, and one file more or less decides one, which
is split where it would be too large, or joined with its neighbour where it is small enough. The
size begins small, so that weights are apart from what is edited beside them, and doubles while
there would be more layers than an image has room for. That is the price of a bound: the file that
takes the last room makes layers anew.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lading.errors import FreezeError, Problem
from lading.freeze.folder import Content
from lading.grammar.size import written_size
from lading.image import steps
from lading.image.container import workdir_of
from lading.image.spans import spans
from lading.info import ContextFile, CopyFiles, RunCommand, RunScript
from lading.info.layout import model_path
from lading.lock.target import VENV

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import TypeAlias

    from lading.image import Image
    from lading.info import ImageInfo
    from lading.lock.models import Models
    from lading.trees import TreeFile

    _Known: TypeAlias = tuple[str, bool]  # the SHA-256, and whether it is a program

__all__ = ["MOST_LAYERS", "FrozenModels", "Part", "cut", "cut_all", "frozen_models"]

MOST_LAYERS: Final = 32
"""How many layers the models of an image are at most. With the 40 that the rest of it is put into,
and a base of some 10, an image stays well below the 127 that overlay drivers stack."""

_SMALLEST: Final = 64 << 20
"""In bytes; a larger file is worth a layer of its own while there is room for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The files of one layer.

    Attributes:
        name: Follows from the names of the files, or from what these names have in common.
        files: They, sorted by their paths.
    """

    name: str
    files: tuple[TreeFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenModels:
    """What an image copies for its models.

    Attributes:
        copies: By the number of the span, counted from 1, a step for each layer.
        contents: By path in the frozen folder, the files.
        lines: By path in the project, the user's line that makes a file a model's.
    """

    copies: Mapping[int, tuple[CopyFiles, ...]] = field(default_factory=dict)
    contents: Mapping[str, Content] = field(default_factory=dict)
    lines: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """One call, and what it copies.

    Attributes:
        step: The call.
        span: Where it stands among the image's commands, from 1.
        place: Which of the models there it is, from 1.
        destination: The folder that its files go below.
        files: They, but for those that are at the same place by then.
    """

    step: steps.Model
    span: int
    place: int
    destination: str
    files: tuple[TreeFile, ...]


def frozen_models(
    image: Image,
    models: Models,
    at: Callable[[Iterable[steps.Step]], tuple[str, ...]],
    below: ImageInfo | None = None,
) -> FrozenModels:
    """The models of an image.

    Args:
        image: The image.
        models: The files of each model, in the order of the calls.
        at: Gives the user's lines of steps.
        below: The image that it is put on; what that has is not copied again.

    Raises:
        FreezeError: They are more layers than an image has room for, or go where the environment
            of the Python packages is made later; all such together.
    """
    calls = tuple(_calls(image, models, _copied(below) if below else {}))
    if any(isinstance(step, steps.PythonStep) for step in image.steps):
        _refuse_in_environment(models, workdir_of(image))
    copies: dict[int, tuple[CopyFiles, ...]] = {}
    contents: dict[str, Content] = {}
    parts = cut_all([(one.files, one.step.layer_size) for one in calls])
    _refuse_too_many(calls, parts)
    for one, cuts in zip(calls, parts, strict=True):
        for part in cuts:
            copy = _copy(one, part, at([one.step]))
            copies[one.span] = (*copies.get(one.span, ()), copy)
            contents |= {f"{copy.source}/{file.path}": _content(file) for file in part.files}
    lines: dict[str, str] = {}
    for step, files in models:
        lines |= dict.fromkeys((file.path for file in files), at([step])[0])
    return FrozenModels(copies=copies, contents=contents, lines=lines)


def _calls(image: Image, models: Models, below: Mapping[str, _Known]) -> Iterator[_Call]:
    files = iter(models)
    done = len(spans(image.below.steps)) if image.below else 0
    for number, span in enumerate(spans(image.steps), start=1):
        found = [(step, next(files)[1]) for step in span.models]
        if number <= done:  # an image below has its own layers
            continue
        # A command may have changed what was there before it.
        there = dict(below) if number == done + 1 else {}
        for place, (step, named) in enumerate(found, start=1):
            destination = step.to.text if step.to else workdir_of(image)
            known = {_path(destination, one): (one.sha256, one.executable) for one in named}
            own = tuple(
                one
                for one, (path, what) in zip(named, known.items(), strict=True)
                if there.get(path) != what
            )
            there |= known
            yield _Call(step=step, span=number, place=place, destination=destination, files=own)


def _copied(info: ImageInfo) -> dict[str, _Known]:
    """By path in an image, the files that it has as they were copied there last."""
    found: dict[str, _Known] = {}
    for step in info.steps:
        if isinstance(step, CopyFiles):
            found |= {
                _path(step.destination, one): (one.sha256, one.executable) for one in step.files
            }
        elif isinstance(step, RunCommand | RunScript):
            found.clear()
    return found


def _path(folder: str, file: TreeFile | ContextFile) -> str:
    return f"{folder.rstrip('/')}/{file.path}"


def _copy(call: _Call, part: Part, at: tuple[str, ...]) -> CopyFiles:
    return CopyFiles(
        source=model_path(call.span, call.place, part.name),
        destination=call.destination,
        files=tuple(
            ContextFile(path=one.path, sha256=one.sha256, size=one.size, executable=one.executable)
            for one in part.files
        ),
        model=True,
        at=at,
    )


def _content(file: TreeFile) -> Content:
    return Content(
        source=file.source, executable=file.executable, sha256=file.sha256, size=file.size
    )


def cut_all(
    models: Sequence[tuple[Sequence[TreeFile], int]], *, most: int = MOST_LAYERS
) -> list[tuple[Part, ...]]:
    """The layers of all models: as small as they may be without being more than there is room for.

    Args:
        models: The files of each, and how many bytes several of them may have in one layer.
        most: How many layers there is room for; where larger layers are not allowed, there may be
            more.
    """
    size = _SMALLEST
    while True:
        parts = [cut(files, min(size, largest)) for files, largest in models]
        if sum(map(len, parts)) <= most or all(size >= largest for _, largest in models):
            return parts
        size *= 2


def cut(files: Sequence[TreeFile], size: int) -> tuple[Part, ...]:
    """The layers of a model, the largest files' first: what changes daily is rather small.

    Args:
        files: Those of the model.
        size: How many bytes several files may have together.
    """
    alone = [one for one in files if one.size > size]
    alone.sort(key=lambda one: (-one.size.bit_length(), one.path))
    others = {_bits(one.path): one for one in files if one.size <= size}
    return (
        *(Part(name=_named(one.path), files=(one,)) for one in alone),
        *_together(others, size, ""),
    )


def _together(files: Mapping[str, TreeFile], size: int, bits: str) -> Iterator[Part]:
    """The files whose hashes begin with these bits, in as many layers as it takes."""
    if len(files) > 1 and sum(one.size for one in files.values()) > size:
        for more in (f"{bits}0", f"{bits}1"):
            some = {key: one for key, one in files.items() if key.startswith(more)}
            yield from _together(some, size, more)
    elif files:
        yield Part(name=f"together{bits and '-'}{bits}", files=tuple(files.values()))


def _bits(path: str) -> str:
    return f"{int(hashlib.sha256(path.encode()).hexdigest(), 16):0256b}"


def _named(path: str) -> str:
    return hashlib.sha256(path.encode()).hexdigest()[:16]


def _refuse_in_environment(models: Models, workdir: str) -> None:
    """Refuse also what the image below has there, on which the environment would be made."""
    problems = [
        Problem(
            message=f"the model's {one.path} would go into {VENV}, which is made after it",
            location=step.location,
            hint="put it elsewhere: what changes seldom comes before the packages",
        )
        for step, files in models
        for one in files[:1]
        if _path(step.to.text if step.to else workdir, one).startswith(f"{VENV}/")
    ]
    if problems:
        raise FreezeError(problems)


def _refuse_too_many(calls: Sequence[_Call], parts: Sequence[tuple[Part, ...]]) -> None:
    count = sum(map(len, parts))
    if count <= MOST_LAYERS:
        return
    place = max(range(len(calls)), key=lambda one: len(parts[one]))
    step = calls[place].step
    others = count - len(parts[place])
    enough = written_size(_enough(calls[place], MOST_LAYERS - others))
    raise FreezeError(
        Problem(
            message=f"the models are {count} layers where layer_size is "
            f"{written_size(step.layer_size)}, and an image has room for {MOST_LAYERS}",
            location=step.location,
            hint=f'let them be larger, as far as the registry takes that: layer_size="{enough}"',
        )
    )


def _enough(call: _Call, most: int) -> int:
    """How large the layers of a model have to be for there to be no more of them."""
    size, whole = call.step.layer_size, sum(one.size for one in call.files)
    while size < whole and len(cut(call.files, size)) > most:
        size *= 2
    return size
