"""One question to uv: which versions, in which form, and the words and files that ask it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lading.errors import ResolutionError
from lading.lock.bindings import write_stand_ins
from lading.lock.guard import guarded
from lading.lock.refusals import Refused, needed_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from lading.errors import Problem
    from lading.lock.bindings import Bindings
    from lading.lock.groups import Group, Wanted
    from lading.lock.model import Distribution, Inputs
    from lading.lock.refusals import Needed
    from lading.lock.target import Target
    from lading.lock.uv import Uv
    from lading.process import Completed

__all__ = ["Compiler", "Declared", "NeedsCode", "Question"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What a source is said to require, so that nobody has to run its code.

    Attributes:
        name: The package.
        requires: Its requirements (PEP 508).
        version: The only version that this is said of. uv takes what is said of all versions for
            packages of an index only: a URL, a folder or a commit needs one, if only "0".
        extras: The extras that it has.
    """

    name: str
    requires: tuple[str, ...] = ()
    version: str | None = None
    extras: tuple[str, ...] = ()


class NeedsCode(ResolutionError):  # noqa: N818 - no end in itself: whoever reads sources goes on
    """The resolver refuses only because a source tells what it requires to nobody but its own code.

    Attributes:
        sources: Those that it names: the first ones that it met, not all there are.
    """

    def __init__(self, problem: Problem, sources: tuple[Needed, ...]) -> None:
        super().__init__(problem)
        self.sources = sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What uv is asked in one call.

    Attributes:
        group: What it is asked.
        bindings: Which packages come from one index only.
        learned: Those of them that something needs, though nobody asks for them directly.
        form: In which form it answers.
        more: Options of this call only.
        pins: Distributions that limit versions further, besides the constraints of the group.
    """

    group: Group
    bindings: Bindings
    learned: frozenset[str] = frozenset()
    form: str = "pylock.toml"
    more: tuple[str, ...] = ()
    pins: tuple[Distribution, ...] = ()

    @property
    def asked(self) -> frozenset[str]:
        """The names that are asked for directly."""
        return frozenset(
            one.requirement.name for one in self.group.requirements if one.requirement.name
        )

    @property
    def stand_ins(self) -> frozenset[str]:
        """The names that nothing is known to need, and that no other index may be asked for."""
        if self.group.complete:
            return frozenset()
        return frozenset(self.bindings.urls) - self.asked - self.learned


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiler:
    """`uv pip compile` for one target, in one project; its attributes are those of a `Resolver`."""

    uv: Uv
    project: Path
    target: Target
    inputs: Inputs
    declared: tuple[Declared, ...] = ()
    mask: Callable[[str], str] = str
    python_mirror: str | None = None

    def answer(self, question: Question, folder: Path, preferred: str = "") -> str:
        """What uv writes into a file that holds the versions it is to prefer.

        Raises:
            ResolutionError: It refuses.
        """
        done = self._asked(question, folder, preferred)
        if done.returncode != 0:
            raise self._refusal(question, done.stderr, folder)
        return (folder / question.form).read_text("utf-8")

    def _asked(self, question: Question, folder: Path, preferred: str = "") -> Completed:
        output = folder / question.form
        output.unlink(missing_ok=True)
        if preferred:
            output.write_text(preferred, "utf-8")
        return self.uv.call(
            (
                *("pip", "compile", *self._sources(question, folder), "--format", question.form),
                *self._options(question.group, folder),
                *(*question.more, "-o", str(output)),
            ),
            cwd=self.project,
            stdin=_lines(question.bindings.others(question.group.requirements)),
            config=self._config(question, folder),
        )

    def _refusal(self, question: Question, stderr: str, folder: Path) -> ResolutionError:
        refused = self._refused(question, stderr, folder)
        sources = needed_sources(refused.words)
        problem = (self._of_python(question, refused, folder) or refused).problem()
        return NeedsCode(problem, sources) if sources else ResolutionError(problem)

    def _refused(self, question: Question, stderr: str, folder: Path) -> Refused:
        words = stderr.replace(f"{folder}/", "").replace(f"file://{self.project}/", "./")
        return Refused(
            words=self.mask(words), group=question.group, target=self.target, inputs=self.inputs
        )

    def _of_python(self, question: Question, refused: Refused, folder: Path) -> Refused | None:
        """The refusal of what takes another Python, of which uv says only that it has no wheel.

        It says so where a source would do: it is asked again, of what it has read by now.
        """
        names = refused.without_wheels
        if not names:
            return None
        group = replace(question.group, no_binary=(*question.group.no_binary, *names))
        again = replace(question, group=group, more=(*question.more, "--offline"))
        told = self._refused(question, self._asked(again, folder).stderr, folder)
        return told if told.is_of_python else None

    def _sources(self, question: Question, folder: Path) -> tuple[str, ...]:
        stand_ins = question.stand_ins
        constraints = folder / "constraints.txt"
        lines = [one for one in question.group.constraints if one.requirement.name not in stand_ins]
        pins = [_exactly(one, self.project) for one in question.pins if one.name not in stand_ins]
        constraints.write_text(_lines(lines) + "".join(f"{pin}\n" for pin in pins), "utf-8")
        project = question.bindings.write_project(
            question.group.requirements, question.learned, folder
        )
        overrides = write_stand_ins(stand_ins, folder)
        return (
            *("-", *((str(project),) if project else ()), "--constraints", str(constraints)),
            *(("--overrides", str(overrides)) if overrides else ()),
        )

    def _config(self, question: Question, folder: Path) -> Path | None:
        """A uv.toml with what no option can say, or None where there is nothing of that."""
        lines = list(question.bindings.settings())
        for one in self.declared:
            if one.name not in question.stand_ins:
                lines += _metadata(one)
        if not lines:
            return None
        path = folder / "uv.toml"
        path.write_text("\n".join((*lines, "")), "utf-8")
        return path

    def _options(self, group: Group, folder: Path) -> tuple[str, ...]:
        """Options that leave uv nothing to take from the machine at hand."""
        only = (":all:", *dict.fromkeys(group.only_binary))
        named = {"--no-binary": dict.fromkeys(group.no_binary), "--only-binary": only}
        sources = group.no_binary or any(map(_may_be_source, group.requirements))
        runs = (guarded(self.uv, folder), "--no-build-isolation") if sources else ()
        return (
            *("--python", *(runs or (self.uv.interpreter,))),
            *("--python-version", str(self.target.python)),
            *("--python-platform", self.target.uv_platform),
            *("--no-header", "--no-annotate", "--quiet"),
            *(word for option, names in named.items() for one in names for word in (option, one)),
            *(("--no-deps",) if group.complete else ()),
            *(("--prerelease", "allow") if self.inputs.prerelease else ()),
            *self._indexes(),
        )

    def _indexes(self) -> tuple[str, ...]:
        words: list[str] = ["--no-index"] if self.inputs.no_index else []
        for index in self.inputs.indexes:
            named = f"{index.name}={index.url}" if index.name else index.url
            if not index.packages:
                words += ("--default-index" if index.default else "--index", named)
        if self.python_mirror and not any(index.default for index in self.inputs.indexes):
            words += ("--default-index", self.python_mirror)
        if self.inputs.accelerator is not None:
            words += ("--torch-backend", self.inputs.accelerator)
        for link in self.inputs.find_links:
            words += ("--find-links", link)
        return tuple(words)


def _lines(wanted: Iterable[Wanted]) -> str:
    return "".join(f"{one.requirement.text}\n" for one in wanted)


def _may_be_source(one: Wanted) -> bool:
    """Whether uv may want to run code for it: it builds folders whatever it is told."""
    where = (one.requirement.path or one.requirement.url or "").partition("#")[0]
    return one.requirement.kind != "named" and not where.endswith(".whl")


def _metadata(one: Declared) -> tuple[str, ...]:
    return (
        "[[dependency-metadata]]",
        f"name = {json.dumps(one.name)}",
        *((f"version = {json.dumps(one.version)}",) if one.version is not None else ()),
        f"requires-dist = {json.dumps(one.requires, ensure_ascii=False)}",
        *((f"provides-extra = {json.dumps(one.extras)}",) if one.extras else ()),
    )


def _exactly(one: Distribution, project: Path) -> str:
    """What was chosen, as a constraint."""
    if one.index is not None:
        return f"{one.name}=={one.version}"
    part = f"#subdirectory={one.subdirectory}" if one.subdirectory else ""
    match one.kind:
        case "git":
            return f"{one.name} @ git+{one.url}@{one.commit}{part}"
        case "file" | "archive" | "directory":
            return f"{one.name} @ {(project / one.url).as_uri()}"
        case _:
            return f"{one.name} @ {one.url}{part if '#' not in one.url else ''}"
