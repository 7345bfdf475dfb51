"""The first `lading.toml` of a project, from what its files show."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lading.config.keys import MAIN, NAMED
from lading.distros import available_pythons, parse_distro
from lading.errors import SpecificationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = [
    "Draft",
    "Packages",
    "drafted",
    "found_elsewhere",
    "found_entry",
    "found_packages",
    "found_python",
]

_RELEASES: Final = ("debian:trixie", "debian:bookworm")
"""Whose Python a base of packages may have, the newest first."""

_ELSEWHERE: Final = (
    "poetry.lock",
    "pdm.lock",
    "Pipfile",
    "environment.yml",
    "environment.yaml",
    "setup.cfg",
    "setup.py",
)

_LONG: Final = 100
"""In letters: a longer array has a line for each of its words."""

_SERIES: Final = re.compile(r"(?:cpython-?|python-?)?(3\.[0-9]{1,2})(?:\.[0-9]+)?\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Packages:
    """Where a project says which Python packages it needs.

    Attributes:
        file: The file.
        key: The call that reads it.
        value: What that call takes, as TOML.
    """

    file: str
    key: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a first project file says.

    Attributes:
        packages: Where the Python packages are from; None where no file tells.
        elsewhere: A file that may tell it, and that nothing here reads.
        imported: The distributions that the project imports something of, where no file tells.
        unknown: What it imports, of distributions that are not known.
        python: The series that the project names; None where it names none.
        files: What the image includes.
        argv: The command; none where nothing was found that serves.
        env: The variables that it takes.
        port: Where it listens.
        brought_by: The Python package that has the command's program.
        images: The images that the code declares, by name; then nothing else is said.
    """

    packages: Packages | None = None
    elsewhere: str | None = None
    imported: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    python: str | None = None
    files: tuple[str, ...] = ()
    argv: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    port: int | None = None
    brought_by: str | None = None
    images: tuple[tuple[str, str], ...] = ()

    @property
    def needed(self) -> tuple[str, ...]:
        """The distributions for what is imported and for the command; none where nobody knows."""
        more = {self.brought_by} if self.brought_by is not None else set()
        return tuple(sorted({*self.imported, *more})) if self.imported else ()


def found_packages(project: Path) -> Packages | None:
    """The file that says it best: a lock before a declaration, and that before a list.

    None where no file says it.

    Raises:
        SpecificationError: pyproject.toml can't be read.
    """
    if (project / "uv.lock").is_file():
        return Packages(file="uv.lock", key="uv_lock", value="true")
    for name in ("pylock.toml", "requirements.txt"):
        if (project / name).is_file() and not (name != "pylock.toml" and _declares(project)):
            return Packages(file=name, key="requirements_file", value=f'"{name}"')
    if _declares(project):
        return Packages(file="pyproject.toml", key="pyproject_toml", value="true")
    return None


def found_elsewhere(project: Path) -> str | None:
    """A file that may say which Python packages are needed, of a kind that is not read here."""
    if _tool_table(project, "poetry"):
        return "[tool.poetry] of pyproject.toml"
    patterns = (*_ELSEWHERE, "requirements*.txt", "requirements/*.txt", "requirements*.in")
    found = (path for pattern in patterns for path in sorted(project.glob(pattern)))
    return next((path.relative_to(project).as_posix() for path in found if path.is_file()), None)


def _declares(project: Path) -> bool:
    """Whether a pyproject.toml declares the project's dependencies (PEP 621)."""
    return "dependencies" in _project_table(project)


def _project_table(project: Path) -> dict[str, object]:
    table = _pyproject(project).get("project", {})
    return table if isinstance(table, dict) else {}


def _tool_table(project: Path, name: str) -> object:
    tools = _pyproject(project).get("tool", {})
    return tools.get(name) if isinstance(tools, dict) else None


def _pyproject(project: Path) -> dict[str, object]:
    path = project / "pyproject.toml"
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SpecificationError(f"{path} is not valid TOML: {error}") from None
    except OSError as error:
        why = (error.strerror or "no access").lower()
        raise SpecificationError(f"{path} can't be read: {why}") from None


def found_python(project: Path) -> str | None:
    """The series of Python that a project says it runs on: `.python-version`, `requires-python`.

    Raises:
        SpecificationError: pyproject.toml can't be read.
    """
    pinned = project / ".python-version"
    if pinned.is_file():
        found = _SERIES.fullmatch(pinned.read_text("utf-8", errors="replace").strip())
        if found:
            return found[1]
    wanted = _project_table(project).get("requires-python")
    return _newest_of(wanted) if isinstance(wanted, str) else None


