"""`nerdctl build`: BuildKit beside containerd."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
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
    from collections.abc import Iterator, Mapping

    from lading.engines.request import BuildRequest

__all__ = ["Nerdctl"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nerdctl:
    """Containerd's docker-like client. It runs buildctl, against a buildkitd that it looks for."""

    name: str = "nerdctl"

    def probe(self, environment: Mapping[str, str]) -> Availability:
        """Needs nerdctl, containerd, buildctl, and a buildkitd that answers."""
        if not find_programs(self.name, environment):
            return unusable("nerdctl is not on PATH", "install nerdctl, containerd and BuildKit")
        version = version_in(ask([self.name, "--version"], environment).text)
        containerd = ask([self.name, "info"], environment)
        if not containerd.ok:
            return unusable(containerd.trouble, "start containerd", version=version)
        if not find_programs("buildctl", environment):
            return unusable(
                "nerdctl builds with buildctl, which is not on PATH",
                "install BuildKit's buildctl and buildkitd",
                version=version,
            )
        if not any(_answers(address, environment) for address in _addresses(environment)):
            return unusable(
                "no buildkitd answers",
                "start buildkitd, or set BUILDKIT_HOST to its address",
                version=version,
            )
        return usable(version)

    def commands(
        self, request: BuildRequest, environment: Mapping[str, str]
    ) -> tuple[Command, ...]:
        """`nerdctl build`, then one `nerdctl push` for each tag."""
        del environment
        build = [
            *(self.name, "build"),
            *image_options(request),
            *progress_options(request),
            *argument_options(request),
            *buildkit_secret_options(request),
            *ssh_options(request),
            *request.options,
            str(request.context),
        ]
        pushed = request.tags if request.push else ()
        return (
            Command(argv=tuple(build), purpose="build the image"),
            *(
                # Without a platform it pushes the machine's own, which may not be what was built.
                Command(
                    argv=(self.name, "push", "--platform", request.platform, tag),
                    purpose=f"push {tag}",
                )
                for tag in pushed
            ),
        )


def _addresses(environment: Mapping[str, str]) -> Iterator[str]:
    """Where nerdctl looks for buildkitd: its `getBuildkitHostCandidates`."""
    if host := environment.get("BUILDKIT_HOST"):
        yield host
        return
    namespace = environment.get("CONTAINERD_NAMESPACE", "default")
    for run in filter(None, (environment.get("XDG_RUNTIME_DIR"), "/run")):
        for folder in dict.fromkeys((f"buildkit-{namespace}", "buildkit-default", "buildkit")):
            socket = Path(run) / folder / "buildkitd.sock"
            if socket.exists():
                yield f"unix://{socket}"


def _answers(address: str, environment: Mapping[str, str]) -> bool:
    return ask(["buildctl", "--addr", address, "debug", "workers"], environment).ok
