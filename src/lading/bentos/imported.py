"""An image as `lading import` has read it: arguments, calls, and what could not be carried over."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from lading.errors import Problem, SpecificationError
from lading.grammar.invalid import Invalid
from lading.image import Image

if TYPE_CHECKING:
    from lading.bentos.nodes import Node

__all__ = ["Imported", "Made", "line_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A call on an Image.

    Attributes:
        name: `system_packages`.
        words: Its arguments without a name.
        options: Those with one.
    """

    name: str
    words: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    def on(self, image: Image) -> Image:
        """The image after it."""
        found = getattr(image, self.name)(*self.words, **self.options)
        assert isinstance(found, Image)  # noqa: S101 - every call gives one
        return found


@dataclass(slots=True)
class Imported:
    """What was read so far; every argument and call of it is one that Lading accepts.

    Attributes:
        source: The file.
        arguments: Of the constructor.
        calls: In order.
        left: What was not carried over, and why.
        valueless: Variables that are given when the container is started, which Python can say.
    """

    source: str
    arguments: dict[str, Any] = field(default_factory=dict)
    calls: list[Made] = field(default_factory=list)
    left: list[Problem] = field(default_factory=list)
    valueless: list[Problem] = field(default_factory=list)

    def for_toml(self) -> Imported:
        """The same, with what TOML has no word for among what is left: it has no null."""
        left = sorted((*self.left, *self.valueless), key=line_of)
        return replace(self, left=left, valueless=[])

    def leave(self, node: Node, message: str, hint: str | None = None) -> None:
        """Name something as not carried over."""
        self.left.append(Problem(message=message, location=node.location, hint=hint))

    def argue(self, node: Node, name: str, value: object) -> None:
        """An argument of the constructor, where it is valid beside those so far."""
        try:
            Image(**{**self.arguments, name: value})
        except (SpecificationError, Invalid) as error:
            self._leave(node, error)
        else:
            self.arguments[name] = value

    def call(self, node: Node, name: str, *words: object, **options: object) -> bool:
        """A call, where it is valid: whether it was."""
        made = Made(name=name, words=words, options=options)
        try:
            made.on(Image(**self.arguments))
        except (SpecificationError, Invalid) as error:
            self._leave(node, error)
            return False
        self._add(made)
        return True

    def _add(self, made: Made) -> None:
        """After the others; what is said to the same call is one call."""
        last = self.calls[-1] if self.calls else None
        joined = last is not None and _join(last, made)
        if joined:
            self.calls[-1] = joined
        else:
            self.calls.append(made)

    def _leave(self, node: Node, error: SpecificationError | Invalid) -> None:
        found = error.problems[0] if isinstance(error, SpecificationError) else error
        self.leave(node, found.message, found.hint)


def line_of(problem: Problem) -> int:
    """The line of the file that something is in."""
    return problem.location.line if problem.location else 0


_VARIADIC = frozenset({"system_packages", "python_packages", "expose"})
_MAPPINGS = frozenset({"env", "label"})


def _join(one: Made, other: Made) -> Made | None:
    if one.name != other.name or one.options != other.options:
        return None
    if one.name in _VARIADIC:
        return Made(name=one.name, words=(*one.words, *other.words), options=one.options)
    if one.name in _MAPPINGS:
        return Made(name=one.name, words=({**one.words[0], **other.words[0]},))
    return None
