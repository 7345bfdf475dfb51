"""Buildah and podman: they build without a daemon, and take the same options."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lading.engines.engine import Availability, Command, ask, unusable, usable, version_in
from lading.engines.flags import (
    argument_options,
    image_options,
    plain_secret_options,
    registry_options,
    ssh_options,
)
from lading.engines.request import is_loopback
from lading.errors import BuildError
from lading.grammar.reference import ImageReference
from lading.process import find_programs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lading.engines.request import BuildRequest

__all__ = ["Buildah", "Podman"]

_KEEPS_STAGES = {"buildah": (1, 29), "podman": (4, 4)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Buildah:
    """Buildah. How it isolates a step is its own variable's, BUILDAH_ISOLATION, which it gets."""

    name: str = "buildah"

    def probe(self, environment: Mapping[str, str]) -> Availability:
        """Needs the program, and a storage that it may use."""
        return _probe(self.name, environment)

    def commands(
        self, request: BuildRequest, environment: Mapping[str, str]
    ) -> tuple[Command, ...]:
        """Pulls of bases on loopback, `buildah bud`, and one `buildah push` for each tag."""
        _check_network(self.name, request, environment)
        # `bud` and not `build`, which came with 1.24.
        return _commands(self.name, "bud", request, environment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Podman:
    """Podman, with a service of its own on a Mac, without any on Linux."""

    name: str = "podman"

    def probe(self, environment: Mapping[str, str]) -> Availability:
        """Needs the program, and a storage or a machine that it may use."""
        return _probe(self.name, environment)

    def commands(
        self, request: BuildRequest, environment: Mapping[str, str]
    ) -> tuple[Command, ...]:
        """Pulls of bases on loopback, `podman build`, and one `podman push` for each tag."""
        _check_network(self.name, request, environment)
        return _commands(self.name, "build", request, environment)


def _probe(program: str, environment: Mapping[str, str]) -> Availability:
    if not find_programs(program, environment):
        return unusable(f"{program} is not on PATH", f"install {program}")
    told = ask([program, "--version"], environment)
    version = version_in(told.text)
    if not told.ok:
        return unusable(told.trouble, f"install {program} again")
    storage = ask([program, "info"], environment)
    if not storage.ok:
        return unusable(storage.trouble, f"make this work first: {program} info", version=version)
    return usable(version)


def _check_network(program: str, request: BuildRequest, environment: Mapping[str, str]) -> None:
    """Refuse what podman refuses too, and what buildah passes over without a word."""
    if request.network == "none" and environment.get("BUILDAH_ISOLATION") == "chroot":
        raise BuildError(
            f"{program} can't take the network from a step that BUILDAH_ISOLATION=chroot isolates",
            hint="unset BUILDAH_ISOLATION",
        )


def _commands(
    program: str, verb: str, request: BuildRequest, environment: Mapping[str, str]
) -> tuple[Command, ...]:
    request = _qualified(request) if request.push else request
    build = [
        *(program, verb),
        *image_options(request),
        # The OCI format has no place for HEALTHCHECK and SHELL, and they would be dropped.
        *("--format", "docker"),
        # Buildah keeps no cache of steps without it; podman's default.
        "--layers=false" if _loses_stages(program, request, environment) else "--layers",
        *(["--quiet"] if request.progress == "quiet" else []),
        *argument_options(request),
        *plain_secret_options(request, program),
        *ssh_options(request),
        *request.options,
        str(request.context),
    ]
    return (
        *_pulls(program, request),
        Command(argv=tuple(build), purpose="build the image"),
        *_pushes(program, request),
    )


def _loses_stages(program: str, request: BuildRequest, environment: Mapping[str, str]) -> bool:
    """Whether a step would find an empty folder where it mounts one of a stage.

    So it is where the stage comes from the cache and the step does not, up to Buildah 1.28 and
    podman 4.3 (Buildah's issue 4375). Slow is better than a build that fails the second time.
    """
    if not request.dockerfile.is_file():
        return False
    if "--mount=type=bind,from=" not in request.dockerfile.read_text("utf-8"):
        return False
    told = ask([program, "--version"], environment).text
    found = re.match(r"(\d+)\.(\d+)", version_in(told) or "")
    return found is not None and (int(found[1]), int(found[2])) < _KEEPS_STAGES[program]


def _qualified(request: BuildRequest) -> BuildRequest:
    """The request with whole references as tags: a short one would be pushed to `localhost/`."""
    return replace(request, tags=tuple(str(ImageReference.parse(tag)) for tag in request.tags))


def _pulls(program: str, request: BuildRequest) -> list[Command]:
    """A base on loopback is pulled on its own, so that TLS is checked for every other one."""
    return [
        Command(
            argv=(
                *(program, "pull"),
                *registry_options(base),
                *("--platform", request.platform, base),
            ),
            purpose=f"pull {base}",
        )
        for base in dict.fromkeys(request.bases)
        if is_loopback(base)
    ]


def _pushes(program: str, request: BuildRequest) -> list[Command]:
    return [
        Command(argv=(program, "push", *registry_options(tag), tag), purpose=f"push {tag}")
        for tag in (request.tags if request.push else ())
    ]