def found_entry(project: Path) -> str | None:
    """The only program that a project declares, as `package.module:function`.

    Raises:
        SpecificationError: pyproject.toml can't be read.
    """
    scripts = _project_table(project).get("scripts")
    entries = [*scripts.values()] if isinstance(scripts, dict) else []
    return entries[0] if len(entries) == 1 and isinstance(entries[0], str) else None


def _newest_of(wanted: str) -> str | None:
    """The newest of Debian's own series that a version specifier takes; else the first it does."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415 - only here

    own = [series for release in _RELEASES for series in available_pythons(parse_distro(release))]
    try:
        takes = SpecifierSet(wanted)
    except InvalidSpecifier:
        return None
    others = [f"3.{minor}" for minor in range(14, 7, -1)]
    return next((one for one in (*own, *others) if takes.contains(f"{one}.99")), None)


def drafted(draft: Draft) -> str:
    """The text of the file."""
    lines = _references(draft.images) if draft.images else _lines(draft)
    return "\n".join((*lines, ""))


def _references(images: tuple[tuple[str, str], ...]) -> Iterator[str]:
    main = images[0][1] if len(images) == 1 else dict(images).get(MAIN)
    named = [(name, text) for name, text in images if text != main]
    every = " --all" if named else ""
    yield "# What the image of this project holds is said in its code. `lading schema` has every"
    yield f"# key, for editors; `lading lock{every}` and `lading build{every}` are next."
    if main is not None:
        yield f"{MAIN} = {_text(main)}"
    if named:
        yield from ("", f"[{NAMED}]")
    for name, text in named:
        yield f"{name} = {_text(text)}"


def _lines(draft: Draft) -> Iterator[str]:
    yield "# What the image of this project holds. `lading schema` has every key, for editors;"
    yield "# `lading lock` and `lading build` are next."
    yield from _base(draft.python)
    yield ""
    yield from _packages(draft)
    yield ""
    if draft.files:
        yield "# Templates and other files belong here too."
        yield f"build_include = {_array(draft.files)}"
    else:
        yield '# build_include = ["service.py", "templates"]'
    yield "# Models go in layers of their own."
    yield '# model = "weights"'
    if draft.env:
        yield f"env = {{ {', '.join(f'{name} = {_text(value)}' for name, value in draft.env)} }}"
    if draft.port is not None:
        yield f"expose = {draft.port}"
    if draft.brought_by is not None and draft.packages is not None:
        yield f"# {draft.brought_by} has to be among the Python packages."
    if draft.argv:
        yield f"cmd = {_array(draft.argv)}"
    else:
        yield '# cmd = ["python3", "-m", "service"]'


def _packages(draft: Draft) -> Iterator[str]:
    if draft.unknown:
        yield f"# Imported too, of packages that are not known here: {', '.join(draft.unknown)}."
    if draft.packages is not None:
        yield f"{draft.packages.key} = {draft.packages.value}"
    elif draft.needed:
        yield "# By what the project imports. `lading lock` takes the newest that fit together."
        yield f"python_packages = {_array(draft.needed)}"
    else:
        where = f"{draft.elsewhere} may say it, and is not read here"
        none = "no requirements.txt, pyproject.toml or uv.lock says it"
        yield f"# What it needs: {where if draft.elsewhere else none}."
        yield f"# python_packages = {_array((draft.brought_by or 'fastapi',))}"
        return
    yield "# Libraries of the system that these packages need, and the base lacks."
    yield 'system_packages = ["auto"]'


def _base(python: str | None) -> Iterator[str]:
    """A base of packages where a release has that Python, which needs no registry."""
    for release in _RELEASES:
        if python is None or python in available_pythons(parse_distro(release)):
            yield 'base_image = "scratch"'
            yield f'distro = "{release}"'
            break
    else:
        yield f'distro = "{_RELEASES[0]}"'
    if python is not None:
        yield f'python_version = "{python}"'


def _text(word: str) -> str:
    """A basic string of TOML, which has JSON's escapes."""
    import json  # noqa: PLC0415 - only where one is written

    return json.dumps(word, ensure_ascii=False)


def _array(words: tuple[str, ...]) -> str:
    """An array of TOML."""
    written = [_text(word) for word in words]
    line = f"[{', '.join(written)}]"
    if len(line) <= _LONG:
        return line
    return "\n".join(("[", *(f"    {word}," for word in written), "]"))
