"""Requirements files, in the format that pip defines and uv reads."""

from __future__ import annotations

import posixpath
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from lading.errors import Location, Problem, SpecificationError
from lading.grammar.foreign_file import refuse_foreign_file
from lading.grammar.invalid import Invalid
from lading.grammar.login_form import git_hint, variable_hint
from lading.grammar.requirement import Requirement
from lading.grammar.words import shown
from lading.requirements.model import RequirementSet, SourcedRequirement
from lading.requirements.options import Options, split_options
from lading.requirements.source import (
    invalid_problem,
    logical_lines,
    missing,
    project_file,
    read_text,
)

if TYPE_CHECKING:
    from pathlib import Path

    from lading.requirements.options import Option
    from lading.requirements.source import LogicalLine

__all__ = ["parse_requirements", "read_requirements_file"]

_PYLOCK = re.compile(r"(.*/)?pylock(\.[^./]+)?\.toml")
_DEEPEST = 50
_VARIABLE = re.compile(r"\$\{(\w+)\}")


def read_requirements_file(project: Path, path: str) -> RequirementSet:
    """Read a requirements file of the project, and the files that it includes.

    A `pylock.toml` (PEP 751) is read as such.

    Args:
        project: The project's folder; nothing outside of it is read.
        path: The file, relative to the project.

    Raises:
        SpecificationError: All that is wrong in any of the files.
    """
    from lading.requirements.pylock import read_pylock  # noqa: PLC0415 - only for such a file

    if _PYLOCK.fullmatch(path):
        return read_pylock(project, path)
    try:
        refuse_foreign_file(path, "requirements_file")
        found = project_file(project, path)
        text = read_text(project / found)
    except Invalid as error:
        raise missing(path, error) from None
    reader = _Reader(project)
    reader.read(text, found)
    return reader.finish()


def parse_requirements(text: str, *, file: str, folder: str | None = None) -> RequirementSet:
    """Read the text of a requirements file that includes no other.

    Args:
        text: The file's text.
        file: Its name for messages, relative to the project.
        folder: The project's folder that paths in it start from; that of `file` where left out.

    Raises:
        SpecificationError: All that is wrong in it.
    """
    reader = _Reader(None)
    reader.read(text, file, folder=folder)
    return reader.finish()


class _Reader:
    """Reads one requirements file and what it includes, and collects what is wrong."""

    def __init__(self, project: Path | None) -> None:
        self._project = project
        self._options = Options()
        self._found: dict[bool, list[SourcedRequirement]] = {False: [], True: []}
        self._files: list[str] = []
        self._read: set[tuple[str, bool]] = set()
        self._problems: list[Problem] = []

    def finish(self) -> RequirementSet:
        """Give all that was read, or raise all that was wrong."""
        if self._problems:
            raise SpecificationError(self._problems)
        return RequirementSet(
            requirements=tuple(self._found[False]),
            constraints=tuple(self._found[True]),
            indexes=self._options.indexes(),
            no_binary=tuple(sorted(self._options.no_binary)),
            only_binary=tuple(sorted(self._options.only_binary)),
            pre=self._options.pre,
            files=tuple(self._files),
        )

    def read(
        self,
        text: str,
        file: str,
        *,
        folder: str | None = None,
        constrains: bool = False,
        chain: tuple[str, ...] = (),
    ) -> None:
        """Read one file's text; `chain` names the files that include it, outermost first."""
        self._read.add((file, constrains))
        if self._project is not None and file not in self._files:
            self._files.append(file)
        folder = posixpath.dirname(file) if folder is None else folder
        for line in logical_lines(text):
            location = Location(file, line.number)
            try:
                self._line(line, location, folder, (*chain, file), constrains=constrains)
            except Invalid as error:
                self._problems.append(invalid_problem(error, location))

    def _line(
        self,
        line: LogicalLine,
        location: Location,
        folder: str,
        chain: tuple[str, ...],
        *,
        constrains: bool,
    ) -> None:
        line.check()
        variable = _VARIABLE.search(line.text)
        if variable is not None:
            message = f"refers to the environment variable {variable[1]}"
            raise Invalid(message, hint=_without_variable(line.text))
        if not line.text.startswith("-"):
            self._requirement(line.text, location, folder, constrains=constrains)
            return
        for option in split_options(line.text):
            if option.name in {"--requirement", "--constraint"}:
                self._include(option, location, folder, chain)
            else:
                self._options.apply(option, location, folder)

    def _requirement(self, text: str, location: Location, folder: str, *, constrains: bool) -> None:
        requirement = self._parsed(text, folder)
        if constrains and (requirement.name is None or requirement.extras):
            # pip and uv refuse both: a constraint asks for nothing, it only limits a name.
            hint = "name the package and its versions: name<2"
            raise Invalid(f"{shown(requirement.text)} can't be a constraint", hint=hint)
        found = SourcedRequirement(requirement=requirement, location=location)
        self._found[constrains].append(found)

    def _parsed(self, text: str, folder: str) -> Requirement:
        """A requirement; a path starts as for pip and uv, run in the project's folder: from there.

        Where nothing is there, it starts from the folder of the file that it stands in.
        """
        if self._project is not None and folder:
            with suppress(Invalid):
                found = Requirement.parse(text)
                if found.path is None or (self._project / found.path).exists():
                    return found
        return Requirement.parse(text, folder=folder)

    def _include(
        self, option: Option, location: Location, folder: str, chain: tuple[str, ...]
    ) -> None:
        if "://" in option.value:
            hint = "copy the file into the project: what it says at a URL may change"
            raise Invalid(f"{option.written} of a URL is not supported", hint=hint)
        if self._project is None:
            raise Invalid(f"{option.written} includes a file, which this text can't")
        file = project_file(self._project, option.value, folder=folder)
        refuse_foreign_file(file, "requirements_file")
        if len(chain) > _DEEPEST:
            raise Invalid(f"more than {_DEEPEST} requirements files include each other in a row")
        if file in chain:
            names = " -> ".join((*chain[chain.index(file) :], file))
            raise Invalid(f"requirements files include each other: {names}")
        if _PYLOCK.fullmatch(file):
            hint = f'.requirements_file("{file}")'
            raise Invalid(f"{option.written} of a pylock file is not supported", hint=hint)
        constrains = option.name == "--constraint"
        if (file, constrains) in self._read:
            return
        text = self._text(file, location)
        if text is not None:
            self.read(text, file, constrains=constrains, chain=chain)

    def _text(self, file: str, location: Location) -> str | None:
        assert self._project is not None  # noqa: S101 - the only caller has looked
        try:
            return read_text(self._project / file)
        except Invalid as error:
            message = f"{shown(file)}: {error.message}"
            self._problems.append(Problem(message=message, hint=error.hint, location=location))
            return None


def _without_variable(line: str) -> str:
    """What to write in place of a line that refers to an environment variable."""
    for url in re.findall(r"\S+://\S+", line):
        login = re.search(r"://[^\s/]*\$\{\w+\}[^\s/]*@", url) is not None
        if login and "git+" in url:
            return git_hint(re.sub(r"^.*?(?=git\+)", "", url))
        hint = variable_hint(re.sub(r"^.*?(?=https?://)", "", url)) if login else None
        if hint is not None:
            return hint
    if "${PROJECT_ROOT}" in line:
        return "write the path from this file's folder: ./path"
    return "write the value out: the lock must not depend on the machine that makes it"
