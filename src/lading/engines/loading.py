"""Handing finished images to container engines, which have names and storages of their own."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lading import process
from lading.engines.engine import ask
from lading.engines.redaction import without_credentials
from lading.errors import BuildError, Problem
from lading.grammar.reference import ImageReference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lading.oci.blobs import Artifact

__all__ = ["LOADERS", "Loader", "find_loader", "first_loader", "load"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loader:
    """An engine that takes a docker archive.

    Attributes:
        name: The program.
        answers: The words of a question that it answers where it can work.
        takes: The words that come before the archive's path.
        has: Those that come before an image's id, and fail where it has no such image; none where
            it knows images by something else.
        local: The registry that names without one are given.
    """

    name: str
    answers: tuple[str, ...]
    takes: tuple[str, ...]
    has: tuple[str, ...] = ()
    local: str = "docker.io"

    def names(self, tags: Sequence[str]) -> tuple[str, ...]:
        """The tags as this engine keeps them."""
        return tuple(_named(tag, self.local) for tag in tags)


_LOCALHOST: Final = "localhost"

LOADERS: Final = (
    Loader(
        name="docker",
        answers=("version", "--format", "{{.Server.Version}}"),
        takes=("load", "--quiet", "--input"),
        has=("image", "inspect", "--format", "{{.Id}}"),
    ),
    # As in its builds, a name without a registry is its own machine's.
    Loader(
        name="podman",
        answers=("info",),
        takes=("load", "--quiet", "--input"),
        has=("image", "exists"),
        local=_LOCALHOST,
    ),
    Loader(
        name="buildah",
        answers=("info",),
        takes=("pull", "--quiet"),
        has=("inspect", "--type", "image", "--format", "{{.FromImageID}}"),
        local=_LOCALHOST,
    ),
    Loader(name="nerdctl", answers=("info",), takes=("load", "--quiet", "--input")),
)


def first_loader(environment: Mapping[str, str]) -> Loader | None:
    """The first engine that can take an image here, if any can."""
    return next((one for one in LOADERS if _trouble(one, environment) is None), None)


def find_loader(environment: Mapping[str, str]) -> Loader:
    """The first engine that can take an image here.

    Raises:
        BuildError: None can, with each one's reason.
    """
    problems = []
    for loader in LOADERS:
        trouble = _trouble(loader, environment)
        if trouble is None:
            return loader
        problems.append(Problem(message=f"{loader.name} can't take it: {trouble}"))
    none = Problem(
        message="no container engine is here that the image could be loaded into",
        hint="write it to a file (-o image.tar), or push it (--push)",
    )
    raise BuildError((none, *problems))


def load(
    loader: Loader, image: Artifact, tags: Sequence[str], environment: Mapping[str, str]
) -> bool:
    """Give an engine the image under these names; whether it had to be sent.

    Raises:
        BuildError: The engine refused.
        LadingError: A layer can't be had.
    """
    image_id = str(image.blobs[0].descriptor.digest)
    if tags and _has(loader, image_id, environment):
        for name in loader.names(tags):
            _run(loader, ("tag", image_id.removeprefix("sha256:"), name), environment)
        return False
    from lading.oci import docker_archive  # noqa: PLC0415 - only where it is sent

    with tempfile.TemporaryDirectory(prefix="lading-") as folder:
        file = Path(folder) / "image.tar"
        docker_archive.write(file, (image,), names=loader.names(tags))
        source = f"docker-archive:{file}" if loader.name == "buildah" else str(file)
        _run(loader, (*loader.takes, source), environment)
    return True


def _has(loader: Loader, image_id: str, environment: Mapping[str, str]) -> bool:
    if not loader.has:
        return False
    identity = image_id.removeprefix("sha256:")
    return ask((loader.name, *loader.has, identity), environment).ok


def _trouble(loader: Loader, environment: Mapping[str, str]) -> str | None:
    if not process.find_programs(loader.name, environment):
        return f"{loader.name} is not on PATH"
    answer = ask((loader.name, *loader.answers), environment)
    return None if answer.ok else without_credentials(answer.trouble)


def _run(loader: Loader, words: Sequence[str], environment: Mapping[str, str]) -> None:
    try:
        done = process.run((loader.name, *words), env=environment)
    except process.ProgramNotFound as error:
        raise BuildError(f"{loader.name} could not take the image: {error}") from error
    if done.returncode:
        raise BuildError(
            Problem(
                message=f"{loader.name} could not take the image (exit code {done.returncode})",
                detail=without_credentials(done.stderr.strip() or done.stdout.strip()) or None,
            ),
            exit_code=done.returncode,
        )


def _named(tag: str, local: str) -> str:
    found = ImageReference.parse(tag)
    if local == _LOCALHOST and found.domain == "docker.io" and not tag.startswith("docker.io/"):
        return f"{local}/{tag}"
    return found.familiar
