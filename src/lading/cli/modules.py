"""The modules of a project, as the text of its files shows them: nothing is imported."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lading.services import Code, Served, function_of, kind_called

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["IMPORTING", "ProjectModules", "bound_as", "modules_run_by"]

IMPORTING: Final = (ast.Import, ast.ImportFrom)


def modules_run_by(
    node: ast.Import | ast.ImportFrom, local: Callable[[str], object]
) -> Iterator[str]:
    """The modules that an import runs: packages before what is in them.

    A relative one has a name that no module has, and so has all of a module, `*`.

    Args:
        node: The import.
        local: Gives nothing but for a module of the project.
    """
    for name in _named_by(node):
        *above, last = name.split(".")
        for depth in range(1, len(above) + 1):
            if local(".".join(above[:depth])) is not None:
                yield ".".join(above[:depth])
        yield name
        for alias in node.names if isinstance(node, ast.ImportFrom) and last else ():
            if local(f"{name}.{alias.name}") is not None:
                yield f"{name}.{alias.name}"


def _named_by(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    yield "." * node.level + (node.module or "")
    if any(alias.name == "*" for alias in node.names):  # which binds what no text here shows
        yield "*"


def bound_as(alias: ast.alias, node: ast.Import | ast.ImportFrom) -> str:
    """The name that an import gives something."""
    if alias.asname:
        return alias.asname
    return alias.name.partition(".")[0] if isinstance(node, ast.Import) else alias.name


@dataclass(frozen=True, slots=True)
class ProjectModules:
    """The modules below a folder.

    Attributes:
        root: The folder that they are imported from.
    """

    root: Path

    def file(self, module: str) -> Path | None:
        """The file of a module, as Python looks for it there."""
        parts = module.split(".")
        if not all(parts):  # a relative name, which only its own module can tell
            return None
        place = self.root.joinpath(*parts)
        files = (place / "__init__.py", place.with_name(f"{place.name}.py"))
        return next((one for one in files if one.is_file()), None)

    def text(self, module: str) -> str | None:
        """The text of a module; None where the project has none such, or none that can be read."""
        return _text(self.file(module))

    def source(self, where: str) -> str | None:
        """The text of a module, or of a file of one."""
        return _text(Path(where)) if where.endswith(".py") else self.text(where)

    def code(self, module: str, attribute: str) -> Code:
        """Where something is, with all modules of the project that its own leads to."""
        found = self._reached(module)
        files = (self.file(one) for one in found)
        return Code(
            module=module,
            attribute=attribute,
            files=tuple(sorted(one.relative_to(self.root).as_posix() for one in files if one)),
            imports_lading=any("lading" in names for names in found.values()),
        )

    def led_to(self, module: str) -> tuple[str, ...]:
        """A module, and all modules of the project that it leads to."""
        return tuple(sorted(self._reached(module)))

    def _reached(self, module: str) -> dict[str, set[str]]:
        """The modules of the project that one leads to, and what each of them imports."""
        parts = module.split(".")
        waiting = [".".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
        found: dict[str, set[str]] = {}
        while waiting:
            name = waiting.pop()
            if name in found or (text := self.text(name)) is None:
                continue
            imported = {_absolute(one, name, self.file(name)) for one in self._imported(text)}
            found[name] = {one.partition(".")[0] for one in imported}
            waiting += imported
        return found

    def _imported(self, text: str) -> set[str]:
        try:
            nodes = ast.walk(ast.parse(text))
        except (SyntaxError, ValueError, RecursionError):
            return set()
        return {
            name
            for node in nodes
            if isinstance(node, IMPORTING)
            for name in (*modules_run_by(node, self.text), *_beside(node))
        }

    def application(self, module: str) -> tuple[str, str, Served] | None:
        """The last application that a module makes: the module, its name, and what it is."""
        names = [name for name in self._assigned(module) if name.isidentifier()]
        for name in reversed(names):
            found = self.served(module, name)
            if found.kind in {"asgi", "wsgi", "gradio"} and not found.is_factory:
                return module, name, found
        return None

    def _assigned(self, module: str) -> Iterator[str]:
        try:
            body = ast.parse(self.text(module) or "").body
        except (SyntaxError, ValueError, RecursionError):
            return
        for one in body:
            match one:
                case (
                    ast.Assign(targets=[ast.Name(id=name), *_])
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr())
                ):
                    yield name

    def served(self, module: str, attribute: str) -> Served:
        """What something is, as far as its module's text tells."""
        try:
            body = ast.parse(self.text(module) or "").body
        except (SyntaxError, ValueError, RecursionError):
            return Served()
        origins = _origins(body)
        for statement in reversed(body):
            found = _served(statement, attribute, origins)
            if found is not None:
                return found
        return Served()


def _text(file: Path | None) -> str | None:
    try:
        return file.read_text("utf-8-sig") if file is not None and file.is_file() else None
    except (OSError, UnicodeDecodeError):
        return None


def _beside(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Modules that a relative import may name: `from . import other`."""
    if isinstance(node, ast.ImportFrom) and node.level:
        start = "." * node.level + (f"{node.module}." if node.module else "")
        yield from (f"{start}{alias.name}" for alias in node.names)


def _absolute(name: str, module: str, file: Path | None) -> str:
    """The name of a module from the project's folder on (PEP 328)."""
    level = len(name) - len(name.lstrip("."))
    if not level:
        return name
    above = module.split(".")
    package = above if file is not None and file.name == "__init__.py" else above[:-1]
    kept = package[: len(package) - level + 1]
    return ".".join((*kept, *filter(None, name[level:].split("."))))


def _origins(body: list[ast.stmt]) -> dict[str, str]:
    """By name, the module that it was imported from."""
    found: dict[str, str] = {}
    for node in (node for one in body for node in ast.walk(one) if isinstance(node, IMPORTING)):
        for alias in node.names:
            source = alias.name if isinstance(node, ast.Import) else node.module or ""
            found[bound_as(alias, node)] = source
    return found


def _served(statement: ast.stmt, attribute: str, origins: dict[str, str]) -> Served | None:
    match statement:
        case ast.ClassDef(name=name, bases=bases) if name == attribute:
            kinds = [kind_called(origins.get(_root(base), "")) for base in bases]
            kind = next((one for one in kinds if one is not None), None)
            return Served(kind=kind or "class", is_factory=True)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name == attribute:
            return function_of(statement, lambda one: kind_called(origins.get(one, "")))
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name == attribute:
            made = _constructed(value)
            return None if made is None else Served(kind=kind_called(origins.get(_root(made), "")))
        case ast.AnnAssign(target=ast.Name(id=name), annotation=what, value=ast.expr()) if (
            name == attribute
        ):
            return Served(kind=kind_called(origins.get(_root(what), "")))
        case _:
            return None


def _constructed(value: ast.expr) -> ast.expr | None:
    """What is called to make a value; None of a declaration that takes its value from a name."""
    match value:
        case ast.Call(func=ast.Call(), args=[served]):
            return _constructed(served)
        case ast.Call(func=called):
            return called
        case _:
            return None


def _root(value: ast.expr) -> str:
    while isinstance(value, ast.Attribute | ast.Subscript | ast.Call):
        value = value.func if isinstance(value, ast.Call) else value.value
    return value.id if isinstance(value, ast.Name) else ""
