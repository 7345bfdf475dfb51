"""The lowering: an `ImageInfo` becomes typed instructions.

It decides how a Dockerfile does each step, never what is done. Steps stay in their order; what is
compiled is compiled in a stage of its own, so that no toolchain reaches the image.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, assert_never

from lading.distros import (
    account_commands,
    folder_commands,
    has_shell,
    parse_distro,
    toolchain,
)
from lading.dockerfile import apt_lists, inputs
from lading.dockerfile import instructions as docker
from lading.dockerfile.built_base import base_command
from lading.dockerfile.compiling import compilations, sources
from lading.dockerfile.environment import set_variables
from lading.dockerfile.layout import MADE_BY
from lading.dockerfile.plan import Plan
from lading.dockerfile.python import installation, late_installation
from lading.dockerfile.refusals import refuse_base, refuse_for_classic
from lading.dockerfile.repositories import over_ssh
from lading.dockerfile.settings import settings
from lading.dockerfile.supply import Apart, supply_of
from lading.dockerfile.system import Wanted, system_packages
from lading.dockerfile.tasks import Task
from lading.grammar.python_version import PythonVersion
from lading.info import (
    CopyFiles,
    InstallPython,
    InstallSystem,
    RunCommand,
    RunScript,
    SetEnv,
)
from lading.info.environment import DEFAULT_PATH
from lading.info.naming import of_model
from lading.info.roots import folders_layer, packages_layer, tools_layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.dockerfile.instructions import Instruction
    from lading.dockerfile.supply import Supply
    from lading.grammar.dialect import Dialect
    from lading.info import ImageInfo, Step
    from lading.lock.model import Distribution

__all__ = ["lower"]

_WORDS: Final[dict[type[Step], str]] = {
    InstallSystem: "system packages",
    InstallPython: "Python packages",
    RunCommand: "run",
    RunScript: "run_script",
    CopyFiles: "files",
    SetEnv: "env",
}

_HEADER = f"{MADE_BY}: changes belong in the Image that this was made from, and are lost here."


def lower(info: ImageInfo, dialect: Dialect = "buildkit") -> tuple[Instruction, ...]:
    """The instructions of the Dockerfile that builds `info`.

    Raises:
        FreezeError: No Dockerfile can start from the base, or the dialect can't express a step.
    """
    refuse_base(info)
    if dialect == "classic":
        refuse_for_classic(info)
    plan, number = Plan(_base(info)), 0
    goes_apart = dialect == "classic" or any(_sources(info.steps))
    # What an image has by itself comes first, word by word: an engine finds it in its cache.
    for image in info.stack:
        lowering = _Lowering(image, _supply(image, dialect), plan, number)
        lowering.write(goes_apart=goes_apart)
        number = lowering.number
    plan.title(None)
    plan.add(docker.Blank(), *settings(info))
    return (*_head(info), *plan.instructions())


def _head(info: ImageInfo) -> Iterator[docker.Comment]:
    yield docker.Comment(text=_HEADER)
    if info.base.is_built:
        yield docker.Comment(text=f"First: {base_command(info)}")


def _supply(info: ImageInfo, dialect: Dialect) -> Supply:
    supply = supply_of(dialect)
    tools = tools_layer(info)
    if tools is None or has_shell(info.interpreter_packages):
        return supply
    return Apart(supply, tools.path)


def _sources(steps: Iterable[Step], *, isolated: bool | None = None) -> Iterator[Distribution]:
    """What is compiled; in which environment only where it matters."""
    for step in steps:
        if isinstance(step, InstallPython):
            for kind in (True, False) if isolated is None else (isolated,):
                yield from sources(step, isolated=kind)


def _titled(step: Step) -> str:
    """What a step is called: the user's lines, and what they ask for."""
    words = _WORDS[type(step)]
    if isinstance(step, InstallSystem):
        words = f"{words} {', '.join(step.packages)}"
    if isinstance(step, CopyFiles) and step.model:
        words = f"model {of_model(step)}"
    return " ".join((", ".join(step.at), words)).strip()


def _base(info: ImageInfo) -> str:
    if info.base_built is not None and info.base.is_built:
        return info.base_built
    reference, digest = info.base_mirror or info.base.reference, info.base.digest
    return f"{reference}@{digest}" if digest and "@" not in reference else reference


