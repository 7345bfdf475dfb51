"""The modules of a project, as the text of its files shows them: nothing is imported."""

from __future__ import annotations

import ast
import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lading.cli.bindings import IMPORTING, absolute, binds, body_of, certain_imports, names_in
from lading.cli.declarations import Services, services_in
from lading.services import SOURCES, Code, Served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["ProjectModules", "folders_of_modules", "modules_run_by"]


def folders_of_modules(root: Path) -> tuple[Path, ...]:
    """The folders that a project's modules are imported from, in the order of looking."""
    beside = root / SOURCES
    is_layout = beside.is_dir() and not (beside / "__init__.py").is_file()
    return (root, beside) if is_layout else (root,)


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


@dataclass(frozen=True, slots=True)
class ProjectModules:
    """The modules below a folder.

    Attributes:
        root: The project's folder.
    """

    root: Path

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that they are imported from."""
        return folders_of_modules(self.root)

    def file(self, module: str) -> Path | None:
        """The file of a module, as Python looks for it there."""
        found = self._found(module)
        return found[1] if found else None

    def has_folder(self, name: str) -> bool:
        """Whether they may be imported from a folder of that name, which need be no package."""
        return any(os.path.isdir(one / name) for one in self.folders)  # noqa: PTH112 - False for any

    def is_in_sources(self, module: str) -> bool:
        """Whether it is found below `src`, and called as it is there."""
        found = self._found(module)
        return found is not None and found[0] != self.root

    def _found(self, module: str) -> tuple[Path, Path] | None:
        """The folder that a module is imported from, and its file."""
        parts = module.split(".")
        if not all(parts):  # a relative name, which only its own module can tell
            return None
        for folder in self.folders_of(parts[0]):
            if file := _file_of(folder.joinpath(*parts)):
                return folder, file
        return None

    def folders_of(self, name: str) -> tuple[Path, ...]:
        """The folders that a package of that name, and all that is in it, is imported from."""
        # A package counts before folders of its name that are none (PEP 420).
        top = next((one for one in self.folders if _file_of(one / name)), None)
        return self.folders if top is None else (top,)

    def hiding(self, module: str) -> tuple[Path, Path] | None:
        """The file that is found instead of a package of that name, and the module's in there."""
        first, _, _ = module.partition(".")
        files = (_file_of(one.joinpath(*module.split("."))) for one in self.folders)
        own, other = next(filter(None, files), None), self.file(first)
        return None if own is None or other is None else (other, own)

    def names_in(self, package: str) -> tuple[str, ...]:
        """The names of the modules and packages in one package, or at the top for an empty name."""
        tops = self.folders_of(package.partition(".")[0]) if package else self.folders
        folders = [one.joinpath(*package.split(".")) for one in tops]
        modules = (file for one in folders for file in one.glob("[!_]*.py") if file.is_file())
        found = (*modules, *(file.parent for one in folders for file in one.glob("*/__init__.py")))
        names = sorted({one.stem for one in found if one.stem.isidentifier()})
        return tuple(f"{package}.{name}" if package else name for name in names)

    def text(self, module: str) -> str | None:
        """The text of a module; None where the project has none such, or none that can be read."""
        return _text(self.file(module))

    def path(self, where: str) -> Path | None:
        """The file of a module that is named by itself or by its file."""
        return Path(where) if where.endswith(".py") else self.file(where)

    def source(self, where: str) -> str | None:
        """The text of a module, or of a file of one."""
        return _text(self.path(where))

    def code(self, module: str, attribute: str) -> Code:
        """Where something is, with all modules of the project that its own leads to."""
        found = self._reached(module, _imports)
        files = (self.file(one) for one in found)
        return Code(
            module=module,
            attribute=attribute,
            files=tuple(sorted({one.relative_to(self.root).as_posix() for one in files if one})),
            imports_lading=any("lading" in names for names in found.values()),
            in_sources=any(map(self.is_in_sources, found)),
        )

    def led_to(self, module: str, *, surely: bool = False) -> tuple[str, ...]:
        """A module, and all modules of the project that it leads to.

        Args:
            module: Its name.
            surely: Whether an import counts only where nothing guards it.
        """
        found = certain_imports if surely else _imports
        return tuple(sorted(self._reached(module, found)))

    def imported(self, module: str) -> Iterator[tuple[ast.Import | ast.ImportFrom, set[str]]]:
        """The imports of a module that nothing guards, with the names of what each imports."""
        for node in certain_imports(self.text(module) or ""):
            yield node, self._named(node, module)

    def _reached(
        self, module: str, found_in: Callable[[str], Iterator[ast.Import | ast.ImportFrom]]
    ) -> dict[str, set[str]]:
        """The modules of the project that one leads to, and what each of them imports."""
        parts = module.split(".")
        waiting = [".".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
        found: dict[str, set[str]] = {}
        while waiting:
            name = waiting.pop()
            if name in found or (text := self.text(name)) is None:
                continue
            imported = {one for node in found_in(text) for one in self._named(node, name)}
            found[name] = {one.partition(".")[0] for one in imported}
            waiting += imported
        return found

    def _named(self, node: ast.Import | ast.ImportFrom, module: str) -> set[str]:
        """What an import in a module runs, by names from the project's folder on."""
        package = self.package(module)
        named = (*modules_run_by(node, self.text), *_beside(node))
        return {absolute(one, package) for one in named}

    def package(self, module: str) -> str:
        """The package that relative imports of a module start from; empty where it is in none."""
        file = self.file(module)
        return (
            module if file is not None and file.name == "__init__.py" else module.rpartition(".")[0]
        )

    def services(self, where: str) -> Services:
        """The services that a module declares, or a file of one."""
        return services_in(
            self.source(where),
            self.text,
            is_own=partial(self._is_there, where),
            package="" if where.endswith(".py") else self.package(where),
        )

    def _is_there(self, where: str, module: str) -> bool:
        """Whether a module is the one that is named by itself or by its file."""
        path, file = self.path(where), self.file(module)
        return path is not None and file is not None and path.resolve() == file.resolve()

    def called(self, where: str) -> dict[str, str]:
        """The names that a module binds, each with what its image is called, by the text.

        It is another one only of a service that is given one. A second name of a service is none.
        """
        declared = self.services(where).declarations
        aliases = {one.name for one in declared if one.is_alias}
        own = {one.name: one.called for one in declared}
        body = body_of(self.source(where))
        names = dict.fromkeys(name for one in body for name in sorted(binds(one)))
        return {name: own.get(name, name) for name in names if name not in aliases}

    def application(self, module: str) -> tuple[str, str, Served] | None:
        """The last application that a module makes: the module, its name, and what it is."""
        own = names_in(self.text(module) or "")
        for name, found in reversed([*self.services(module).served.items()]):
            is_application = found.kind in {"asgi", "wsgi", "gradio"} and not found.is_factory
            if is_application and name in own and name.isidentifier():
                return module, name, found
        return None

    def served(self, module: str, attribute: str) -> Served:
        """What something is, as far as its module's text tells."""
        return self.services(module).served.get(attribute, Served())


def _imports(text: str) -> Iterator[ast.Import | ast.ImportFrom]:
    """All imports in a text, whether they are certain or not."""
    nodes = (node for one in body_of(text) for node in ast.walk(one))
    return (node for node in nodes if isinstance(node, IMPORTING))


def _file_of(place: Path) -> Path | None:
    """The file of the package or the module there."""
    files = (place / "__init__.py", place.with_name(f"{place.name}.py"))
    return next((one for one in files if os.path.isfile(one)), None)  # noqa: PTH113 - False for any name


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
