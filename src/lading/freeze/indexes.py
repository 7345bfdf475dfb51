"""The package indexes of a frozen image: those that were asked for, and how each lets one in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.errors import FreezeError, Problem
from lading.freeze.secret_uses import use_of
from lading.image import steps
from lading.image.spans import settings
from lading.info import PackageIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.errors import Location
    from lading.image import Image
    from lading.lock.inputs import Asked
    from lading.lock.model import InputIndex, Inputs

__all__ = ["check_unlocked", "indexes_of"]

_SOURCE_OPTIONS = ("no_binary", "no_build_isolation", "requires", "build_constraints")


def indexes_of(image: Image, inputs: Inputs) -> tuple[PackageIndex, ...]:
    """The indexes, in the order in which they are searched.

    Args:
        image: Whose calls say how an index lets one in.
        inputs: Which indexes there are, those of the image's files too.
    """
    # Calls of one URL that differ were refused when the image's files were read.
    calls = {one.url: one for one in settings(image.steps, steps.Index)}
    return tuple(_index(one, calls.get(one.url)) for one in inputs.indexes)


def check_unlocked(image: Image, asked: Asked) -> None:
    """Refuse what only a lock can promise, of an image that has none.

    Raises:
        FreezeError: It is asked for.
    """
    problems = [
        Problem(
            message=f"index({one.url!r}, packages=[...]) needs the lock: an installer that chooses "
            "while it installs can't be kept to it",
            hint="leave out packages=, or lock_python_packages=False",
            location=one.location,
        )
        for one in settings(image.steps, steps.Index)
        if one.packages
    ]
    problems += _of_sources(asked)
    if asked.inputs.accelerator is not None:
        message = "accelerator= needs the lock, by which each package has its own index"
        hint = "leave out lock_python_packages=False, or name PyTorch's index by index()"
        problems.append(Problem(message=message, hint=hint, location=image.location))
    if problems:
        raise FreezeError(problems)


def _of_sources(asked: Asked) -> Iterator[Problem]:
    """What is said of the sources of an index: they are compiled where they are locked, only."""
    for step, found in (pair for group in asked.groups for pair in group):
        if isinstance(step, steps.PythonPackages):
            for option in _SOURCE_OPTIONS:
                if getattr(step, option):
                    yield _needs_lock(f"{option}=", step.location)
        elif found.no_binary:
            names = ", ".join(found.no_binary)
            yield _needs_lock(f"--no-binary {names} of a file", step.location)


def _needs_lock(what: str, location: Location) -> Problem:
    return Problem(
        message=f"{what} needs the lock, which has what a source is built with",
        hint=f"leave out {what if what.endswith('=') else 'that'}, or lock_python_packages=False",
        location=location,
    )


def _index(index: InputIndex, call: steps.Index | None) -> PackageIndex:
    netrc, certificate = (call.netrc, call.client_certificate) if call else (None, None)
    secret = call.secret if call else None
    return PackageIndex(
        url=index.url,
        name=index.name or (call.name if call else None),
        default=index.default,
        packages=index.packages,
        username=call.username if call else None,
        secret=use_of(secret) if secret else None,
        netrc=use_of(netrc) if netrc else None,
        client_certificate=use_of(certificate) if certificate else None,
    )
