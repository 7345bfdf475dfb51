"""How a Dockerfile makes wheels of sources: in a stage of its own, which has the compilers.

Each source is one RUN that sees that source alone and what it is compiled with. Nothing of a
package is executed anywhere else.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.dockerfile import inputs, uv
from lading.dockerfile import instructions as docker
from lading.dockerfile.layout import (
    BUILT_WHEELS,
    CONSTRAINTS,
    MOUNTED_BUILT_WHEELS,
    build_requirements_folder,
    source_folder,
)
from lading.dockerfile.places import everywhere, places
from lading.dockerfile.repositories import agent, clone, package_secrets
from lading.dockerfile.tasks import Task
from lading.grammar.invalid import Invalid
from lading.info.layout import SOURCES, build_wheels_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.dockerfile.instructions import Mount
    from lading.dockerfile.places import Place
    from lading.dockerfile.supply import Supply
    from lading.info import ImageInfo, InstallPython, SecretUse
    from lading.lock.model import Distribution

__all__ = ["build_places", "compilations", "sources"]

# Without a lock the version of what was made is known to its file alone. A requirement of that name
# is bound to that file, or an index could offer something newer under the same name.
_BOUND = (
    f"for wheel in {BUILT_WHEELS}/*.whl; do wheel=${{wheel##*/}}; "
    f'echo "${{wheel%%-*}} @ file://{MOUNTED_BUILT_WHEELS}/$wheel"; '
    f"done >{BUILT_WHEELS}/{CONSTRAINTS}"
)


def sources(step: InstallPython, *, isolated: bool) -> tuple[Distribution, ...]:
    """The sources of an installation: those with an environment of their own, or those without.

    The latter in the order in which the user names them, since one may need the other.
    """
    every = tuple(one for one in step.distributions if one.is_source)
    if isolated:
        return tuple(one for one in every if one.name not in step.no_build_isolation)
    named = step.no_build_isolation
    shared = (one for one in every if one.name in named)
    return tuple(sorted(shared, key=lambda one: named.index(one.name)))


def build_places(info: ImageInfo, step: InstallPython, name: str) -> tuple[Place, ...]:
    """Where the locked build requirements of one source come from."""
    found = (build.distributions for build in step.builds if build.name == name)
    distributions = next(found, ())
    return places(info, distributions, wheels=source_folder(name, "wheels"))


def compilations(
    info: ImageInfo, step: InstallPython, found: tuple[Distribution, ...], supply: Supply
) -> Iterator[Task]:
    """What makes wheels of these sources, with nothing but what the lock names for each.

    Args:
        info: The image.
        step: The installation that they are for.
        found: Some of its sources, all isolated or none.
        supply: How a step gets what it needs.
    """
    for place, source in enumerate(found):
        yield from _Compilation(info, step, source, supply, found[:place]).tasks()


@dataclass(frozen=True, slots=True)
class _Compilation:
    info: ImageInfo
    step: InstallPython
    source: Distribution
    supply: Supply
    before: tuple[Distribution, ...]

    def tasks(self) -> Iterator[Task]:
        """What it is compiled with, and the wheel.

        No login is there while the source's own code runs. Nor is uv's cache, in which that could
        change what other images install.
        """
        if self._cloned:
            yield self._clone()
        prepare, logins = tuple(self._prepare()), self._logins()
        requirements = tuple(self._requirements())
        if logins:
            yield self._task(prepare, requirements, logins=logins)
            prepare = requirements = ()
        commands = (*self._copy(), *prepare, *self._compile())
        needs = (*self._source(), *requirements)
        yield self._task(commands, needs, secrets=package_secrets(self.step))

    def _clone(self) -> Task:
        """The repository, whose code must not have the key or the agent that opened it."""
        trust, trusted = self.supply.trust()
        return Task(
            commands=(*trust, *clone(self.step, self.source, self._folder("work"))),
            needs=(*trusted, *agent(self.step, self.source)),
            secrets=self.step.secrets,
        )

    def _task(
        self,
        commands: tuple[str, ...],
        needs: tuple[Mount, ...],
        *,
        secrets: tuple[SecretUse, ...] = (),
        logins: tuple[SecretUse, ...] = (),
    ) -> Task:
        trust, trusted = self.supply.trust()
        return Task(
            commands=(*trust, uv.settings(self.info), *commands),
            needs=(uv.PROGRAM, *trusted, *needs),
            secrets=secrets,
            logins=logins,
            inputs=inputs.of_compiling(self.info, self.step, self.source),
        )

    @property
    def _cloned(self) -> bool:
        return self.source.kind == "git" and not self.info.vendored

    def _folder(self, part: str) -> str:
        return source_folder(self.source.name, part)

    def _places(self) -> tuple[Place, ...]:
        if self.step.requirements:
            return (everywhere(self.info, self.step),)
        return build_places(self.info, self.step, self.source.name)

    def _locked_places(self) -> tuple[Place, ...]:
        return () if self.step.requirements else self._places()

    def _logins(self) -> tuple[SecretUse, ...]:
        found = tuple(secret for place in self._places() for secret in place.secrets)
        if found and self.step.requirements:
            raise Invalid(
                f"{self.source.name} can't be compiled without the lock where an index has a "
                "login: its code would have that too",
                hint="leave out lock_python_packages=False",
            )
        return found

    def _source(self) -> Iterator[Mount]:
        if not self._cloned:
            source = f"{SOURCES}/{self.source.name}"
            yield docker.BindMount(source=source, target=self._folder("source"))

    def _requirements(self) -> Iterator[Mount]:
        name = self.source.name
        if self._locked_places():
            folder = build_requirements_folder(name)
            yield docker.BindMount(source=folder, target=self._folder("requirements"))
        if any("--find-links" in place.words for place in self._locked_places()):
            folder = build_wheels_folder(name)
            yield docker.BindMount(source=folder, target=self._folder("wheels"))

    # Where the project lies, in a folder that can be written to.

    def _copy(self) -> Iterator[str]:
        work = self._folder("work")
        if self._cloned:
            return
        if self.source.kind in {"git", "directory"}:
            yield f"cp -R {self._folder('source')} {work}"
        elif self.source.subdirectory is not None:
            yield f"mkdir -p {work}"
            yield self._unpack(work)

    def _archive(self) -> str:
        return f"{self._folder('source')}/{self.source.filename}"

    def _unpack(self, work: str) -> str:
        """All of a source archive is in one folder of its own, which stays."""
        words = (self._archive(), work)
        if not self.source.filename.endswith(".zip"):
            return shlex.join(("tar", "-xf", words[0], "-C", work))
        # Few bases have unzip, and each has a Python here.
        program = "import shutil, sys; shutil.unpack_archive(*sys.argv[1:])"
        python = ("run", "--no-project", "--python", self.info.python, "python")
        return uv.uv(*python, "-c", program, *words)

    def _project(self) -> str:
        """The source, as a word of shell."""
        below = self.source.subdirectory
        if self.source.kind in {"git", "directory"}:
            return shlex.quote("/".join((self._folder("work"), *((below,) if below else ()))))
        if below is None:
            return shlex.quote(self._archive())
        return f"{self._folder('work')}/*/{shlex.quote(below)}"

    # What it is compiled with, where that is not left to uv.

    @property
    def _environment(self) -> str | None:
        if self.source.name in self.step.no_build_isolation:
            return str(self.info.venv)
        found = self._locked_places()
        # Of several indexes uv would ask each for all; and what it is told, the source's code has.
        apart = len(found) > 1 or any(place.login for place in found)
        return self._folder("environment") if apart else None

    def _prepare(self) -> Iterator[str]:
        environment = self._environment
        if environment is None:
            return
        if environment == self._folder("environment"):
            yield uv.uv("venv", "--python", self.info.python, environment)
        elif self.before:
            yield uv.built_install(self.before, BUILT_WHEELS, "--python", environment)
        for place in self._locked_places():
            yield uv.hashed_install(place, self._file(place), "--python", environment)

    # The wheel.

    def _compile(self) -> Iterator[str]:
        if self.step.requirements:
            yield self._unlocked()
            yield _BOUND
        elif self._environment is None:
            yield self._isolated()
        else:
            words = ("--python", self._environment, "--no-build-isolation", "--no-index")
            yield self._call(*words)

    def _isolated(self) -> str:
        """In an environment of uv's, which refuses what has no hash in the file."""
        words = ["--python", self.info.python]
        found = self._places()
        for place in found:
            words += ("--build-constraints", self._file(place), *place.words)
        nothing = () if found else ("--no-index",)
        return self._call(*words, "--require-hashes", *nothing)

    def _unlocked(self) -> str:
        (place,) = self._places()
        return self._call("--python", self.info.python, *place.words)

    def _file(self, place: Place) -> str:
        return f"{self._folder('requirements')}/{place.name or 'default'}.txt"

    def _call(self, *words: str) -> str:
        call = uv.uv("build", "--wheel", "--out-dir", BUILT_WHEELS, *words)
        return " ".join((*self._version(), call, self._project()))

    def _version(self) -> tuple[str, ...]:
        """A folder without its history has no version but the one that it was locked at.

        The variable is setuptools-scm's, which hatch-vcs uses too.
        """
        if self._cloned or self.source.kind not in {"git", "directory"} or not self.source.version:
            return ()
        name = re.sub(r"[^A-Z0-9]", "_", self.source.name.upper())
        return (f"SETUPTOOLS_SCM_PRETEND_VERSION_FOR_{name}={shlex.quote(self.source.version)}",)
