"""How a base is built that a Dockerfile of the project makes: first, and by the engine."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from lading.grammar.base import parse_base
from lading.grammar.dockerfile_base import DockerfileBase
from lading.info.layout import BASE_CONTEXT

if TYPE_CHECKING:
    from lading.info import ImageInfo

__all__ = ["base_command", "dockerfile_of"]


def dockerfile_of(info: ImageInfo) -> DockerfileBase | None:
    """What makes the base; None of a base that is there already."""
    base = parse_base(info.base.reference)
    return base if isinstance(base, DockerfileBase) else None


def base_command(info: ImageInfo) -> str:
    """The command that builds it, for a person in the frozen folder."""
    base = dockerfile_of(info)
    assert base is not None  # noqa: S101 - the caller's question
    words = ["docker", "build", "--platform", info.platform, "--tag", str(info.base_built)]
    words += ["--file", f"{BASE_CONTEXT}/{base.file}"]
    words += ["--target", base.target] if base.target is not None else []
    for name, value in base.build_args:
        words += ["--build-arg", f"{name}={value}"]
    return shlex.join((*words, BASE_CONTEXT))
