"""`docker buildx build`: BuildKit in whatever builder is selected, here or elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.engines.docker import BUILDKIT_ENV
from lading.engines.engine import Availability, Command, ask, unusable, usable, version_in
from lading.engines.flags import (
    argument_options,
    buildkit_secret_options,
    image_options,
    progress_options,
    ssh_options,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lading.engines.request import BuildRequest

__all__ = ["Buildx"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Buildx:
    """The buildx plugin. It pushes from the builder, or loads the image into docker; not both."""

    name: str = "buildx"

    def probe(self, environment: Mapping[str, str]) -> Availability:
        """Needs the plugin, and a selected builder that answers."""
        plugin = ask(["docker", "buildx", "version"], environment)
        if not plugin.ok:
            return unusable(
                "docker has no buildx plugin, or there is no docker",
                "install docker with the package docker-buildx-plugin",
            )
        version = version_in(plugin.text)
        builder = ask(["docker", "buildx", "inspect"], environment)
        # It ends with 0 also when its builder can't be reached, and says so in a line.
        found = re.search(r"^\s*Error:\s*(.+)$", builder.text, re.MULTILINE)
        if found or not builder.ok:
            return unusable(
                found[1].strip() if found else builder.trouble,
                "start the docker daemon, or select a builder with: docker buildx use",
                version=version,
            )
        return usable(version)

    def commands(
        self, request: BuildRequest, environment: Mapping[str, str]
    ) -> tuple[Command, ...]:
        """One command, which builds and delivers."""
        del environment
        build = [
            *("docker", "buildx", "build"),
            *image_options(request),
            "--push" if request.push else "--load",
            *progress_options(request),
            *argument_options(request),
            *buildkit_secret_options(request),
            *ssh_options(request),
            *request.options,
            str(request.context),
        ]
        purpose = "build and push the image" if request.push else "build the image"
        return (Command(argv=tuple(build), purpose=purpose, env=BUILDKIT_ENV),)
