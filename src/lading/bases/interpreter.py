"""The Python interpreter of a base: which one an installation takes, and its version.

It is the one that `uv venv --python X.Y` takes in a container of the base: the first on the
configuration's PATH that has the version, by the path found there. Its links are not followed, but
for interpreters that could not be called by it (`standalone`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from lading.bases.files import content_of_file, tree_in
from lading.bases.standalone import called_by
from lading.errors import ImageError
from lading.oci.fields import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.bases.base import Base
    from lading.bases.tree import File, Tree
    from lading.grammar.python_version import PythonVersion
    from lading.oci.config import ImageConfig
    from lading.store import Store

__all__ = ["Interpreter", "installed_interpreter", "interpreter", "told_by_config"]

_DEFAULT_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where a container looks for programs whose image sets no PATH (moby, oci/defaults)."""

_OFFICIAL: Final = "/usr/local/bin"
# What the Dockerfiles of docker-library/python set beside PYTHON_VERSION, at one time or another.
_OFFICIAL_MARKS: Final = ("PYTHON_SHA256", "GPG_KEY", "PYTHON_PIP_VERSION")
_RELEASE: Final = re.compile(r"(3\.[0-9]{1,3})\.([0-9]{1,3})")
_NAMED: Final = re.compile(r"python(3\.[0-9]{1,3})(?:\.[0-9]+)?\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """A Python interpreter in an image.

    Attributes:
        path: Where it is called by, and what a virtual environment's `bin/python` leads to.
        version: `3.11.9`, or `3.11` where nobody asked for more.
        where: What told, for messages.
    """

    path: str
    version: str
    where: str

    @property
    def home(self) -> str:
        """The folder that a virtual environment names as its `home` (PEP 405)."""
        return self.path.rpartition("/")[0] or "/"

    @property
    def series(self) -> str:
        """Major and minor: `3.11`."""
        return ".".join(self.version.split(".")[:2])


def interpreter(
    base: Base, python: PythonVersion, store: Store, *, installable: bool = False
) -> Interpreter | None:
    """The interpreter of a base that is `python`.

    Args:
        base: The base; its files are read only where its configuration doesn't tell.
        python: The series or release that it must be.
        store: Where the names of the base's files are kept.
        installable: Whether the image may have it installed instead: lacking it is no error then.

    Returns:
        The interpreter; None where the base lacks it and it is installable.

    Raises:
        ImageError: The base has none, or others only.
        RegistryError: The base's layers can't be had.
    """
    told = told_by_config(base.config)
    if told is not None and _is(told, python):
        return told
    search = _Search(base, store, python)
    found = tuple(search.found())
    for one in found:
        if _is(one, python):
            return search.called(one)
    if installable:
        return None
    raise _mismatch(base, python, found if told is None else (told, *found))


def installed_interpreter(python: PythonVersion) -> Interpreter:
    """The one that a distribution's packages bring, wherever they are installed."""
    return Interpreter(
        path=f"/usr/bin/python{python.series}", version=str(python), where="its packages"
    )


def told_by_config(config: ImageConfig) -> Interpreter | None:
    """What the configuration of an official Python image says, or of an image built on one."""
    env = _variables(config)
    release = env.get("PYTHON_VERSION", "")
    match = _RELEASE.match(release)
    is_official = any(mark in env for mark in _OFFICIAL_MARKS)
    if match is None or not is_official or _path_of(config)[:1] != [_OFFICIAL]:
        return None
    path = f"{_OFFICIAL}/python{match[1]}"
    return Interpreter(path=path, version=match[0], where="its configuration's PYTHON_VERSION")


def _variables(config: ImageConfig) -> dict[str, str]:
    pairs = (text.partition("=") for text in config.execution.env)
    return {name: value for name, _, value in pairs}


def _path_of(config: ImageConfig) -> list[str]:
    entries = _variables(config).get("PATH", _DEFAULT_PATH).split(":")
    absolute = (f"/{entry.strip('/')}" for entry in entries if entry.startswith("/"))
    return list(dict.fromkeys(absolute))


def _is(one: Interpreter, python: PythonVersion) -> bool:
    wanted = str(python)
    return one.version == wanted or (python.patch is None and one.series == wanted)


def _mismatch(base: Base, python: PythonVersion, found: tuple[Interpreter, ...]) -> ImageError:
    if not found:
        return ImageError(
            f"the base image {base.name} has no Python interpreter on its PATH",
            hint=f"take a base image that has Python {python}, such as "
            f'"python:{python}-slim-bookworm", or leave out base_image',
        )
    seen: dict[str, Interpreter] = {}
    for one in found:
        seen.setdefault(one.version, one)
    has = ", ".join(
        f"Python {one.version} ({one.path}, told by {one.where})" for one in seen.values()
    )
    first = found[0]
    return ImageError(
        f"the base image {base.name} has no Python {python}: it has {has}",
        hint=f'write python_version="{first.series}" and lock again, or take a base image that has '
        f"Python {python}",
    )


class _Search:
    """A search through the files of a base, as uv goes through PATH."""

    def __init__(self, base: Base, store: Store, python: PythonVersion) -> None:
        self._base = base
        self._store = store
        self._python = python
        self._tree = tree_in(base, store)

    def found(self) -> Iterator[Interpreter]:
        """Every interpreter on the PATH, the first one of the wanted version's name first."""
        for folder in _path_of(self._base.config):
            for name in self._names(folder):
                path = f"{folder.rstrip('/')}/{name}"
                file = self._tree.file(path)
                if file is None or not file.executable or self._is_venv(folder):
                    continue
                version = self._version(file)
                if version is not None:
                    yield Interpreter(path=path, version=version, where="its files")

    def called(self, one: Interpreter) -> Interpreter:
        """The same by the path that a virtual environment has to call it by."""
        path = called_by(one.path, one.series, base=self._base, tree=self._tree, store=self._store)
        return replace(one, path=path)

    def _names(self, folder: str) -> tuple[str, ...]:
        python = self._python
        wanted = (f"python{python}", f"python{python.series}", "python3", "python")
        others = (one for one in self._tree.names(folder) if _NAMED.match(one))
        return tuple(dict.fromkeys((*wanted, *others)))

    def _is_venv(self, folder: str) -> bool:
        """Whether an interpreter there would be one of a virtual environment (PEP 405)."""
        above = folder.rpartition("/")[0]
        beside = (f"{folder}/pyvenv.cfg", f"{above}/pyvenv.cfg")
        return any(self._tree.file(one) is not None for one in beside)

    def _version(self, file: File) -> str | None:
        series = _series(self._tree, file)
        if series is None or self._python.patch is None or series != self._python.series:
            return series
        return self._release(file, series) or series

    def _release(self, file: File, series: str) -> str | None:
        """The release of an interpreter, from the store where it was read before."""
        name = f"base-python-1-{self._base.manifest}-{file.path}"
        kept = self._store.record(name)
        if kept is not None and _RELEASE.fullmatch(kept.decode(errors="replace")):
            return kept.decode()
        found = self._read_release(file, series)
        if found is not None:
            self._store.keep(name, found.encode())
        return found

    def _read_release(self, file: File, series: str) -> str | None:
        """The release by what a build of CPython holds: its header, itself, or its library."""
        prefix = file.path.rpartition("/")[0].rpartition("/")[0]
        header = self._tree.file(f"{prefix}/include/python{series}/patchlevel.h")
        if header is not None:
            text = self._content(header)
            match = re.search(rb'^#define\s+PY_VERSION\s+"([^"]+)"', text, re.MULTILINE)
            if match:
                return _numbers(match[1], series)
        library = f"libpython{series}.so.1.0"
        for one in (file, *_under(self._tree, f"{prefix}/lib", library)):
            text = self._content(one)
            pattern = rb"\0(" + re.escape(series.encode()) + rb"\.[0-9]{1,3})(?:[a-z+][^\0]*)?\0"
            if match := re.search(pattern, text):
                return match[1].decode()
        return None

    def _content(self, file: File) -> bytes:
        return content_of_file(self._base, file, self._store)


def _numbers(text: bytes, series: str) -> str | None:
    match = _RELEASE.match(plain(text.decode(errors="replace")))
    return match[0] if match and match[1] == series else None


def _under(tree: Tree, folder: str, name: str) -> Iterator[File]:
    """The files of this name in a folder and in those right below it, as Debian has them."""
    for place in (folder, *(f"{folder}/{one}" for one in tree.names(folder))):
        if (file := tree.file(f"{place}/{name}")) is not None:
            yield file


def _series(tree: Tree, file: File) -> str | None:
    """The series of an interpreter: by its own name, or by the one library beside it."""
    match = _NAMED.match(file.path.rpartition("/")[2])
    if match:
        return match[1]
    prefix = file.path.rpartition("/")[0].rpartition("/")[0]
    found = [
        match[1]
        for name in tree.names(f"{prefix}/lib")
        if (match := _NAMED.match(name)) and tree.file(f"{prefix}/lib/{name}/os.py") is not None
    ]
    return found[0] if len(found) == 1 else None
