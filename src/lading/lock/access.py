"""How git gets to the repositories of an image while it is locked."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from lading.errors import BuildError
from lading.image import steps
from lading.lock.git import git_environment, ssh_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lading.grammar.secret import Secret
    from lading.lock.inputs import Asked
    from lading.machine import Machine
    from lading.requirements import RequirementSet

__all__ = ["git_access"]


@contextmanager
def git_access(
    asked: Asked, machine: Machine, project: Path, say: Callable[[str], None]
) -> Iterator[dict[str, str]]:
    """Variables for git, during the block: the user's own, and the keys that steps name.

    Each secret of a step that requires a repository over ssh is offered to ssh, if it is a private
    key, beside the user's agent and configuration. One that isn't there is no error: whoever locks
    may have access of their own.
    """
    environment = git_environment(machine.environ)
    values = []
    for secret in _ssh_secrets(asked, project):
        try:
            values.append(machine.secret(secret, project=project))
        except BuildError as error:
            say(f"{error.problems[0].message}; ssh goes without it")
    with ssh_keys(values, environment) as keys:
        yield {**environment, **keys}


def _ssh_secrets(asked: Asked, project: Path) -> tuple[Secret, ...]:
    found = {
        secret: None
        for group in asked.groups
        for step, read in group
        if step.secrets and _asks_ssh(step, read, project)
        for secret in step.secrets
    }
    return tuple(found)


def _asks_ssh(step: steps.PythonStep, read: RequirementSet, project: Path) -> bool:
    if isinstance(step, steps.UvLock):  # which only uv reads
        return "ssh://" in (project / step.path.text).read_text("utf-8", "replace")
    return any((one.requirement.url or "").startswith("git+ssh:") for one in read.requirements)
