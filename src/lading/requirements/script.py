"""Inline script metadata (PEP 723): what a script of the project says that it needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lading.errors import Location, Problem, SpecificationError
from lading.grammar.foreign_file import refuse_foreign_file
from lading.grammar.invalid import Invalid
from lading.requirements.document import Document, python_versions
from lading.requirements.model import RequirementSet
from lading.requirements.source import missing, parse_toml, project_file, read_text
from lading.requirements.uv_settings import read_settings
from lading.requirements.uv_sources import Sources

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_script"]

_BEGIN = re.compile(r"# /// ([a-zA-Z0-9-]+)")
_HINT = (
    'begin the script with `# /// script`, `# dependencies = ["..."]` and `# ///`, each on a line'
)


def read_script(project: Path, path: str) -> RequirementSet:
    """Read the requirements in the metadata block of a script; the script is not run.

    `[tool.uv]` in it is read as in a pyproject.toml, with paths that start from its folder.

    Args:
        project: The folder of the image's project; nothing outside of it is read.
        path: The script, relative to `project`.

    Raises:
        SpecificationError: All that is wrong with it: no such block or several, or one that is no
            TOML or asks for what is not supported.
    """
    file = path
    try:
        refuse_foreign_file(path, "script_requirements")
        file = project_file(project, path)
        text = read_text(project / file)
    except Invalid as error:
        raise missing(file, error) from None
    before, block = _metadata(re.split(r"\r\n|\n|\r", text), file)
    tables = parse_toml(block, file, before=before)
    document = Document(project, file, block, tables, before=before)
    found = _read(document)
    document.finish()
    return found


def _read(document: Document) -> RequirementSet:
    tables = document.tables
    sources = Sources(document)
    lines = document.strings("dependencies", tables.get("dependencies", []))
    read = [document.requirement(line, "dependencies") for line in lines]
    found = [one for each in read if each is not None for one in sources.of(each)]
    settings = read_settings(document)
    return RequirementSet(
        requirements=tuple({(one.requirement, one.index): one for one in found}.values()),
        constraints=settings.constraints,
        indexes=settings.indexes,
        no_binary=settings.no_binary,
        only_binary=settings.only_binary,
        pre=settings.pre,
        requires_python=python_versions(document, tables.get("requires-python")),
        environments=settings.environments,
        files=(document.file, *sources.files),
    )


def _metadata(lines: list[str], file: str) -> tuple[int, str]:
    """How many lines stand before the text of the block `script`, and that text."""
    found = [(begin, end) for begin, end, kind in _blocks(lines) if kind == "script"]
    if not found and "# /// script" in lines:
        place = Location(file, lines.index("# /// script") + 1)
        message = "the metadata block called script does not end"
        hint = "end it with a line `# ///`; between them, each line is `#` or begins with `# `"
        raise SpecificationError(Problem(message=message, location=place, hint=hint))
    if not found:
        message = "there is no metadata block called script (PEP 723)"
        raise SpecificationError(Problem(message=message, location=Location(file, 1), hint=_HINT))
    if len(found) > 1:
        message = f"a second metadata block called script; the first is on line {found[0][0]}"
        place = Location(file, found[1][0])
        raise SpecificationError(Problem(message=message, location=place, hint="keep one of them"))
    begin, end = found[0]
    return begin, "".join(f"{line[2:]}\n" for line in lines[begin : end - 1])


def _blocks(lines: list[str]) -> list[tuple[int, int, str]]:
    """The first and the last line of each block (from 1), and its type.

    As PEP 723 has it: a block ends at the last `# ///` that follows it without any other text
    between than comments, which are `#` alone or begin with `# `.
    """
    found = []
    number = 0
    while number < len(lines):
        begin = _BEGIN.fullmatch(lines[number])
        last = _last_line(lines, number) if begin else None
        if begin is not None and last is not None:
            found.append((number + 1, last + 1, begin[1]))
            number = last
        number += 1
    return found


def _last_line(lines: list[str], begin: int) -> int | None:
    last = None
    for number in range(begin + 1, len(lines)):
        line = lines[number]
        if line != "#" and not line.startswith("# "):
            break
        # The reference's regular expression wants one line of content at least.
        if line == "# ///" and number > begin + 1:
            last = number
    return last
