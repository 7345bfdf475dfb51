"""How a builder stage gets the commit of a repository."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from lading.dockerfile import instructions as docker
from lading.dockerfile.layout import SECRETS
from lading.info import InstallPython

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.dockerfile.instructions import Mount
    from lading.info import ImageInfo, SecretUse
    from lading.lock.model import Distribution

__all__ = ["agent", "clone", "needs_ssh", "over_ssh", "package_secrets"]

# A builder knows no host yet. Whoever answers in its place can only send what has the commit's
# hash, or fail. `accept-new` is OpenSSH 7.6's.
_SSH = "ssh -o StrictHostKeyChecking=accept-new"


def needs_ssh(info: ImageInfo) -> bool:
    """Whether the build clones by the ssh agent of whoever builds."""
    if info.vendored:
        return False
    steps = (step for step in info.steps if isinstance(step, InstallPython))
    return any(agent(step, one) for step in steps for one in step.distributions)


def over_ssh(distribution: Distribution) -> bool:
    """Whether it is a repository that is reached by ssh."""
    return distribution.kind == "git" and distribution.url.startswith("ssh://")


def agent(step: InstallPython, distribution: Distribution) -> tuple[Mount, ...]:
    """The ssh agent, where the repository is reached by ssh and the step names no key."""
    return (docker.SshMount(),) if over_ssh(distribution) and not _keys(step) else ()


def package_secrets(step: InstallPython) -> tuple[SecretUse, ...]:
    """What of a step's secrets is there while packages are compiled and installed.

    A key is there for the cloning alone: the repository's code is not to have it.
    """
    keys = _keys(step)
    return tuple(secret for secret in step.secrets if secret not in keys)


def clone(step: InstallPython, distribution: Distribution, folder: str) -> Iterator[str]:
    """The commands that put the commit, with its submodules, into `folder`."""
    if over_ssh(distribution):
        yield f"export GIT_SSH_COMMAND={shlex.quote(_ssh(step))}"
    git = shlex.join(("git", "-C", folder))
    yield shlex.join(("git", "clone", "--quiet", "--", distribution.url, folder))
    yield _checkout(git, distribution)
    yield f"{git} submodule update --init --recursive --quiet"


def _ssh(step: InstallPython) -> str:
    """Each secret that may be the key is tried; ssh passes over a file that is none."""
    keys = " ".join(f"-i {SECRETS}/{secret.id}" for secret in _keys(step))
    return f"{_SSH} -o IdentitiesOnly=yes {keys}" if keys else _SSH


def _keys(step: InstallPython) -> tuple[SecretUse, ...]:
    """The secrets of a step that clones over ssh that are files and no variables."""
    if not any(over_ssh(one) for one in step.distributions):
        return ()
    return tuple(secret for secret in step.secrets if secret.variable is None)


def _checkout(git: str, distribution: Distribution) -> str:
    checkout = f"{git} checkout --quiet --detach"
    revision = distribution.revision
    if revision is None:
        return f"{checkout} {distribution.commit or 'HEAD'}"
    # A clone has the branches of its origin under another name.
    names = (shlex.quote(name) for name in (f"origin/{revision}", revision))
    return f"{{ {' || '.join(f'{checkout} {name}' for name in names)}; }}"
