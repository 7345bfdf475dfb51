"""Importing the user's module, without leaving a trace of it in this program or on disk."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import re
import sys
import traceback
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import lading
from lading.cli.failure import Terminated
from lading.cli.modules import ProjectModules, folders_of_modules
from lading.errors import LadingError, Location, Problem, SpecificationError
from lading.grammar.nearest import did_you_mean
from lading.image import Image

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

__all__ = [
    "excerpted",
    "hint_at",
    "import_file",
    "import_module",
    "importing",
    "text_of",
    "users_code",
]

_LADING = str(Path(__file__).parent.parent)
# What Lading itself imports, some of it late: Python's own modules, and its dependencies' names.
_OTHERS = {"click", "markdown_it", "mdurl", "msgspec", "packaging", "pygments", "rich", "tomli_w"}
_TAKEN = sys.stdlib_module_names | _OTHERS | {"urllib3", "uv"}


@contextmanager
def importing(project: Path) -> Iterator[None]:
    """While it lasts, a project's modules can be imported, and what they print is talk.

    Afterwards they can't be: a module of the project's that is called as one of Python's own
    (`secrets.py`, `platform.py`) must not take its place in what Lading imports later.
    """
    path, no_bytecode, known = sys.path[:], sys.dont_write_bytecode, set(sys.modules)
    folders = [str(one.resolve()) for one in folders_of_modules(project)]
    sys.path[:0] = folders
    # A __pycache__ in the project would be something that a command wrote unasked.
    sys.dont_write_bytecode = True
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _forget_taken(known, {*folders, *sys.path} - set(path))
        sys.path[:], sys.dont_write_bytecode = path, no_bytecode


def _forget_taken(known: set[str], folders: set[str]) -> None:
    """Forget the new modules of these folders that are called as what Lading may import later."""
    found = {name: module for name, module in sys.modules.items() if name not in known}
    shadows = {
        name
        for name, module in found.items()
        if name in _TAKEN and not folders.isdisjoint(_folders(module))
    }
    for name in found:
        if name.partition(".")[0] in shadows:
            del sys.modules[name]


def _folders(module: ModuleType) -> list[str]:
    """The folders, of those in `sys.path`, that a top-level module was found in."""
    places = getattr(module, "__path__", None) or [getattr(module, "__file__", None)]
    return [str(Path(place).parent) for place in places if place]


@contextmanager
def users_code(message: str, *, called: bool = False) -> Iterator[None]:
    """Runs the user's code, of which anything may come.

    Args:
        message: What can't be done where it raises something.
        called: Whether a function is called, and no module imported.

    Raises:
        SpecificationError: What it raised, after `message`.
    """
    try:
        yield
    except (KeyboardInterrupt, Terminated):
        raise
    except BaseException as error:  # noqa: BLE001 - CancelledError is none of Exception's
        raise _refusal(message, error, called=called) from None


def import_file(path: Path) -> ModuleType:
    """The module in a file.

    Raises:
        SpecificationError: There is no such file, or importing it fails.
    """
    if os.path.lexists(path) and not path.is_file():  # a pipe would be waited for without end
        raise SpecificationError(f"{path} can't be read: it is no file")
    if not path.is_file():
        around = [entry.name for entry in path.parent.glob("*.py")] if path.parent.is_dir() else []
        raise SpecificationError(f"there is no file {path}", hint=did_you_mean(path.name, around))
    # A file named like a module that is there already (json.py, lading.py) must not replace it.
    private = path.stem in sys.modules or path.stem in _TAKEN
    name = f"__{path.stem}__" if private else path.stem
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    assert spec is not None  # noqa: S101 - it ends in .py
    assert spec.loader is not None  # noqa: S101
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    with users_code(f"{path} can't be imported"):
        spec.loader.exec_module(module)
    return module


@contextmanager
def excerpted(statements: ast.Module, file: Path) -> Iterator[ModuleType]:
    """A module that has run nothing but these statements of the file.

    Raises:
        SpecificationError: Running them fails.
    """
    name = f"__{file.stem}__"
    module = sys.modules[name] = ModuleType(name)
    module.__file__ = str(file)
    try:
        with users_code(f"{file} can't be imported"):
            exec(compile(statements, str(file.resolve()), "exec"), vars(module))  # noqa: S102 - the user's own
        yield module
    finally:
        del sys.modules[name]


def import_module(name: str, root: Path) -> ModuleType:
    """The module of that name, which is one of a project's as a rule.

    Raises:
        SpecificationError: There is none, or importing it fails.
    """
    if not all(name.split(".")):
        raise SpecificationError(f"{name!r} is no name of a module", hint="package.module:image")
    with users_code(f"{name} can't be imported"):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if not f"{name}.".startswith(f"{error.name}."):
                raise  # another one, which this one imports
            missing = str(error.name)
    raise SpecificationError(
        f"there is no module {missing} in {root.resolve().name or root.resolve()}",
        hint=hint_at(missing, root),
    )


def hint_at(missing: str, root: Path) -> str | None:
    """What may be meant by the name of a module that a project does not have."""
    modules = ProjectModules(root)
    if hidden := modules.hiding(missing):
        found, own = (one.relative_to(root) for one in hidden)
        return f"{found} is found instead of {own}: rename one of them"
    around = modules.names_in(missing.rpartition(".")[0])
    return did_you_mean(missing, around) or (f"it has {', '.join(around)}" if around else None)


def _refusal(message: str, error: BaseException, *, called: bool) -> LadingError:
    """What the user's code raised, at the user's line."""
    if isinstance(error, LadingError):
        return error
    first, _, rest = f"{type(error).__name__}: {text_of(error)}".partition("\n")
    location = _location(error)
    problem = Problem(
        message=f"{message}: {first.rstrip(': ')}",
        location=location,
        hint=_meant(error, location) or _hint(error, called=called),
        detail=rest or None,
    )
    return SpecificationError(problem)


def text_of(error: BaseException) -> str:
    """What an error says; nothing where it fails even at that, as one of the user's own may."""
    try:
        return str(error)
    except (KeyboardInterrupt, Terminated):
        raise
    except BaseException:  # noqa: BLE001 - the user's own code, which may end Python
        return ""


