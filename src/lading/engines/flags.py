"""The options that several engines share, since they all follow docker's."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from lading.build_inputs import CA_SECRET_ID
from lading.engines.request import is_loopback
from lading.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lading.engines.request import BuildRequest, SecretSource

__all__ = [
    "argument_options",
    "buildkit_secret_options",
    "check_secret_sizes",
    "csv_line",
    "image_options",
    "plain_secret_options",
    "progress_options",
    "registry_options",
    "ssh_options",
    "values_of_arguments",
]

# BuildKit, session/secrets/secretsprovider: "max size 500KB".
MOST_SECRET_BYTES = 500 * 1024


def image_options(request: BuildRequest) -> list[str]:
    """What to build and how to name it, as docker's build command and its likes take it."""
    words = ["--file", str(request.dockerfile), "--platform", request.platform]
    for tag in request.tags:
        words += ["--tag", tag]
    if request.no_cache:
        words.append("--no-cache")
    if request.network:
        words += ["--network", request.network]
    return words


def argument_options(request: BuildRequest) -> list[str]:
    """The build arguments; proxies by name alone, so that the engine reads their values itself."""
    words: list[str] = []
    for name, value in request.build_args:
        words += ["--build-arg", name if value is None else f"{name}={value}"]
    for name in _proxies_left(request):
        words += ["--build-arg", name]
    return words


def values_of_arguments(
    request: BuildRequest, environment: Mapping[str, str]
) -> list[tuple[str, str]]:
    """The build arguments and proxies with their values; those that the environment lacks are out.

    For an engine that can't read the environment itself.
    """
    pairs = [*request.build_args, *((name, None) for name in _proxies_left(request))]
    return [
        (name, environment[name] if value is None else value)
        for name, value in pairs
        if value is not None or name in environment
    ]


def buildkit_secret_options(request: BuildRequest) -> list[str]:
    """The secrets as BuildKit's clients take them: one CSV record each, so any path will do."""
    check_secret_sizes(request)
    words: list[str] = []
    for secret in request.all_secrets:
        words += ["--secret", csv_line([f"id={secret.id}", _source(secret)])]
    return words


def plain_secret_options(request: BuildRequest, engine: str) -> list[str]:
    """The secrets as podman and buildah take them: cut at each comma, with no way to quote one."""
    words: list[str] = []
    for secret in request.all_secrets:
        if secret.file is not None and "," in str(secret.file):
            raise BuildError(
                f"{engine} can't read secret {secret.id!r} from a path with a comma: {secret.file}",
                hint=_hint_at_comma(secret),
            )
        words += ["--secret", f"id={secret.id},{_source(secret)}"]
    return words


def _hint_at_comma(secret: SecretSource) -> str:
    copied = "copy or link the file to a path without a comma"
    if secret.id == CA_SECRET_ID:
        return f"{copied}, and name that one"
    return f"{copied}, or hand the secret over in an environment variable"


def check_secret_sizes(request: BuildRequest) -> None:
    """Refuses what BuildKit would refuse late.

    Raises:
        BuildError: If a secret's file holds more than 500 KiB.
    """
    for secret in request.all_secrets:
        path = secret.file
        if path is not None and path.is_file() and path.stat().st_size > MOST_SECRET_BYTES:
            raise BuildError(
                f"secret {secret.id!r} is too large for BuildKit: {path} has "
                f"{path.stat().st_size // 1024} KiB of at most 500",
                hint="hand over only the certificates that the build needs, or use podman",
            )


def progress_options(request: BuildRequest) -> list[str]:
    """How to show progress, for BuildKit's clients; their own choice is the default."""
    if request.progress == "quiet":
        return ["--quiet"]
    return [] if request.progress == "auto" else [f"--progress={request.progress}"]


def ssh_options(request: BuildRequest) -> list[str]:
    """The ssh agent that SSH_AUTH_SOCK names, which all engines call `default`."""
    return ["--ssh", "default"] if request.ssh else []


def registry_options(reference: str) -> list[str]:
    """Lets podman and buildah speak plain HTTP to a registry on loopback, as docker does."""
    return ["--tls-verify=false"] if is_loopback(reference) else []


def csv_line(fields: Iterable[str]) -> str:
    """One CSV record (RFC 4180) without its line end."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(fields)
    return out.getvalue()


def _source(secret: SecretSource) -> str:
    return f"env={secret.variable}" if secret.file is None else f"src={secret.file}"


def _proxies_left(request: BuildRequest) -> list[str]:
    """The proxies that no build argument sets already."""
    given = {name for name, _ in request.build_args}
    return [name for name in request.proxies if name not in given]
