"""How a step reads its build secrets: from files that are there for one RUN, in no layer."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from lading.dockerfile import instructions as docker
from lading.dockerfile.layout import SECRETS
from lading.logins import DEFAULT_USERNAME, index_variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.dockerfile.instructions import Mount
    from lading.info import PackageIndex, SecretUse

__all__ = ["index_login", "index_secrets", "secret_mounts", "variables", "versions"]


def secret_mounts(secrets: Iterable[SecretUse]) -> tuple[Mount, ...]:
    """One mount for each secret; a build that is not given it fails."""
    ids = dict.fromkeys(secret.id for secret in secrets)
    return tuple(docker.SecretMount(id=name) for name in ids)


def versions(secrets: Iterable[SecretUse]) -> tuple[str, ...]:
    """Commands that do nothing, and that make the RUN another one for another version.

    A builder leaves values out of what it decides by whether to run a step again.
    """
    named = dict.fromkeys((one.id, one.version) for one in secrets if one.version is not None)
    return tuple(f": {shlex.quote(f'secret {name} version {version}')}" for name, version in named)


def variables(secrets: Iterable[SecretUse]) -> Iterator[tuple[str, str]]:
    """For each secret that is a variable too, the assignment, which can fail, and the export."""
    named = dict.fromkeys((one.id, one.variable) for one in secrets if one.variable is not None)
    for name, variable in named:
        yield f"{variable}={_value(name)}", f"export {variable}"


def index_secrets(index: PackageIndex) -> tuple[SecretUse, ...]:
    """What an index takes to let one in."""
    named = (index.secret, index.netrc, index.client_certificate)
    return tuple(secret for secret in named if secret is not None)


def index_login(index: PackageIndex) -> tuple[str, ...]:
    """Assignments that stand before a call of uv, and so hold for that call alone."""
    found = []
    if index.secret is not None:
        prefix = f"UV_INDEX_{index_variable(index.name or '')}"
        found.append(f"{prefix}_USERNAME={shlex.quote(index.username or DEFAULT_USERNAME)}")
        found.append(f"{prefix}_PASSWORD={_value(index.secret.id)}")
    if index.netrc is not None:
        found.append(f"NETRC={_file(index.netrc.id)}")
    if index.client_certificate is not None:
        found.append(f"SSL_CLIENT_CERT={_file(index.client_certificate.id)}")
    return tuple(found)


def _file(name: str) -> str:
    return f"{SECRETS}/{name}"


def _value(name: str) -> str:
    return f'"$(cat {_file(name)})"'