@dataclass(slots=True)
class _Lowering:
    """One image being lowered, on top of those below it.

    Attributes:
        info: The image.
        supply: How its steps get what they need.
        plan: What has been written.
        number: How many installations of Python packages that has.
    """

    info: ImageInfo
    supply: Supply
    plan: Plan
    number: int
    _built: dict[int, str] = field(default_factory=dict)

    def write(self, *, goes_apart: bool) -> None:
        """Write what it has more; not how it is run."""
        if self.info.below is None:
            self._start(goes_apart=goes_apart)
        elif self.info.on_scratch:
            self._unpack_packages()
        self._compile_apart()
        self._user(self.info.below)
        for step in self.info.own_steps:
            self.number += isinstance(step, InstallPython)
            self.plan.title(_titled(step))
            self._step(step, self.number)

    def _start(self, *, goes_apart: bool) -> None:
        if self.info.on_scratch:
            self._start_on_nothing()
            return
        # A base may have set another shell, and every command here is POSIX sh.
        self.plan.add(docker.Shell(argv=("/bin/sh", "-c")))
        # CASES R9: a base may end as another user, who may not install anything. The linter minds a
        # stage that ends as root, and only the last one is ever run.
        if goes_apart:
            self.plan.add(docker.Comment(text="hadolint ignore=DL3002"))
        self.plan.add(docker.User(user="0"))
        if self.info.interpreter_packages and self.info.interpreter_debs != ():
            program = f"python{PythonVersion.parse(self.info.python).series}"
            absent = f"{{ ! command -v {program} >/dev/null || exit 0; }}"
            self.plan.title(f"Python {self.info.python}, where the base has none")
            debs = self.info.interpreter_debs
            before = (absent,) if debs is None else ()  # a base was looked at while it was locked
            wanted = Wanted(self.info.interpreter_packages, debs, apt_lists.INTERPRETER)
            task = system_packages(self.info, wanted, self.supply, before=before)
            self.supply.in_image(task, self.plan)

    def _start_on_nothing(self) -> None:
        """Nobody is its user yet, and what an engine takes for PATH is said."""
        self.plan.add(docker.Env(variables=(("PATH", DEFAULT_PATH),)))
        self._unpack_packages()

    def _unpack_packages(self) -> None:
        packages = packages_layer(self.info)
        if packages is not None:
            installs = (one for one in self.info.own_steps if isinstance(one, InstallSystem))
            what = "more" if self.info.below else "a base"
            base = f"{what} of {self.info.distro}'s packages, unpacked and configured"
            self.plan.title("\n".join((base, *map(_titled, installs))))
            self.plan.add(docker.Add(archive=packages.path, folder="/"))

    # Compiling.

    def _compile_apart(self) -> None:
        """What needs nothing of the image but system packages is compiled on top of its base."""
        packages: list[str] = []
        number, own = self.number, self.info.own_steps
        below = self.info.steps[: len(self.info.steps) - len(own)]
        base = self.plan.cut() if any(_sources(own, isolated=True)) else ""
        for step in own:
            if isinstance(step, InstallSystem):
                packages += step.packages
            if isinstance(step, InstallPython):
                number += 1
                if found := sources(step, isolated=True):
                    toolchain = self._toolchain(found, tuple(packages), before=below)
                    self._built[number] = self._wheels(base, step, found, toolchain)

    def _wheels(
        self,
        image: str,
        step: InstallPython,
        found: tuple[Distribution, ...],
        toolchain: tuple[Instruction, ...],
    ) -> str:
        """Write the stage that makes the wheels of these sources."""
        tasks = compilations(self.info, step, found, self.supply)
        instructions: list[Instruction] = list(toolchain)
        instructions += set_variables(step.environment, venv=None)
        instructions += (one for task in tasks for one in self.supply.beside(task))
        if self.supply.mounts:
            # Buildah 1.28 shows nothing of a stage of which no instruction was run (its issue
            # 4375): the last one of this is run wherever that which looks into it is.
            instructions.append(docker.RunAll(commands=(inputs.of_stage(self.info, step),)))
        remark = f"only the wheels leave: {', '.join(one.name for one in found)}"
        return self.plan.beside(image, instructions, name="wheels", remark=remark)

    def _toolchain(
        self,
        found: tuple[Distribution, ...],
        packages: tuple[str, ...],
        *,
        before: tuple[Step, ...],
    ) -> tuple[Instruction, ...]:
        """What compiles, in a stage that has the base, and what the steps before have installed."""
        if self.info.distro is None:
            return ()
        if (tools := tools_layer(self.info)) is not None:
            return (docker.Add(archive=tools.path, folder="/"),)
        clones = not self.info.vendored and any(one.kind == "git" for one in found)
        needed = toolchain(
            parse_distro(self.info.distro),
            python_from_distro=self._distro_python(),
            git=clones,
            ssh=clones and any(over_ssh(one) for one in found),
        )
        every = dict.fromkeys((*needed, *packages, *self.info.build_packages))
        name, debs = apt_lists.of_building(self.info, before)
        if debs == ():  # the base has all of it
            return ()
        task = system_packages(self.info, Wanted(tuple(every), debs, name), self.supply)
        return self.supply.beside(replace(task, remark=task.remark or ", ".join(every)))

    def _distro_python(self) -> PythonVersion | None:
        return PythonVersion.parse(self.info.python) if self.info.python_from_distro else None

    # The image.

    def _user(self, below: ImageInfo | None) -> None:
        """Who the container runs as, as far as the image below has it otherwise."""
        config, user, given = self.info.config, self.info.config.user, self.info.given_folders
        self.plan.title(f"who the container runs as: {user.uid}:{user.gid}")
        if self.info.on_scratch:
            if (folders := folders_layer(self.info)) is not None:
                self.plan.add(docker.Add(archive=folders.path, folder="/"))
        else:
            is_new = below is None or below.config.user != user
            named = account_commands(user.uid, user.gid, user.name, user.home) if is_new else ()
            commands = (*named, *folder_commands(user.uid, user.gid, given))
            if commands:
                self.plan.add(docker.RunAll(commands=commands))
        if below is None or below.config.workdir != config.workdir:
            self.plan.add(docker.Workdir(path=config.workdir))

    def _step(self, step: Step, number: int) -> None:
        match step:
            case InstallSystem():
                # The base may have all of it; and a base of packages has what any step asks for.
                if step.debs != () and not self.info.on_scratch:
                    name = apt_lists.of_step(self.info, step)
                    wanted = Wanted(step.packages, step.debs, name)
                    self.supply.in_image(system_packages(self.info, wanted, self.supply), self.plan)
            case InstallPython():
                self._install(step, number)
            case RunCommand():
                # The linter asks for `pipefail`, which few kinds of /bin/sh know.
                remark = "hadolint ignore=DL4006" if "|" in step.command else None
                self._run(Task(text=step.command, secrets=step.secrets, remark=remark))
            case RunScript():
                self._script(step)
            case CopyFiles():
                folder = f"{step.destination.rstrip('/')}/"
                self.plan.add(docker.Copy(sources=(f"{step.source}/",), destination=folder))
            case SetEnv():
                self.plan.add(*set_variables(step.variables, venv=self.info.venv))
            case _:
                assert_never(step)

    def _install(self, step: InstallPython, number: int) -> None:
        task = installation(self.info, step, number, self.supply, self._built.get(number))
        if task is not None:
            self.supply.in_image(task, self.plan)
        if number == 1:
            self.plan.add(docker.PathEnv(before=(f"{self.info.venv}/bin",)))
        if found := sources(step, isolated=False):
            # On top of the image, whose system packages are there already.
            before = self.info.steps[: self.info.steps.index(step)]
            toolchain = self._toolchain(found, (), before=before)
            built = self._wheels(self.plan.cut(), step, found, toolchain)
            self.plan.title(f"{', '.join(one.name for one in found)}: compiled for what is there")
            late = late_installation(self.info, step, self.supply, built)
            self.supply.in_image(late, self.plan)

    def _script(self, step: RunScript) -> None:
        mounted = f"/run/{step.script.path.rpartition('/')[2]}"
        script = docker.BindMount(source=step.script.path, target=mounted)
        words = shlex.join((mounted, *step.arguments))
        self._run(Task(text=words, needs=(script,), secrets=step.secrets))

    def _run(self, task: Task) -> None:
        trust, trusted = self.supply.trust()
        self.supply.in_image(task.following(trust, trusted), self.plan)
