"""The variables of an image: the base's, then what its steps set, in place or at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lading.info import InstallPython, SetEnv
from lading.info.environment import DEFAULT_PATH, SearchPath, account_variables, search_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.info import ImageInfo

__all__ = ["variables"]


def variables(info: ImageInfo, inherited: Iterable[str]) -> tuple[str, ...]:
    """All variables, each as `NAME=value`, in the order that docker gives them.

    Args:
        info: The image.
        inherited: Those of its base.
    """
    pairs = (word.partition("=") for word in inherited)
    found = {name: value for name, _, value in pairs}
    found.setdefault("PATH", DEFAULT_PATH)
    for name, value in _changes(info):
        found[name] = value if isinstance(value, str) else _joined(value, found["PATH"])
    return tuple(f"{name}={value}" for name, value in found.items())


def _changes(info: ImageInfo) -> Iterator[tuple[str, str | SearchPath]]:
    installs = [step for step in info.steps if isinstance(step, InstallPython)]
    for step in info.steps:
        if installs and step is installs[0]:
            yield "PATH", SearchPath(before=(f"{info.venv}/bin",))
        if isinstance(step, SetEnv):
            yield from ((name, value) for name, value in step.variables if name != "PATH")
            for name, value in step.variables:
                change = search_path(value, venv=info.venv) if name == "PATH" else None
                if change is not None:
                    yield name, change
    yield from account_variables(info)


def _joined(change: SearchPath, former: str) -> str:
    return ":".join((*change.before, *((former,) if change.inherited else ()), *change.after))
