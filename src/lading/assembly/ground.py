"""What an image is put on: its base, as far as a layer depends on it."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from lading.assembly.obstacles import must_execute
from lading.bases import has_folder, installed_interpreter, interpreter, resolve_folder
from lading.errors import ImageError
from lading.grammar.python_version import PythonVersion

if TYPE_CHECKING:
    from lading.bases import Base, Interpreter
    from lading.info import Config, ImageInfo
    from lading.store import Store

__all__ = ["Ground", "ground_of"]

_NO_LIB64: Final = frozenset({"386", "arm"})
"""The architectures with words of 32 bits, which have one folder of libraries."""

_LINKS: Final = {
    **{f"/{name}": f"/usr/{name}" for name in ("bin", "lib", "lib64", "sbin")},
    "/var/lock": "/run/lock",
    "/var/run": "/run",
}
"""What is a link in a base made of packages."""

_OF_ALL: Final = frozenset(
    {
        *("bin", "boot", "dev", "etc", "home", "lib", "lib64", "media", "mnt", "opt", "proc"),
        *("root", "run", "sbin", "srv", "sys", "tmp", "usr", "var"),
    }
)
"""The folders at the top of every base (FHS 3.0), or links to such."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A base, and what layers have to know of it.

    Attributes:
        base: The base.
        store: Where its layers are kept, in case that its files have to be looked at.
        series: The minor version of the image's Python.
        interpreter: The base's, where the image needs one.
        venv: The environment's folder; None where there is none.
        lib64: Whether it has a link of that name.
        of_packages: Whether there is no base, and one made of packages takes its place.
    """

    base: Base
    store: Store
    series: str
    interpreter: Interpreter | None = None
    venv: str | None = None
    lib64: bool = False
    of_packages: bool = False
    _folders: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_empty(self) -> bool:
        """Whether there is no base at all."""
        return self.base.artifact is None

    def resolved(self, folder: str) -> str:
        """The true path of a folder, as entries name it: no link is on the way to it."""
        if folder not in self._folders:
            path = posixpath.normpath(f"/{folder.lstrip('/')}")
            found = self._in_base(path)
            self._folders[folder] = self._in_environment(found.strip("/"))
        return self._folders[folder]

    def _in_base(self, path: str) -> str:
        if self.is_empty:
            return _merged(path) if self.of_packages else path
        return resolve_folder(self.base, path, self.store)

    def has_folder(self, path: str) -> bool:
        """Whether the base has a folder at `path`, which is true; unusual places are looked at."""
        if self.is_empty:
            return False
        return path in _OF_ALL if "/" not in path else has_folder(self.base, path, self.store)

    def _in_environment(self, path: str) -> str:
        """The environment's own link is followed as well: an entry below it would replace it."""
        if not self.lib64 or self.venv is None or not path.endswith("/lib64") | ("/lib64/" in path):
            return path
        root = self.resolved(self.venv)
        below = f"{path}/".removeprefix(f"{root}/lib64/")
        return path if below == f"{path}/" else f"{root}/lib/{below}".rstrip("/")

    def owned(self, config: Config) -> tuple[str, ...]:
        """The folders that the container's user writes to, as entries name them."""
        return tuple(dict.fromkeys(map(self.resolved, config.folders)))

    def given(self, info: ImageInfo) -> tuple[str, ...]:
        """Those that an image gives its user, and the image below does not."""
        return tuple(dict.fromkeys(map(self.resolved, info.given_folders)))

    def under(self, info: ImageInfo) -> Ground:
        """The same for an image below, which may have no environment yet."""
        return self if info.venv == self.venv else replace(self, venv=info.venv, _folders={})


def _merged(path: str) -> str:
    """The path where a base of packages has it: file-hierarchy(7), "compatibility symlinks"."""
    for link, target in _LINKS.items():
        if path == link or path.startswith(f"{link}/"):
            return f"{target}{path.removeprefix(link)}"
    return path


def ground_of(info: ImageInfo, base: Base, store: Store) -> Ground:
    """What `info` is put on.

    Raises:
        ImageError: Something has to be executed to put it there; all such together.
    """
    python = PythonVersion.parse(info.python)
    found = None
    if info.venv is not None:
        installable = bool(info.interpreter_packages)
        found = interpreter(base, python, store, installable=installable)
        if found is None and info.interpreter_debs is not None:
            found = installed_interpreter(python)
    obstacles = must_execute(info, interpreter=found is not None)
    if obstacles:
        raise ImageError(one.problem for one in obstacles)
    if base.config.execution.on_build:
        message = f"the base image {base.name} has ONBUILD instructions, which only a build runs"
        raise ImageError(message, hint="build it with a container engine")
    return Ground(
        base=base,
        store=store,
        series=python.series,
        interpreter=found,
        venv=info.venv,
        lib64=info.platform.split("/")[1] not in _NO_LIB64,
        of_packages=base.artifact is None and info.interpreter_debs is not None,
    )
