"""Finding the `Image` that a TARGET names, and the project that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lading.cli.importing import import_file, import_module, importing, users_code
from lading.errors import Problem, SpecificationError
from lading.grammar.credentials import redact
from lading.grammar.nearest import did_you_mean
from lading.image import Image
from lading.tool_table import KEYS, tool_table

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["Target", "load_target"]

_FORM = (
    "name it as path/service.py:image, package.module:image, or a folder with "
    '[tool.lading] image = "service:image"'
)


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
    if "://" in text:
        # Refused before a path is made of it, in which credentials could not be told any more.
        raise SpecificationError(f"{redact(text)!r} names no image", hint=_FORM)
    where, colon, attribute = text.rpartition(":") if ":" in text else (text, "", "")
    if not colon and Path(where).is_dir():
        root = Path(where)
        where, attribute = _from_pyproject(root)
    elif where.endswith(".py"):
        root = Path(where).parent
    elif colon and "/" not in where and where:
        root = Path()
    else:
        raise SpecificationError(f"{text!r} names no image", hint=_hint(where))
    with importing(root):
        module = import_file(Path(where)) if where.endswith(".py") else import_module(where)
        image = _image(module, attribute or "image", where)
    return Target(image=image, project=(Path(project) if project else root).resolve())


def _hint(where: str) -> str:
    place = Path(where)
    if place.with_suffix(".py").is_file():
        return f"did you mean {place.with_suffix('.py')}:image?"
    return _FORM


def _from_pyproject(folder: Path) -> tuple[str, str]:
    """The module and the attribute that `[tool.lading]` names, each by its own word."""
    path = folder / "pyproject.toml"
    table = _table(path)
    problems = [_unknown_key(path, key) for key in table if key not in KEYS]
    named = table.get("image")
    if not problems and (not isinstance(named, str) or not all(named.rpartition(":"))):
        message = f"{path} names no image in [tool.lading]"
        problems.append(Problem(message=message, hint='write image = "service:image" there'))
    if problems:
        raise SpecificationError(problems)
    module, _, attribute = str(named).rpartition(":")
    return str(folder / module) if module.endswith(".py") else module, attribute


def _table(path: Path) -> dict[str, object]:
    if not path.is_file():  # a pipe of that name would be waited for without end
        raise SpecificationError(f"there is no file {path}", hint=_FORM)
    return tool_table(path)


def _unknown_key(path: Path, key: str) -> Problem:
    hint = did_you_mean(key, KEYS) or f"it takes {', '.join(KEYS)}"
    return Problem(message=f"{path}: [tool.lading] has no key {key!r}", hint=hint)


def _image(module: ModuleType, attribute: str, where: str) -> Image:
    try:
        found = getattr(module, attribute)
    except AttributeError:
        names = [name for name, value in vars(module).items() if isinstance(value, Image)]
        hint = did_you_mean(attribute, names) or (f"it has {', '.join(names)}" if names else None)
        raise SpecificationError(f"{where} has no {attribute!r}", hint=hint) from None
    if callable(found) and not isinstance(found, type):
        # A function keeps `import lading` out of a module that also runs where Lading is not.
        with users_code(f"{where}:{attribute} can't be called"):
            found = found()
    if not isinstance(found, Image):
        message = f"{where}:{attribute} is no Image, but of type {type(found).__name__}"
        raise SpecificationError(message, hint="name an Image, or a function that returns one")
    return found
