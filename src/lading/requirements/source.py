"""The files of a project as text: decoded, cut into lines, and never from outside of it."""

from __future__ import annotations

import codecs
import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lading.errors import Location, Problem, SpecificationError
from lading.grammar.invalid import Invalid
from lading.grammar.nearest import did_you_mean
from lading.grammar.words import no_control, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = [
    "LogicalLine",
    "find_line",
    "invalid_problem",
    "logical_lines",
    "missing",
    "parse_toml",
    "project_file",
    "read_text",
    "read_toml",
]

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LINE_END = re.compile(r"\r\n|\n|\r")
# A run of white space is tried at its begin only: else a long one takes the square of its length.
_COMMENT = re.compile(r"(?:^|(?<!\s)\s+)#.*$")
_LARGEST = 32 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class LogicalLine:
    """What a line says with its continuations, without comments, and where it begins.

    Attributes:
        text: Without white space around it.
        number: Of its first line, from 1.
        doubtful: Whether a comment in it ends in a backslash: to pip the next line is then a part
            of the comment, to uv a line of its own.
    """

    text: str
    number: int
    doubtful: bool = False

    def check(self) -> None:
        """Refuse a line that means one thing to pip, and another to uv.

        Raises:
            Invalid: It is doubtful.
        """
        if self.doubtful:
            hint = "leave out the backslash, or put the comment on a line of its own"
            raise Invalid("a comment ends in a backslash", hint=hint)


def project_file(project: Path, path: str, *, folder: str = "") -> str:
    """Return the path of a file relative to the project (POSIX), when it is an existing one.

    Args:
        project: The project's folder.
        path: The path as written.
        folder: The project's folder that `path` starts from.

    Raises:
        Invalid: The path leaves the project, by itself or by a symbolic link, or there is no file.
    """
    no_control(path, "path")
    joined = posixpath.normpath(posixpath.join(folder, path.replace("\\", "/")))
    if joined.startswith(("/", "../", "~")) or joined == ".." or re.match("[A-Za-z]:", joined):
        raise Invalid(
            f"{shown(path)} is not in the project", hint="copy it into the project's folder"
        )
    file = project / joined
    try:
        inside = file.resolve().is_relative_to(project.resolve())
        exists = file.is_file()
    except (OSError, RuntimeError):  # a name that is too long, links in a circle
        raise Invalid(f"{shown(path)} can't be looked up") from None
    if not inside:
        raise Invalid(
            f"{shown(path)} is a link that leaves the project", hint="put a copy in its place"
        )
    if not exists:
        if file.exists():
            raise Invalid(f"{shown(path)} is {'a folder' if file.is_dir() else 'no plain file'}")
        raise Invalid(f"{shown(path)} does not exist", hint=_nearest_file(file))
    return joined


def _nearest_file(file: Path) -> str | None:
    if not file.parent.is_dir():
        return None
    return did_you_mean(file.name, sorted(each.name for each in file.parent.iterdir()))


def read_text(file: Path) -> str:
    """Return a file's text: UTF-8, or what its byte order mark says.

    Raises:
        Invalid: It is not text in that encoding, can't be read, or is too large to be a list.
    """
    try:
        with file.open("rb") as opened:
            data = opened.read(_LARGEST + 1)
    except OSError as error:
        raise Invalid(f"can't be read: {(error.strerror or 'unknown reason').lower()}") from None
    if len(data) > _LARGEST:
        raise Invalid(f"the file is larger than {_LARGEST >> 20} MiB")
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        name = encoding.removesuffix("-sig").upper()
        raise Invalid(f"the file is not {name} text", hint="save it as UTF-8") from None
    if "\0" in text:  # as each letter of UTF-16 has that comes without its mark
        raise Invalid("the file has NUL characters in it", hint="save it as UTF-8")
    return text


def read_toml(project: Path, path: str) -> tuple[str, str, dict[str, Any]]:
    """Read a TOML file of the project.

    Returns:
        Its path relative to the project, its text, and its tables.

    Raises:
        SpecificationError: It is missing, outside of the project, or no TOML.
    """
    found = path
    try:
        found = project_file(project, path)
        text = read_text(project / found)
    except Invalid as error:
        raise missing(found, error) from None
    return found, text, parse_toml(text, found)


def parse_toml(text: str, file: str, *, before: int = 0) -> dict[str, Any]:
    """Read TOML text, whose lines may end in any way.

    Args:
        text: The text.
        file: Where it stands, for messages.
        before: How many lines of that file stand before it.

    Raises:
        SpecificationError: It is no TOML.
    """
    import tomllib  # noqa: PLC0415 - only where a TOML file is read

    try:
        return tomllib.loads(_LINE_END.sub("\n", text))
    except ValueError as error:  # also a number of more digits than Python reads
        place = re.search(r"at line (\d+)", str(error))
        location = Location(file, before + (int(place[1]) if place else 1))
        message = f"not valid TOML: {str(error)[:1].lower()}{str(error)[1:]}"
        raise SpecificationError(Problem(message=message, location=location)) from None
    except RecursionError:
        location = Location(file, before + 1)
        message = "not valid TOML: tables or lists are nested too deeply"
        raise SpecificationError(Problem(message=message, location=location)) from None


def missing(path: str, error: Invalid) -> SpecificationError:
    """The error for a file that can't be read at all."""
    message = error.message if shown(path) in error.message else f"{shown(path)}: {error.message}"
    return SpecificationError(Problem(message=message, hint=error.hint))


def invalid_problem(error: Invalid, location: Location) -> Problem:
    """The problem of an invalid word, at its place."""
    return Problem(message=error.message, hint=error.hint, location=location)


def logical_lines(text: str) -> Iterator[LogicalLine]:
    r"""Cut a requirements file into what pip reads as lines.

    As in pip, a line that ends in a backslash goes on in the next one, and a comment ends that.
    Lines end at CR, LF or both, and nowhere else.
    """
    parts: list[str] = []
    start = 1
    for number, line in enumerate(_LINE_END.split(text), start=1):
        start = start if parts else number
        comment = line.lstrip().startswith("#")
        goes_on = line.endswith("\\") and not comment
        parts.append(line[:-1] if goes_on else f" {line}" if comment else line)
        if not goes_on:
            yield from _logical_line(parts, start)
            parts = []
    yield from _logical_line(parts, start)


def _logical_line(parts: Iterable[str], number: int) -> Iterator[LogicalLine]:
    parts = tuple(parts)
    text = _COMMENT.sub("", "".join(parts)).replace("\t", " ").replace("\f", " ").strip()
    doubtful = any(_COMMENT.search(part) for part in parts[:-1])
    if text or doubtful:
        yield LogicalLine(text=text, number=number, doubtful=doubtful)


def find_line(text: str, needle: str, *, after: str | None = None) -> int:
    """Return the line on which a string stands, the first one after the line `after`.

    A TOML reader keeps no places, so that this is a guess; where the string is written in another
    way, it is the line of `after`, or the first.
    """
    lines = _LINE_END.split(text)
    start = 0
    if after is not None:
        start = next((i for i, line in enumerate(lines) if line.strip().startswith(after)), 0)
    for number, line in enumerate(lines[start:], start=start + 1):
        if f'"{needle}"' in line or f"'{needle}'" in line:
            return number
    escaped = needle.replace("\\", "\\\\").replace('"', '\\"')
    for number, line in enumerate(lines[start:], start=start + 1):
        if escaped in line:
            return number
    return start + 1
