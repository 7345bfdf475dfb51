"""`docker build`, with BuildKit: the daemon builds, and holds the image."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lading.engines.engine import Availability, Command, ask, unusable, usable, version_in
from lading.engines.flags import (
    argument_options,
    buildkit_secret_options,
    image_options,
    progress_options,
    ssh_options,
)
from lading.process import find_programs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lading.engines.request import BuildRequest

__all__ = ["BUILDKIT_ENV", "Docker", "daemon_version"]

# Without the second, buildx adds provenance with the time of the build to what it pushes.
BUILDKIT_ENV = (("DOCKER_BUILDKIT", "1"), ("BUILDX_NO_DEFAULT_ATTESTATIONS", "1"))

LEGACY_ENV = (("DOCKER_BUILDKIT", "0"),)

OLDEST = (20, 10)
# Docker 23.0 took BuildKit's client out of `docker` and into the buildx plugin.
FIRST_WITHOUT_BUILDKIT = (23, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Docker:
    """The docker client and its daemon.

    A machine may have several clients, and the first on PATH may be the one that can't use
    BuildKit; then the next that can is taken.
    """

    name: str = "docker"

    def probe(self, environment: Mapping[str, str]) -> Availability:
        """Needs a client that can use BuildKit, and its daemon, both of 20.10 or newer."""
        clients = find_programs("docker", environment)
        if not clients:
            return unusable("docker is not on PATH", "install docker")
        troubles = []
        for client in clients:
            trouble = _client_trouble(client, environment)
            if trouble is None:
                return daemon_version(client, environment)
            if trouble.classic and not daemon_version(client, environment).usable:
                trouble = replace(trouble, classic=False)
            troubles.append(trouble)
        return next((trouble for trouble in troubles if trouble.classic), troubles[0])

    def commands(
        self, request: BuildRequest, environment: Mapping[str, str]
    ) -> tuple[Command, ...]:
        """`docker build`, then one `docker push` for each tag.

        A classic Dockerfile is built with the legacy builder, which any docker has.
        """
        is_classic = request.dialect == "classic"
        client = _client(environment, classic=is_classic)
        build = [
            *(client, "build"),
            *image_options(request),
            # The legacy builder has one way to show its progress.
            *([] if is_classic else progress_options(request)),
            *argument_options(request),
            *buildkit_secret_options(request),
            *ssh_options(request),
            *request.options,
            str(request.context),
        ]
        pushed = request.tags if request.push else ()
        return (
            Command(
                argv=tuple(build),
                purpose="build the image",
                env=LEGACY_ENV if is_classic else BUILDKIT_ENV,
            ),
            *(Command(argv=(client, "push", tag), purpose=f"push {tag}") for tag in pushed),
        )


def daemon_version(client: str, environment: Mapping[str, str]) -> Availability:
    """Whether the docker daemon answers, and is new enough."""
    answer = ask([client, "version", "--format", "{{.Server.Version}}"], environment)
    if not answer.ok:
        return unusable(answer.trouble, "start the docker daemon, or set DOCKER_HOST")
    version = version_in(answer.text)
    # Podman's service speaks docker's protocol, without BuildKit, and gives its own version.
    if _numbers(version) < OLDEST:
        return unusable(
            f"its daemon is version {version}, older than 20.10",
            "update the docker daemon",
            version=version,
        )
    return usable(version)


def _client(environment: Mapping[str, str], *, classic: bool) -> str:
    """The client to run: `docker`, unless the first of several can't do what is asked."""
    clients = find_programs("docker", environment)
    if len(clients) < 2:  # noqa: PLR2004 - there is a choice only between two
        return "docker"
    for client in clients:
        trouble = _client_trouble(client, environment)
        if trouble is None or (classic and trouble.classic):
            return client
    return "docker"


def _client_trouble(client: str, environment: Mapping[str, str]) -> Availability | None:
    """Why this client can't build with BuildKit; None if it can."""
    answer = ask([client, "--version"], environment)
    if not answer.ok:
        return unusable(answer.trouble, "install docker again")
    version = version_in(answer.text)
    if "podman" in answer.text.lower():
        return unusable(
            "this docker is podman under another name", "use --engine podman", version=version
        )
    if _numbers(version) < OLDEST:
        return unusable(f"docker {version} is older than 20.10", "update docker", version=version)
    if _numbers(version) >= FIRST_WITHOUT_BUILDKIT:
        return _plugin_trouble(client, version, environment)
    return None


def _plugin_trouble(
    client: str, version: str | None, environment: Mapping[str, str]
) -> Availability | None:
    if ask([client, "buildx", "version"], environment).ok:
        return None
    return unusable(
        f"docker {version} can use BuildKit only through its buildx plugin, which is missing",
        "install the package docker-buildx-plugin, or docker-buildx as some distributions call it",
        version=version,
        classic=True,
    )


def _numbers(version: str | None) -> tuple[int, int]:
    """Major and minor; a version that has none, as builds from source do, counts as new."""
    found = re.match(r"(\d+)\.(\d+)", version or "")
    return (int(found[1]), int(found[2])) if found else OLDEST
