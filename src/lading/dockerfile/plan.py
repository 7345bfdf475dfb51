"""The stages of a Dockerfile while they are being written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lading.dockerfile import instructions as docker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.dockerfile.instructions import Instruction

__all__ = ["Plan"]


@dataclass(slots=True)
class _Stage:
    """One stage."""

    begin: docker.From
    remark: str | None = None
    body: list[Instruction] = field(default_factory=list)

    def instructions(self) -> list[Instruction]:
        remark = [docker.Comment(text=self.remark)] if self.remark else []
        return [*remark, self.begin, *self.body]


class Plan:
    """The image's own stage, cut where something is made beside it, and the stages beside it."""

    def __init__(self, image: str) -> None:
        """Begin on top of an image."""
        self._stages = [_Stage(docker.From(image=image))]
        self._names: dict[str, int] = {}
        self._title: str | None = None

    def title(self, text: str | None) -> None:
        """Say what the next instructions of the image are about."""
        self._title = text

    def add(self, *instructions: Instruction) -> None:
        """Go on with the image."""
        body = self._image().body
        if self._title is not None and instructions:
            body += (docker.Blank(), docker.Comment(text=self._title))
            self._title = None
        body += instructions

    def cut(self) -> str:
        """The name of a stage that holds the image so far; what is added goes on top of it."""
        stage = self._image()
        first = stage is self._stages[0]
        if not stage.body and not first:
            return stage.begin.image
        name = self._name("base" if first else "image")
        stage.begin = replace(stage.begin, stage=name)
        self._stages.append(_Stage(docker.From(image=name)))
        return name

    def beside(
        self, image: str, instructions: Iterable[Instruction], *, name: str, remark: str
    ) -> str:
        """Write a stage on top of `image`, before what is added to the image next.

        Returns:
            The stage's name: `name`, or that with a number where it is taken.
        """
        found = self._name(name)
        stage = _Stage(docker.From(image=image, stage=found), remark, list(_once(instructions)))
        self._stages.insert(len(self._stages) - 1, stage)
        return found

    def instructions(self) -> tuple[Instruction, ...]:
        """The whole file."""
        found: list[Instruction] = []
        for stage in self._stages:
            found += (*([docker.Blank()] if found else []), *stage.instructions())
        return tuple(found)

    def _image(self) -> _Stage:
        return self._stages[-1]

    def _name(self, name: str) -> str:
        self._names[name] = number = self._names.get(name, 0) + 1
        return name if number == 1 else f"{name}-{number}"


def _once(instructions: Iterable[Instruction]) -> Iterator[Instruction]:
    """What was copied into a stage is there already."""
    copied: set[Instruction] = set()
    for one in instructions:
        if one not in copied:
            yield one
        if isinstance(one, docker.Copy):
            copied.add(one)
