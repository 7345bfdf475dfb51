"""What a source says it requires, read off its files where its own code would be the one to tell.

Some of it is declared (PEP 621), some only what was true for whoever made the archive. So it is an
assumption, which the build checks once the wheel is there.
"""

from __future__ import annotations

import re
import tomllib
from configparser import ConfigParser
from configparser import Error as ConfigError
from dataclasses import dataclass
from email.parser import HeaderParser
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message

    from lading.lock.source_texts import SourceTexts

__all__ = ["Known", "known_by", "version_in"]

# `name`, then extras, versions or a marker: what a line must be to be handed to a resolver at all.
_LINE = re.compile(r"[A-Za-z0-9][^\x00-\x1f\x7f]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the files of a source say of its wheel.

    Attributes:
        requires: Requirements (PEP 508), those of extras with their marker.
        extras: The extras that it has.
        version: Its version, where the files tell.
    """

    requires: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    version: str | None = None


def known_by(texts: SourceTexts, name: str) -> Known | None:
    """What the source of `name` says as data, the more binding first; None where it says nothing.

    Raises:
        ValueError: What it says can't be read.
    """
    tables = _tables(texts.pyproject)
    project = tables.get("project")
    record = _headers(texts.pkg_info)
    version = version_in(texts)
    if isinstance(project, dict) and "dependencies" not in _dynamic(project):
        return _by_project(project, version)
    if record is not None and record.get_all("Requires-Dist"):
        return _by_record(record, version)
    if name in texts.records:
        return _by_sections(texts.records[name], version)
    if record is not None:
        # A source distribution without requirements, or of a tool that knows none.
        return _by_record(record, version)
    return _by_setup_cfg(texts.setup_cfg, version)


def version_in(texts: SourceTexts) -> str | None:
    """The version that the files of a source tell, if they do and it is one."""
    project = _tables(texts.pyproject).get("project")
    record = _headers(texts.pkg_info)
    told = project.get("version") if isinstance(project, dict) else None
    return _version(told) or _version(record["Version"] if record is not None else None)


def _version(word: object) -> str | None:
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415 - for sources only

    try:
        return str(Version(word)) if isinstance(word, str) else None
    except InvalidVersion:
        return None


def _tables(text: str | None) -> dict[str, Any]:
    try:
        return tomllib.loads(text or "")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"pyproject.toml is no TOML: {error}") from None


def _dynamic(project: Mapping[str, Any]) -> tuple[str, ...]:
    found = project.get("dynamic", ())
    return tuple(str(one) for one in found) if isinstance(found, list) else ()


def _by_project(project: Mapping[str, Any], version: str | None) -> Known:
    extras = project.get("optional-dependencies", {})
    lists = extras.items() if isinstance(extras, dict) else ()
    requires = [*_lines(project.get("dependencies", []))]
    for extra, lines in lists:
        requires += (_with_extra(line, extra) for line in _lines(lines))
    return Known(requires=tuple(requires), extras=tuple(name for name, _ in lists), version=version)


def _headers(text: str | None) -> Message | None:
    return HeaderParser().parsestr(text) if text is not None else None


def _by_record(record: Message, version: str | None) -> Known:
    return Known(
        requires=_lines(record.get_all("Requires-Dist", [])),
        extras=tuple(str(one) for one in record.get_all("Provides-Extra", [])),
        version=version,
    )


def _by_setup_cfg(text: str | None, version: str | None) -> Known | None:
    """What setuptools reads from a setup.cfg, if it holds the list itself."""
    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(text or "")
    except ConfigError as error:
        raise ValueError(f"setup.cfg can't be read: {str(error).splitlines()[0]}") from None
    needed = parser.get("options", "install_requires", fallback=None)
    if needed is None or needed.strip().startswith("file:"):
        return None
    requires = [*_lines(_listed(needed))]
    section = "options.extras_require"
    extras = dict(parser[section]) if parser.has_section(section) else {}
    for extra, lines in extras.items():
        requires += (_with_extra(line, extra) for line in _lines(_listed(lines)))
    return Known(requires=tuple(requires), extras=tuple(extras), version=version)


def _listed(text: str) -> list[str]:
    """A list of setup.cfg: lines, or else words between semicolons."""
    parts = text.splitlines() if "\n" in text else text.split(";")
    return [part.strip() for part in parts if part.strip() and not part.strip().startswith("#")]


def _by_sections(text: str, version: str | None) -> Known:
    """A requires.txt of setuptools, whose sections are `[extra:marker]`."""
    found: list[str] = []
    extras: dict[str, None] = {}
    extra = marker = ""
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            extra, _, marker = (part.strip() for part in line[1:-1].partition(":"))
            if extra:
                extras[extra] = None
        elif line and not line.startswith("#"):
            (one,) = _lines([line])
            found.append(_with_extra(one, extra, marker))
    return Known(requires=tuple(found), extras=tuple(extras), version=version)


def _lines(found: object) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ValueError("its requirements are no list of texts")
    lines = tuple(" ".join(one.split()) for one in found)
    for line in lines:
        if _LINE.fullmatch(line) is None:
            raise ValueError(f"{line[:60]!r} is not a requirement")
    return lines


def _with_extra(line: str, extra: str, marker: str = "") -> str:
    """The requirement, which applies with the extra and the marker only."""
    # In a URL a semicolon follows a space, where a marker begins (PEP 508).
    cut = " ;" if "@" in line else ";"
    wanted, _, own = line.partition(cut)
    # Only letters, digits and `._-` are in an extra's name: nothing ends the quotes.
    named = f'extra == "{re.sub(r"[^A-Za-z0-9._-]", "-", extra)}"' if extra else ""
    markers = [f"({one.strip()})" for one in (own, marker) if one.strip()]
    whole = " and ".join(one for one in (*markers, named) if one)
    return f"{wanted.strip()} ; {whole}" if whole else wanted.strip()
