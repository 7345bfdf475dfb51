"""What of an image can't be assembled, since something would have to be executed for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lading.errors import ImageError, Location, Problem
from lading.grammar.base import parse_base
from lading.info import InstallPython, InstallSystem, RunCommand, RunScript

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.assembly.system import Needed
    from lading.info import ImageInfo, Step
    from lading.lock.model import Distribution

__all__ = ["MustExecute", "must_execute", "scripts_to_run", "unfit", "unpackable"]

_LONGEST = 60
_HINT = "build it with a container engine"
_ON_SCRATCH = (
    "on scratch there is nothing to run it by: leave the package out, or take a base image of the "
    "distribution and a container engine"
)

_SOURCES = {
    "sdist": "a source distribution",
    "archive": "a source archive",
    "directory": "a folder with a source",
    "git": "a repository",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MustExecute:
    """Something that takes execution.

    Attributes:
        what: What it is: "the command `apt-get ...`".
        why: What has to be executed: "runs a command".
        at: The user's lines, as the image has them; none where no step asks for it.
    """

    what: str
    why: str
    at: tuple[str, ...] = ()

    @property
    def problem(self) -> Problem:
        """The same as an error tells it."""
        return Problem(message=f"{self.what} {self.why}", location=_location(self.at), hint=_HINT)


def scripts_to_run(info: ImageInfo, needed: Iterable[Needed]) -> tuple[MustExecute, ...]:
    """The maintainer scripts that have to be run, each at the lines that bring its package."""
    lines: dict[str, tuple[str, ...]] = {}
    for step in info.steps:
        if isinstance(step, InstallSystem):
            lines |= {deb.name: step.at for deb in step.debs or ()}
    return tuple(
        MustExecute(
            what=f"the {one.script} script of the system package {one.package}",
            why=f"has to be run: {one.reason}",
            at=lines.get(one.package, ()),
        )
        for one in needed
    )


def unpackable(scripts: Iterable[MustExecute]) -> ImageError:
    """What to say of maintainer scripts on scratch: there no engine helps."""
    return ImageError(replace(one.problem, hint=_ON_SCRATCH) for one in scripts)


def unfit(reason: str) -> MustExecute:
    """System packages that can't be put on the base without its package manager."""
    return MustExecute(what="the system packages", why=f"need the package manager: {reason}")


def must_execute(info: ImageInfo, *, interpreter: bool = True) -> tuple[MustExecute, ...]:
    """All that takes execution, in the order of the steps; empty where `info` can be assembled.

    Args:
        info: The image.
        interpreter: Whether its base has the interpreter; False where it was looked at, and hasn't.
    """
    if info.base.is_built:
        what = f"the base image {parse_base(info.base.reference).familiar}"
        return (MustExecute(what=what, why="is built by an engine"), *_of_steps(info))
    return (*_interpreter(info, there=interpreter), *_of_steps(info))


def _of_steps(info: ImageInfo) -> tuple[MustExecute, ...]:
    return tuple(one for step in info.steps for one in _of(step))


def _interpreter(info: ImageInfo, *, there: bool) -> Iterator[MustExecute]:
    if info.venv is None or there or info.interpreter_debs is not None:
        return
    what = f"Python {info.python}, which the base image {info.base.reference} hasn't,"
    if info.interpreter_packages:
        yield MustExecute(what=what, why="is installed by the distribution's package manager")
    else:
        yield MustExecute(what=what, why="can't be added to it")


def _of(step: Step) -> Iterator[MustExecute]:
    match step:
        case InstallSystem() if step.debs is None:
            names = _shown(", ".join(step.packages))
            yield MustExecute(
                what=f"the system packages {names}",
                why="run the distribution's package manager",
                at=step.at,
            )
        case RunCommand():
            yield MustExecute(what=f"the command `{_shown(step.command)}`", why="runs", at=step.at)
        case RunScript():
            # Its path is one in the frozen folder, which says nothing to who wrote the line.
            yield MustExecute(what="a script", why="runs", at=step.at)
        case InstallPython():
            yield from _python(step)
        case _:
            pass


def _python(step: InstallPython) -> Iterator[MustExecute]:
    if step.requirements:
        what = f"the requirements {_shown(', '.join(step.requirements))}"
        why = "are not locked: the installer chooses while it runs"
        yield MustExecute(what=what, why=why, at=step.at)
    for one in step.distributions:
        if one.is_source:
            yield MustExecute(
                what=_named(one), why=f"is {_SOURCES[one.kind]}, which has to be built", at=step.at
            )


def _named(one: Distribution) -> str:
    return f"{one.name} {one.version}" if one.version else one.name


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST].rstrip()}..."


def _location(at: tuple[str, ...]) -> Location | None:
    """The first of the lines."""
    file, _, line = at[0].rpartition(":") if at else ("", "", "")
    return Location(file, int(line)) if line.isdigit() else None
