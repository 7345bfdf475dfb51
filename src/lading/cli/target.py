"""Finding the `Image` that a TARGET names, and the project that it belongs to."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import tomllib
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lading.errors import LadingError, Location, Problem, SpecificationError
from lading.grammar.nearest import did_you_mean
from lading.image import Image

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["Target", "load_target"]

_KEYS = ("image",)
_FORM = 'name it as path/service.py:image, package.module:image, or a folder with [tool.lading] image = "..."'


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An image as it is written, and the folder that its paths start from."""

    image: Image
    project: Path


def load_target(text: str, *, project: str | None = None) -> Target:
    """The image that `text` names.

    Args:
        text: `path/service.py:image`, `package.module:attr`, or a folder.
        project: The project's folder; left out, it is the file's folder, the folder itself, or for
            a module this folder.

    Raises:
        SpecificationError: There is no such image, or its module can't be imported.
    """
    where, colon, attribute = text.rpartition(":") if ":" in text else (text, "", "")
    place = Path(where)
    if not colon and place.is_dir():
        where, attribute = _from_pyproject(place)
        module, root = _import_module(where, place), place
    elif where.endswith(".py"):
        module, root = _import_file(place), place.parent
    elif colon:
        module, root = _import_module(where, Path()), Path()
    else:
        raise SpecificationError(f"{text!r} names no image", hint=_FORM)
    image = _image(module, attribute or "image", where)
    return Target(image=image, project=(Path(project) if project else root).resolve())


def _from_pyproject(folder: Path) -> tuple[str, str]:
    path = folder / "pyproject.toml"
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise SpecificationError(f"{folder}/ has no pyproject.toml", hint=_FORM) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecificationError(f"{path} is not valid TOML: {error}") from None
    table = tables.get("tool", {}).get("lading", {})
    for key in table:
        if key not in _KEYS:
            hint = did_you_mean(key, _KEYS) or f"it takes {', '.join(_KEYS)}"
            raise SpecificationError(f"{path}: [tool.lading] has no key {key!r}", hint=hint)
    named = table.get("image")
    if not isinstance(named, str) or ":" not in named:
        raise SpecificationError(f"{path} names no image in [tool.lading]", hint='image = "service:image"')
    module, _, attribute = named.rpartition(":")
    return module, attribute


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        around = [entry.name for entry in path.parent.glob("*.py")] if path.parent.is_dir() else []
        raise SpecificationError(f"there is no file {path}", hint=did_you_mean(path.name, around))
    # The file's neighbours are importable from it, as when Python runs it.
    sys.path.insert(0, str(path.parent.resolve()))
    spec = importlib.util.spec_from_file_location(path.stem, path.resolve())
    assert spec is not None  # noqa: S101 - it ends in .py
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise _unimportable(str(path), error) from None
    return module


def _import_module(name: str, folder: Path) -> ModuleType:
    sys.path.insert(0, str(folder.resolve()))
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise _unimportable(name, error) from None


def _unimportable(name: str, error: Exception) -> LadingError:
    if isinstance(error, LadingError):
        return error
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_users(frame.filename)]
    location = Location(frames[-1].filename, frames[-1].lineno or 1) if frames else None
    if isinstance(error, SyntaxError) and error.filename:
        location = Location(error.filename, error.lineno or 1)
    message = f"{name} can't be imported: {type(error).__name__}: {error}"
    return SpecificationError(Problem(message=message, location=location, hint=_import_hint(error)))


def _import_hint(error: Exception) -> str | None:
    if not isinstance(error, ModuleNotFoundError):
        return None
    return (
        f"install {error.name} beside Lading, or import it where it is used: "
        "Lading imports the module to find the image"
    )


def _is_users(filename: str) -> bool:
    ours = str(Path(__file__).parent.parent)
    return not filename.startswith((ours, "<frozen")) and "importlib" not in filename


def _image(module: ModuleType, attribute: str, where: str) -> Image:
    try:
        found = getattr(module, attribute)
    except AttributeError:
        names = [name for name, value in vars(module).items() if isinstance(value, Image)]
        hint = did_you_mean(attribute, names) or (f"it has {', '.join(names)}" if names else None)
        raise SpecificationError(f"{where} has no {attribute!r}", hint=hint) from None
    if callable(found) and not isinstance(found, type):
        # A function keeps `import lading` out of a module that also runs where Lading is not.
        try:
            found = found()
        except Exception as error:
            raise _unimportable(f"{where}:{attribute}", error) from None
    if not isinstance(found, Image):
        kind = type(found).__name__
        raise SpecificationError(f"{where}:{attribute} is no Image, but of type {kind}")
    return found
