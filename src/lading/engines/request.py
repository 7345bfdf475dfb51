"""What a build is asked to do, with nothing in it about any one engine."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lading.build_inputs import CA_SECRET_ID
from lading.grammar.dialect import Dialect  # noqa: TC001 - a dataclass field
from lading.grammar.environment import parse_env_name
from lading.grammar.invalid import Invalid
from lading.grammar.reference import ImageReference
from lading.grammar.secret_id import parse_users_secret_id
from lading.secret_values import SecretSource

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["BuildRequest", "Network", "Progress", "SecretSource", "is_loopback"]

Progress = Literal["auto", "plain", "quiet"]
Network = Literal["host", "none"]

LOOPBACK = r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """One image to build for one platform.

    Attributes:
        context: The absolute path of the folder that holds the Dockerfile and all that it copies.
        file: The Dockerfile's path in it.
        tags: The references that the image gets, all of them.
        platform: The platform to build for, such as `linux/amd64`.
        push: Whether every tag is pushed to its registry.
        no_cache: Whether the engine's cache of earlier steps is left alone.
        build_args: Names and values of build arguments; without a value it is the environment's.
        secrets: The build secrets, in files or variables; none has the id `CA_SECRET_ID`.
        users: Ids of secrets that are passwords, and whose they are.
        ca_bundle: A PEM file of certificate authorities for the build, as secret `CA_SECRET_ID`.
        proxies: Names of the environment's proxy variables that the build gets. Their values may
            hold credentials, so no engine writes them on a command line.
        bases: The references that the Dockerfile's stages start from, where they are known.
        network: `host` or `none` in place of the engine's own network.
        dialect: Of the Dockerfile; a classic one takes neither secrets nor an ssh agent.
        ssh: Whether a step clones by the ssh agent of whoever builds.
        progress: How the engine shows its progress.
        options: Words for the engine's build command, handed on as they are.
        scratch: A folder for what one command leaves for the next; `build` makes and removes it.
    """

    context: Path
    file: str = "Dockerfile"
    tags: tuple[str, ...] = ()
    platform: str
    push: bool = False
    no_cache: bool = False
    build_args: tuple[tuple[str, str | None], ...] = ()
    secrets: tuple[SecretSource, ...] = ()
    users: tuple[tuple[str, str], ...] = ()
    ca_bundle: Path | None = None
    proxies: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    network: Network | None = None
    dialect: Dialect = "buildkit"
    ssh: bool = False
    progress: Progress = "auto"
    options: tuple[str, ...] = ()
    scratch: Path | None = None

    def __post_init__(self) -> None:
        # Docker takes a relative folder such as `github.com/a/b` for a repository to clone.
        if not self.context.is_absolute():
            raise Invalid(f"build context {str(self.context)!r} is not an absolute path")
        if self.push and not self.tags:
            raise Invalid("an image without a tag can't be pushed", hint="give it one with --tag")
        for tag in self.tags:
            if ImageReference.parse(tag).digest is not None:
                raise Invalid(f"tag {tag} has a digest, which only a finished image can have")
        for name, _ in self.build_args:
            parse_env_name(name)
        for secret_id, count in Counter(secret.id for secret in self.secrets).items():
            parse_users_secret_id(secret_id)
            if count > 1:
                raise Invalid(f"secret {secret_id!r} is given {count} times")
        if any(secret.command for secret in self.secrets):
            raise Invalid("a secret is handed to an engine in a file or a variable")
        if self.dialect == "classic" and (self.all_secrets or self.ssh):
            raise Invalid(
                "a classic Dockerfile has no way to hand over a secret, certificate authorities or "
                "an ssh agent",
                hint="build it in the dialect buildkit",
            )

    @property
    def dockerfile(self) -> Path:
        """The Dockerfile's absolute path."""
        return self.context / self.file

    @property
    def all_secrets(self) -> tuple[SecretSource, ...]:
        """The build secrets, with the certificate authorities among them."""
        if self.ca_bundle is None:
            return self.secrets
        return (*self.secrets, SecretSource(id=CA_SECRET_ID, file=self.ca_bundle))


def is_loopback(reference: str) -> bool:
    """Whether an image reference names a registry on this machine, which may speak plain HTTP."""
    return bool(re.fullmatch(LOOPBACK, ImageReference.parse(reference).domain))
