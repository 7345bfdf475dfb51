"""What an image is built on: an image of a registry, a file or folder, a Dockerfile, or nothing.

    base      := "scratch" | kind ":" path | dockerfile | reference
    kind      := "oci" | "oci-archive" | "docker-archive"
    path      := of the project, as `ProjectPath` has it, without ":"
    reference := as `ImageReference` has it
    dockerfile := as `DockerfileBase` has it

The kinds are skopeo's transports. `oci:base` is therefore a folder, and never the image `oci` with
the tag `base`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from lading.grammar.dockerfile_base import DOCKERFILE, DockerfileBase
from lading.grammar.invalid import Invalid
from lading.grammar.nearest import nearest
from lading.grammar.path import ProjectPath
from lading.grammar.reference import ImageReference
from lading.grammar.words import expect_text, shown

__all__ = ["KINDS", "SCRATCH", "BaseImage", "LocalImage", "LocalKind", "Scratch", "parse_base"]

LocalKind: TypeAlias = Literal["oci", "oci-archive", "docker-archive"]

KINDS: Final[tuple[LocalKind, ...]] = get_args(LocalKind)

# Transports of other tools, and what says the same here.
_FOREIGN: Final[dict[str, str | None]] = {
    "dir": "oci",
    "oci-dir": "oci",
    "oci-layout": "oci",
    "ocidir": "oci",
    "containers-storage": None,
    "docker-daemon": None,
}
_SCHEME: Final = re.compile(r"(?P<word>[A-Za-z][A-Za-z_-]*):(?P<rest>.+)", re.DOTALL)
_ARCHIVE: Final = re.compile(r"\.(tar|tgz)(\.[a-z0-9]+)?\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class LocalImage:
    """An image that is a file or a folder of the project.

    Attributes:
        kind: `oci` is an image layout, `oci-archive` one in a tar file, and `docker-archive` what
            `docker save` writes.
        path: Where it is.

    Raises:
        Invalid: The path is a pattern, or has a colon in it.
    """

    kind: LocalKind
    path: ProjectPath

    def __post_init__(self) -> None:
        if self.path.is_pattern:
            raise Invalid(f"base image {shown(str(self))} is a pattern; one image is meant here")
        if ":" in self.path.text:
            path = self.path.text.partition(":")[0]
            raise Invalid(
                f"the path of base image {shown(str(self))} has a colon in it",
                hint=f"write {shown(f'{self.kind}:{path}')}, without a tag: the file or folder "
                "holds one image",
            )

    @property
    def familiar(self) -> str:
        """As messages name it."""
        return str(self)

    def __str__(self) -> str:
        return f"{self.kind}:{self.path}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Scratch:
    """Nothing: an image without a file, a user or a shell."""

    @property
    def familiar(self) -> str:
        """As messages name it."""
        return str(self)

    def __str__(self) -> str:
        return "scratch"


SCRATCH: Final = Scratch()

BaseImage: TypeAlias = ImageReference | LocalImage | DockerfileBase | Scratch


def parse_base(text: str) -> BaseImage:
    """The base image that `text` names; `str` of it is its one canonical text.

    Raises:
        Invalid: It names none.
    """
    word = expect_text("base image", text)
    if word == str(SCRATCH):
        return SCRATCH
    if word.startswith(f"{DOCKERFILE}:"):
        return DockerfileBase.parse(word)
    match = _SCHEME.fullmatch(word)
    if match is not None:
        for kind in KINDS:
            if match["word"] == kind:
                return _local(kind, match["rest"])
        _refuse_other_kind(match["word"], match["rest"])
    elif word.rstrip(":") in KINDS and word.endswith(":"):
        raise Invalid(f"base image {shown(word)} has no path", hint=f'write "{word}images/base"')
    return _reference(word)


def _local(kind: LocalKind, path: str) -> LocalImage:
    if path.startswith("//"):
        rest = path.lstrip("/")
        raise Invalid(
            f"base image {shown(f'{kind}:{path}')} has a URL scheme",
            hint=f"write {shown(f'{kind}:{rest}')}" if rest else None,
        )
    try:
        return LocalImage(kind=kind, path=ProjectPath.parse(path))
    except Invalid as error:
        message = error.message.replace(
            f"path {shown(path)}", f"base image {shown(f'{kind}:{path}')}", 1
        )
        raise Invalid(message, hint=error.hint) from None


def _refuse_other_kind(word: str, rest: str) -> None:
    """Refuse another tool's kind and a mistyped one, which would pass for an image with a tag.

    `python:3.11` is an image, whatever it is like, and `oci-test:5000/image` has a registry: only
    what goes on as a path does is refused.
    """
    if re.match(r"[0-9]+/|//", rest):
        return
    looks_local = "/" in rest or _ARCHIVE.search(rest) is not None
    known_words = (*KINDS, DOCKERFILE)
    meant = nearest(word.lower().replace("_", "-"), known_words) if looks_local else None
    if word not in _FOREIGN and meant is None:
        return
    known = _FOREIGN.get(word, meant)
    raise Invalid(
        f"base image {shown(f'{word}:{rest}')} is of a kind that is not known",
        hint=f"did you mean {shown(f'{known}:{rest}')}?"
        if known
        else 'save the image to a file, and name that: "docker-archive:base.tar"',
    )


def _reference(word: str) -> ImageReference:
    try:
        found = ImageReference.parse(word)
    except Invalid as error:
        if error.hint is None and _ARCHIVE.search(word) and ":" not in word:
            path = word.removeprefix("./")
            hint = f"for a file, write {shown(f'oci-archive:{path}')} or "
            hint += shown(f"docker-archive:{path}")
            raise Invalid(error.message, hint=hint) from None
        raise
    if found.domain == "docker.io" and found.path == "library/scratch":
        # No registry may have an image of this name.
        raise Invalid(
            f"base image {shown(word)} is a reserved name, and no image",
            hint='write "scratch" to start from nothing',
        )
    return found
