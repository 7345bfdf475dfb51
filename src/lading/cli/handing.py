"""The secrets of a build: found before it begins, and handed to an engine."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lading.cli.failure import Misused
from lading.grammar.nearest import did_you_mean
from lading.image import steps
from lading.image.named_secrets import secrets_of
from lading.logins import DEFAULT_USERNAME
from lading.secret_values import SecretSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.grammar.secret import Secret
    from lading.image import Image
    from lading.machine import Machine

__all__ = ["check_given", "handed_over", "users_of"]


def check_given(images: Iterable[Image], given: tuple[SecretSource, ...]) -> None:
    """Refuse a secret that nothing of the images names: it is written wrongly, here or there.

    Raises:
        Misused: There is one.
    """
    named = {secret.id for image in images for secret, _ in secrets_of(image)}
    for source in given:
        if source.id not in named:
            message = f"--secret: nothing in the image names the secret {source.id!r}"
            known = f"it names {', '.join(sorted(named))}" if named else None
            raise Misused(message, hint=did_you_mean(source.id, named) or known)


@contextmanager
def handed_over(
    image: Image, machine: Machine, project: Path
) -> Iterator[tuple[SecretSource, ...]]:
    """Where an engine finds each secret of the image, during the block.

    What a command prints is in a file that nobody else may read, and that is gone in the end,
    however that comes.

    Raises:
        BuildError: Some are missing; all together, with the user's lines.
    """
    wanted = machine.read_secrets(secrets_of(image), project=project)
    with tempfile.TemporaryDirectory(prefix="lading-") as name:
        yield tuple(_handed(secret, machine, project, Path(name)) for secret in wanted)


def users_of(image: Image) -> tuple[tuple[str, str], ...]:
    """Ids of the secrets that are passwords for indexes, and whose they are."""
    return tuple(
        (step.secret.id, step.username or DEFAULT_USERNAME)
        for step in image.steps
        if isinstance(step, steps.Index) and step.secret is not None
    )


def _handed(secret: Secret, machine: Machine, project: Path, folder: Path) -> SecretSource:
    source = machine.source(secret, project=project)
    if not source.command:
        return source
    file = folder / source.id
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as opened:
        opened.write(machine.secret(secret, project=project))
    return SecretSource(id=source.id, file=file)
