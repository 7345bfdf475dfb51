"""A command that was chosen for the user: whether anything brings its program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lading.errors import Problem
from lading.freeze.packaged import required_by
from lading.grammar.base import SCRATCH
from lading.image import steps
from lading.image.spans import settings, spans
from lading.info import InstallPython

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lading.grammar.requirement import Requirement
    from lading.image import Image
    from lading.info import Step
    from lading.lock.model import PlatformLock

__all__ = ["check_command", "tell_unseen"]

_WITHOUT_SERVER: Final = frozenset(
    {"bottle", "django", "falcon", "fastapi", "flask", "litestar", "quart", "starlette"}
)
"""Frameworks that bring neither uvicorn nor gunicorn, unless by an extra or as an old version."""


def check_command(image: Image, lock: PlatformLock, decided: Iterable[Step]) -> Iterator[Problem]:
    """Refuse a command that was chosen for the user, where nothing brings its program.

    Args:
        image: The image.
        lock: Its lock.
        decided: Its steps.
    """
    command = _chosen(image)
    if command is None:
        return
    if image.lock_python_packages:
        is_there = command.brought_by in {one.name for one in lock.distributions}
    else:
        is_there = _may_be_there(image, command, tuple(decided))
    if not is_there:
        yield Problem(
            message=f"{command.argv[0]} starts it, and the image has no {command.brought_by}",
            hint=f'.python_packages("{command.brought_by}"), or say command=[...]',
            location=command.location,
        )


def tell_unseen(image: Image, decided: Iterable[Step], say: Callable[[str], None]) -> None:
    """Say where a package that is not locked has to bring the program."""
    command = _chosen(image)
    if command is None or image.lock_python_packages:
        return
    name = str(command.brought_by)
    if name not in _named(decided) and not _is_run(image, name):
        say(f"{command.argv[0]} starts it, and no requirement is {name}: another has to bring it")


def _chosen(image: Image) -> steps.Cmd | None:
    """The command, where it is one that nobody wrote and that is not Python's own."""
    found = settings(image.steps, steps.Cmd)
    return found[-1] if found and found[-1].brought_by is not None else None


def _may_be_there(image: Image, command: steps.Cmd, decided: tuple[Step, ...]) -> bool:
    """Whether anything may bring the program of an image that is not locked."""
    name = str(command.brought_by)
    if name in _named(decided) or _is_run(image, name) or image.base_image not in {None, SCRATCH}:
        return True
    required = tuple(required_by(decided))
    unread = not required and any(span.python for span in spans(image.steps))
    return unread or not all(map(_brings_no_server, required))


def _named(decided: Iterable[Step]) -> set[str | None]:
    """The names of all that is installed, but for what it requires."""
    installed = [step for step in decided if isinstance(step, InstallPython)]
    distributions = {one.name for step in installed for one in step.distributions}
    return {one.name for one in required_by(installed)} | distributions


def _brings_no_server(requirement: Requirement) -> bool:
    # Of old versions FastAPI's have brought uvicorn: without a specifier it is the newest.
    bare = requirement.kind == "named" and not requirement.extras and not requirement.specifier
    return bare and requirement.name in _WITHOUT_SERVER


def _is_run(image: Image, name: str) -> bool:
    """Whether a command of the build may install it."""
    said = any(name in step.command for step in settings(image.steps, steps.Run))
    return said or bool(settings(image.steps, steps.RunScript))
