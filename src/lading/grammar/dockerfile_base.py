"""A base image that a Dockerfile of the project makes.

    base     := "dockerfile:" path [ "?" question ]
    question := of `context=path`, `target=stage` and `arg.NAME=value`, as a URL has them

It is one word, as every other base is: what differs in it makes another base.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote, urlencode

from lading.grammar.environment import parse_env_name, parse_env_value
from lading.grammar.invalid import Invalid
from lading.grammar.nearest import did_you_mean
from lading.grammar.path import ProjectPath
from lading.grammar.words import expect_text, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DOCKERFILE", "DockerfileBase"]

DOCKERFILE: Final = "dockerfile"
_ARGUMENT: Final = "arg."
_WORDS: Final = frozenset({"context", "target"})
_FORM: Final = f'write "{DOCKERFILE}:docker/Dockerfile?target=runtime&arg.VERSION=1"'

# Dockerfile reference, FROM: the name of a stage, or its number. No option begins so.
_STAGE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class DockerfileBase:
    """What a Dockerfile of the project makes, which nothing pins.

    Attributes:
        path: The Dockerfile.
        context: The folder that its instructions copy from, which holds it.
        target: The stage that is the base; the last one where None.
        build_args: Names and values of its build arguments, sorted.

    Raises:
        Invalid: A path is a pattern, or the context doesn't hold the Dockerfile.
    """

    path: ProjectPath
    context: ProjectPath
    target: str | None = None
    build_args: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for one in (self.path, self.context):
            if one.is_pattern:
                raise Invalid(f"{shown(str(one))} is a pattern; one path is meant here")
        if self.context.text != "." and not self.path.text.startswith(f"{self.context}/"):
            raise Invalid(
                f"the Dockerfile {self.path} is outside of its context {self.context}",
                hint='let the context hold it: context="."',
            )

    @classmethod
    def of(
        cls,
        path: str,
        *,
        context: str | None = None,
        target: str | None = None,
        build_args: Mapping[str, str] | None = None,
    ) -> DockerfileBase:
        """The base that these words mean; `context` left out is the Dockerfile's own folder.

        Raises:
            Invalid: One is not valid.
        """
        parsed = ProjectPath.parse(path)
        if parsed.text == "." or expect_text("path", path).endswith("/"):
            hint = f'name the file: "{path.rstrip("/")}/Dockerfile"'
            raise Invalid(f"{shown(path)} is a folder; a Dockerfile is meant here", hint=hint)
        folder = parsed.text.rpartition("/")[0] or "." if context is None else context
        return cls(
            path=parsed,
            context=ProjectPath.parse(folder),
            target=None if target is None else _stage(target),
            build_args=_arguments(build_args or {}),
        )

    @classmethod
    def parse(cls, text: str) -> DockerfileBase:
        """Read the one word; `str` gives it back.

        Raises:
            Invalid: It is of another form.
        """
        path, _, question = text.removeprefix(f"{DOCKERFILE}:").partition("?")
        if not path:
            raise Invalid(f"base image {shown(text)} has no path", hint=_FORM)
        try:
            pairs = parse_qsl(question, keep_blank_values=True, strict_parsing=bool(question))
        except ValueError:
            raise Invalid(f"base image {shown(text)} can't be read", hint=_FORM) from None
        asked = dict(pairs)
        if len(asked) < len(pairs):
            raise Invalid(f"base image {shown(text)} says one thing twice", hint=_FORM)
        words = {name: value for name, value in asked.items() if not name.startswith(_ARGUMENT)}
        for name in sorted(words.keys() - _WORDS):
            hint = did_you_mean(name, _WORDS) or f"a build argument is {_ARGUMENT}NAME=..."
            raise Invalid(f"base image {shown(text)} asks for {shown(name)}", hint=hint)
        arguments = {
            name.removeprefix(_ARGUMENT): value
            for name, value in pairs
            if name.startswith(_ARGUMENT)
        }
        return cls.of(path, **words, build_args=arguments)

    @property
    def file(self) -> str:
        """The Dockerfile's path in its context."""
        folder = "" if self.context.text == "." else f"{self.context}/"
        return self.path.text.removeprefix(folder)

    @property
    def familiar(self) -> str:
        """As messages name it."""
        return f"{DOCKERFILE}:{self.path}"

    def __str__(self) -> str:
        own = self.path.text.rpartition("/")[0] or "."
        asked = {} if self.context.text == own else {"context": self.context.text}
        asked |= {} if self.target is None else {"target": self.target}
        asked |= {f"{_ARGUMENT}{name}": value for name, value in self.build_args}
        question = f"?{urlencode(asked, quote_via=quote)}" if asked else ""
        return f"{self.familiar}{question}"


def _stage(text: str) -> str:
    if not _STAGE.fullmatch(expect_text("target", text)):
        raise Invalid(f"target {shown(text)} is no stage of a Dockerfile", hint='target="runtime"')
    return text


def _arguments(given: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    if not hasattr(given, "items"):
        message = f"build_args takes a mapping, not {shown(given)}"
        raise Invalid(message, hint='build_args={"VERSION": "1"}')
    return tuple(
        sorted((parse_env_name(name), _value(name, value)) for name, value in given.items())
    )


def _value(name: str, value: str) -> str:
    """One printable line, that of no secret: it is in the history of what is built with it."""
    what = f"build argument {name}"
    expect_text(what, value)
    if not value.isprintable():
        is_long = "\n" in value or "\r" in value
        found = "a line break" if is_long else "a character that can't be printed"
        raise Invalid(
            f"{what} has {found} in it",
            hint="put such text in a file of the context, which the Dockerfile copies",
        )
    try:
        return parse_env_value(value, name=name)
    except Invalid as error:
        hint = "a base takes no secrets: let a step of the Image read it, run(..., secrets=[...])"
        said = error.message.removeprefix("environment value")
        raise Invalid(f"{what}{said}", hint=hint) from None
