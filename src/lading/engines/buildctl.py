"""`buildctl build`: a BuildKit daemon, on this machine or far away, with no docker beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lading.build_inputs import PROXY_NAMES
from lading.engines.docker import daemon_version
from lading.engines.engine import Availability, Command, ask, unusable, usable, version_in
from lading.engines.flags import buildkit_secret_options, csv_line, ssh_options, values_of_arguments
from lading.errors import BuildError
from lading.process import find_programs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lading.engines.request import BuildRequest

__all__ = ["Buildctl"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Buildctl:
    """BuildKit's own client. The daemon is at BUILDKIT_HOST, or at its default socket.

    The daemon keeps no images. So what isn't pushed is written to a file and loaded into docker,
    podman or nerdctl, whichever is found first; where there is none, the build is refused.
    """

    name: str = "buildctl"

    def probe(self, environment: Mapping[str, str]) -> Availability:
        """Needs the program, and a daemon with a worker that answers."""
        if not find_programs(self.name, environment):
            return unusable("buildctl is not on PATH", "install BuildKit's buildctl")
        version = version_in(ask([self.name, "--version"], environment).text)
        workers = ask([self.name, "debug", "workers"], environment)
        if not workers.ok:
            return unusable(
                workers.trouble,
                "start buildkitd, or set BUILDKIT_HOST to its address",
                version=version,
            )
        return usable(version)

    def commands(
        self, request: BuildRequest, environment: Mapping[str, str]
    ) -> tuple[Command, ...]:
        """`buildctl build` to the registry, or to a file that is loaded next."""
        if request.push:
            output = csv_line(["type=image", _names(request), "push=true"])
            return (_build(request, environment, output, "build and push the image"),)
        loader = _loader(environment)
        archive = _archive(request)
        named = [_names(request)] if request.tags else []
        output = csv_line(["type=docker", *named, f"dest={archive}"])
        return (
            _build(request, environment, output, "build the image"),
            Command(
                argv=(loader, "load", "--input", str(archive)),
                purpose=f"load the image into {loader}",
            ),
        )


def _build(
    request: BuildRequest, environment: Mapping[str, str], output: str, purpose: str
) -> Command:
    words = [
        *("buildctl", "build", "--frontend", "dockerfile.v0"),
        *("--local", f"context={request.context}"),
        *("--local", f"dockerfile={request.context}"),
        *("--opt", f"platform={request.platform}"),
        *(["--no-cache"] if request.no_cache else []),
        *_network(request),
        # It has had a quiet mode only since 0.13.
        *([] if request.progress == "auto" else ["--progress=plain"]),
        *_arguments(request, environment),
        *buildkit_secret_options(request),
        *ssh_options(request),
        *("--output", output),
        *request.options,
    ]
    return Command(argv=tuple(words), purpose=purpose)


def _names(request: BuildRequest) -> str:
    return f"name={','.join(request.tags)}"


def _network(request: BuildRequest) -> list[str]:
    if request.network is None:
        return []
    allowed = ["--allow", "network.host"] if request.network == "host" else []
    return ["--opt", f"force-network-mode={request.network}", *allowed]


def _arguments(request: BuildRequest, environment: Mapping[str, str]) -> list[str]:
    """The build arguments with their values, since buildctl reads none from the environment."""
    words: list[str] = []
    for name, value in values_of_arguments(request, environment):
        if name in PROXY_NAMES and _has_credentials(value):
            raise BuildError(
                f"buildctl would show the credentials in {name} to everyone on this machine",
                hint="set the proxy in buildkitd's own environment, or take another engine",
            )
        words += ["--opt", f"build-arg:{name}={value}"]
    return words


def _has_credentials(proxy: str) -> bool:
    try:
        return "@" in urlsplit(proxy if "://" in proxy else f"//{proxy}").netloc
    except ValueError:
        return "@" in proxy


def _archive(request: BuildRequest) -> Path:
    return (request.scratch or request.context.parent) / "image.tar"


def _loader(environment: Mapping[str, str]) -> str:
    """The first engine that can hold the image."""
    if find_programs("docker", environment) and daemon_version("docker", environment).usable:
        return "docker"
    for name in ("podman", "nerdctl"):
        if find_programs(name, environment):
            return name
    raise BuildError(
        "buildctl has nowhere to put the image: BuildKit's daemon keeps none, and no docker, "
        "podman or nerdctl is here to load it into",
        hint="push it to a registry with --push",
    )
