"""What `lading build` was asked for, and which way of building that asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from lading.cli.failure import Misused
from lading.grammar.invalid import Invalid
from lading.grammar.reference import ImageReference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from lading.cli.destinations import Destination
    from lading.grammar.base import BaseImage
    from lading.grammar.dialect import Dialect
    from lading.oci.media_types import Vocabulary
    from lading.platforms import Platform
    from lading.secret_values import SecretSource

__all__ = [
    "AUTO",
    "NAME",
    "PLATFORM",
    "WITHOUT",
    "Order",
    "checked_tags",
    "listed",
    "parse_tag",
    "tag_of",
]

AUTO: Final = "auto"
WITHOUT: Final = "oci"
NAME: Final = "{name}"
"""What a tag has in place of the name of an image."""

PLATFORM: Final = "{platform}"
"""What a tag has in place of the platform, as `linux-amd64`."""

# What only a container engine heeds, and what only an image made without one can be or become.
_OF_ENGINES: Final = {
    "no_cache": "--no-cache",
    "build_args": "--build-arg",
    "network": "--network",
    "dialect": "--dialect",
    "vendor": "--vendor",
    "context": "--context",
    "engine_options": "the words after `--`",
}
_OF_IMAGES: Final = {"output": "--output", "media_types": "--media-types"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The words of one `lading build`.

    Attributes:
        every: Whether all images are built that TARGET stands for.
        tags: With `{name}` for what the image is called, until it is known.
        given: The names of the options that the command line has.
        engine: `auto`, `oci` for none, or a container engine's name.
        engine_options: What stands after `--`.

    The others are the options of these names.
    """

    target: str
    every: bool
    project: str | None
    base_image: BaseImage | None
    allow_unpinned_base: bool
    ca_bundle: str | None
    plain_http: tuple[str, ...]
    platforms: tuple[Platform, ...]
    tags: tuple[str, ...]
    output: Destination | None
    push: bool
    load: bool
    media_types: Vocabulary | None
    engine: str
    no_cache: bool
    build_args: tuple[tuple[str, str | None], ...]
    secrets: tuple[SecretSource, ...]
    network: Literal["host", "none"] | None
    dialect: Dialect
    vendor: bool
    context: Path | None
    locked: bool
    offline: bool
    strict: bool
    quiet: bool
    as_json: bool
    engine_options: tuple[str, ...]
    given: frozenset[str]

    def __post_init__(self) -> None:
        if self.push and not self.tags:
            raise Misused("--push: an image without a tag can't be pushed", hint="name it: -t REF")
        if self.engine == WITHOUT and self.of_engines:
            raise Misused(
                f"--engine oci: only a container engine heeds {listed(self.of_engines)}",
                hint="leave that out, or name a container engine",
            )
        if self.engine not in {AUTO, WITHOUT} and self.of_images:
            raise Misused(
                f"{listed(self.of_images)}: not with a container engine", hint=_hint(self)
            )
        if self.output and self.output.kind == "docker-archive" and len(self.platforms) > 1:
            raise Misused(
                "--output: a docker archive holds an image for one platform",
                hint=f"write an OCI archive: -o oci-archive:{self.output.path.name}",
            )
        if self.of_engines and self.of_images:
            raise Misused(
                f"{listed(self.of_images)}: not with a container engine, which alone heeds "
                f"{listed(self.of_engines)}",
                hint="leave one of them out",
            )

    def called(self, name: str) -> Order:
        """What is asked for of the image that is called so.

        Raises:
            Misused: A tag can't have the name in it.
        """
        return replace(self, tags=tuple(tag_of(one, {NAME: name}) for one in self.tags))

    @property
    def of_engines(self) -> tuple[str, ...]:
        """What it has that only a container engine heeds."""
        return _among(_OF_ENGINES, self.given)

    @property
    def of_images(self) -> tuple[str, ...]:
        """What it has that only an image can be that is made without an engine."""
        several = ("several platforms",) if len(self.platforms) > 1 else ()
        return (*_among(_OF_IMAGES, self.given), *several)

    @property
    def needs_engine(self) -> bool:
        """Whether its words alone ask for a container engine."""
        return self.engine not in {AUTO, WITHOUT} or bool(self.of_engines)

    @property
    def engine_name(self) -> str | None:
        """The container engine that it names."""
        return None if self.engine in {AUTO, WITHOUT} else self.engine


def _hint(order: Order) -> str:
    if order.output is None:
        return "leave out --engine"
    return "it keeps the image itself; --context DIR is where the build context goes"


def _among(options: Mapping[str, str], given: frozenset[str]) -> tuple[str, ...]:
    return tuple(written for name, written in options.items() if name in given)


def parse_tag(word: str, words: Sequence[str] = (NAME,)) -> str:
    """A tag, which may have these words in it for what is not known yet.

    Raises:
        Invalid: It is none, or has a digest.
    """
    if ImageReference.parse(_filled(word, dict.fromkeys(words, "x"))).digest is not None:
        raise Invalid(
            f"{word} has a digest, which only a finished image can have",
            hint=f"write {word.partition('@')[0]}",
        )
    return word


def tag_of(tag: str, values: Mapping[str, str]) -> str:
    """The tag with these values in place of the words.

    Raises:
        Misused: One of them can't be in a tag, as upper case in the name of a repository.
    """
    found = _filled(tag, values)
    try:
        ImageReference.parse(found)
    except Invalid as error:
        written = f" (of {tag})" if found != tag else ""
        raise Misused(f"--tag: {error.message}{written}", hint=error.hint) from None
    return found


def _filled(tag: str, values: Mapping[str, str]) -> str:
    for word, value in values.items():
        tag = tag.replace(word, value)
    return tag


def checked_tags(tags: Sequence[str], names: Sequence[str]) -> None:
    """Refuse a tag that several images would have to share.

    Raises:
        Misused: There is one.
    """
    for tag in tags:
        if NAME not in tag and len(names) > 1:
            raise Misused(
                f"--tag: {tag} names one image, and these are {len(names)}: {', '.join(names)}",
                hint=f"write {NAME} where the name of each goes, as in registry.example/{NAME}:1",
            )


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last
