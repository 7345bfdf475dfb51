"""The context of a Dockerfile of the project, as the files that an engine is given of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.bases.stages import check_stage
from lading.errors import ImageError
from lading.grammar.invalid import Invalid
from lading.grammar.nearest import did_you_mean
from lading.trees import TreeFile, Walk, describe, digest_of, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lading.grammar.dockerfile_base import DockerfileBase

__all__ = ["DockerContext", "read_context"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerContext:
    """What a Dockerfile may copy, itself among it.

    Attributes:
        files: By path in the context, sorted. Its `.dockerignore` is one of them, for the engine.
        digest: Of their names, contents and executable bits.
    """

    files: tuple[TreeFile, ...]
    digest: str


def read_context(base: DockerfileBase, project: Path) -> DockerContext:
    """The context of a base, as it is now.

    Histories, environments, caches and frozen folders are no part of it, as of no project.

    Raises:
        ImageError: There is no such folder, Dockerfile or stage, or a file leaves the project.
    """
    root = project.resolve()
    name = "" if base.context.text == "." else base.context.text
    start = f"{name}/" if name else ""
    try:
        found = tuple(
            describe(path.removeprefix(start), real, shown=path)
            for path, real in _walked(root, name)
        )
    except Invalid as error:
        raise ImageError(f"base image {base.familiar}: {error.message}", hint=error.hint) from None
    paths = [file.path for file in found]
    if base.file not in paths:
        hint = did_you_mean(base.path.text, [f"{start}{path}" for path in paths])
        raise ImageError(f"base image {base.familiar}: there is no {base.path}", hint=hint)
    _check_target(base, root)
    files = tuple(sorted(found, key=lambda file: file.path))
    return DockerContext(files=files, digest=f"sha256:{digest_of(files)}")


def _walked(root: Path, name: str) -> Iterator[tuple[str, Path]]:
    try:
        is_file = (root / name).is_file()
    except OSError as error:  # a folder above it is closed
        raise unreadable(name, error) from None
    if is_file:
        raise Invalid(f"{name} is not a folder")
    yield from Walk(root=root).files(name)


def _check_target(base: DockerfileBase, root: Path) -> None:
    # podman-build(1): a file that ends in `.in` is preprocessed, and may include its stages.
    preprocessed = base.path.text.endswith(".in")
    # BuildKit: this build argument names the frontend that reads the file.
    if base.target is None or preprocessed or "BUILDKIT_SYNTAX" in dict(base.build_args):
        return
    try:
        text = (root / base.path.text).read_text("utf-8-sig", errors="replace")
        check_stage(text, base.target)
    except OSError as error:
        why = unreadable(base.path.text, error)
        raise ImageError(f"base image {base.familiar}: {why}") from None
    except Invalid as error:
        raise ImageError(f"base image {base.familiar}: {error.message}", hint=error.hint) from None