def _location(error: BaseException) -> Location | None:
    if isinstance(error, SyntaxError) and error.filename:
        return Location(error.filename, error.lineno or 1)
    frames = [one for one in traceback.extract_tb(error.__traceback__) if _is_users(one.filename)]
    return Location(frames[-1].filename, frames[-1].lineno or 1) if frames else None


def _is_users(filename: str) -> bool:
    return not filename.startswith((_LADING, "<frozen")) and "importlib" not in filename


def _meant(error: BaseException, location: Location | None) -> str | None:
    """How a module is imported that is beside the one whose import does not find it."""
    if not isinstance(error, ModuleNotFoundError) or location is None or not error.name:
        return None
    folder, name = Path(location.file).parent, error.name.partition(".")[0]
    around = (Path(one) for one in sys.path if folder.is_relative_to(one))
    root = next(around, folder)
    found = ".".join((*folder.relative_to(root).parts, name))
    is_there = root != folder and ProjectModules(root).file(found) is not None
    return f"import it as {found}" if is_there else None


def _hint(error: BaseException, *, called: bool) -> str | None:
    if isinstance(error, SystemExit):
        return _RETURNING if called else _PROGRAM
    if isinstance(error, ModuleNotFoundError):
        return f"install {error.name} beside Lading{_CALLED if called else _IMPORTED}"
    if isinstance(error, ImportError | AttributeError):
        found = re.match(_UNKNOWN_NAME, text_of(error))
        return did_you_mean(found[1] or found[2], lading.__all__) if found else None
    return _misspelt(error) if isinstance(error, TypeError) else None


_PROGRAM = 'a module that is also a program ends with: if __name__ == "__main__": ...'
_RETURNING = "let it return an Image, or raise an error: it must not end Python"
_IMPORTED = ", or import it where it is used: Lading imports the module to find the image"
_CALLED = ": Lading calls the function to get the image"
_UNKNOWN_NAME = r"cannot import name '(\w+)' from 'lading'|module 'lading' has no attribute '(\w+)'"


def _misspelt(error: TypeError) -> str | None:
    """The argument that is meant, where a call of Lading's has none of that name."""
    pattern = r"(Image\.|\w+Calls\.)?(\w+)\(\) got an unexpected keyword argument '(\w+)'"
    found = re.match(pattern, text_of(error))
    if found is None or not (found[1] or found[2] in lading.__all__):
        return None
    call = getattr(Image if found[1] else lading, found[2], None)
    return did_you_mean(found[3], inspect.signature(call).parameters) if call else None
