"""How a step gets what it needs: the one place in which the dialects differ.

A builder with mounts puts files, caches and secrets before one RUN. One without can only copy, and
what was copied into a stage stays in it: so what installs does so in a stage beside the image.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from lading.build_inputs import CA_BUNDLE_PATH, CA_SECRET_ID
from lading.dockerfile import instructions as docker
from lading.dockerfile.layout import (
    CONTEXT_CA_SCRIPT,
    COPIED_DEBS,
    MOUNTED_CA_SCRIPT,
    MOUNTED_CACHE,
    MOUNTED_DEBS,
)

if TYPE_CHECKING:
    from lading.dockerfile.instructions import Instruction, Mount
    from lading.dockerfile.plan import Plan
    from lading.dockerfile.tasks import Task
    from lading.grammar.dialect import Dialect

__all__ = ["Apart", "Copying", "Mounting", "Supply", "supply_of"]


class Supply(Protocol):
    """A way in which steps get what they need."""

    @property
    def mounts(self) -> bool:
        """Whether a RUN can have caches and secrets."""

    @property
    def debs(self) -> str:
        """Where Debian packages of the context are while they are installed."""

    @property
    def uv_cache(self) -> str:
        """The variable that says where uv caches."""

    def trust(self) -> tuple[tuple[str, ...], tuple[Mount, ...]]:
        """The commands that tell all tools of the build's CA bundle, and what they read."""

    def ca_mount(self) -> tuple[Mount, ...]:
        """The CA bundle; where the build has none, no file."""

    def in_image(self, task: Task, plan: Plan) -> None:
        """Run it for the image, which keeps nothing of what it needed."""

    def beside(self, task: Task) -> tuple[Instruction, ...]:
        """Run it in a stage that is thrown away."""


class Mounting:
    """`RUN --mount`: BuildKit, buildah, podman."""

    mounts = True
    debs = MOUNTED_DEBS
    uv_cache = f"UV_CACHE_DIR={MOUNTED_CACHE}"

    def trust(self) -> tuple[tuple[str, ...], tuple[Mount, ...]]:
        """A script of the context, since its line is long, and the bundle that it looks for."""
        script = docker.BindMount(source=CONTEXT_CA_SCRIPT, target=MOUNTED_CA_SCRIPT)
        return (f". {MOUNTED_CA_SCRIPT}",), (script, *self.ca_mount())

    def ca_mount(self) -> tuple[Mount, ...]:
        """A secret that a build may go without."""
        return (docker.SecretMount(id=CA_SECRET_ID, target=CA_BUNDLE_PATH, required=False),)

    def in_image(self, task: Task, plan: Plan) -> None:
        """What is mounted never gets into the image."""
        plan.add(*self.beside(task))

    def beside(self, task: Task) -> tuple[Instruction, ...]:
        """One RUN with its mounts."""
        return (*_remark(task), task.instruction(task.needs))


class Copying:
    """`COPY` alone: docker's legacy builder, buildah of old, kaniko."""

    mounts = False
    debs = COPIED_DEBS
    uv_cache = "UV_NO_CACHE=1"

    def trust(self) -> tuple[tuple[str, ...], tuple[Mount, ...]]:
        """Nothing: there is no way to hand a bundle over and not keep it."""
        return (), ()

    def ca_mount(self) -> tuple[Mount, ...]:
        """Nothing, as in `trust`."""
        return ()

    def in_image(self, task: Task, plan: Plan) -> None:
        """Beside the image where it is known which folders change, else copied and removed."""
        if task.keeps and _copies(task):
            _copied_back(task, plan, self.beside(task))
            return
        copied = tuple(need.target for need in _files(task))
        after = (f"rm -rf {' '.join(copied)}",) if copied else ()
        plan.add(*_copies(task), *_remark(task), task.instruction((), after=after))

    def beside(self, task: Task) -> tuple[Instruction, ...]:
        """What is copied may stay."""
        return (*_copies(task), *_remark(task), task.instruction(()))


@dataclass(frozen=True, slots=True)
class Apart:
    """Beside an image that has no shell, in a stage that gets one, whatever the dialect.

    Attributes:
        supply: The dialect's own way.
        tools: The layer that brings the shell, as the context has it.
    """

    supply: Supply
    tools: str

    @property
    def mounts(self) -> bool:
        """As the dialect has it."""
        return self.supply.mounts

    @property
    def debs(self) -> str:
        """As the dialect has it."""
        return self.supply.debs

    @property
    def uv_cache(self) -> str:
        """As the dialect has it."""
        return self.supply.uv_cache

    def trust(self) -> tuple[tuple[str, ...], tuple[Mount, ...]]:
        """As the dialect has it."""
        return self.supply.trust()

    def ca_mount(self) -> tuple[Mount, ...]:
        """As the dialect has it."""
        return self.supply.ca_mount()

    def in_image(self, task: Task, plan: Plan) -> None:
        """In a stage on top of the image; what it keeps is copied back."""
        tools = docker.Add(archive=self.tools, folder="/")
        _copied_back(task, plan, (tools, *self.supply.beside(task)))

    def beside(self, task: Task) -> tuple[Instruction, ...]:
        """As the dialect has it, in a stage that has the layer already."""
        return self.supply.beside(task)


def supply_of(dialect: Dialect) -> Supply:
    """How a step gets what it needs in that dialect."""
    return Mounting() if dialect == "buildkit" else Copying()


def _copied_back(task: Task, plan: Plan, instructions: tuple[Instruction, ...]) -> None:
    image = plan.cut()
    remark = f"only this leaves: {', '.join(task.keeps)}"
    stage = plan.beside(image, instructions, name="installed", remark=remark)
    if task.replaces:
        # A file that is gone there must not stay here: COPY only adds.
        plan.add(docker.RunAll(commands=(f"rm -rf {' '.join(task.keeps)}",)))
    for folder in task.keeps:
        plan.add(docker.Copy(sources=(f"{folder}/",), destination=f"{folder}/", from_stage=stage))


def _files(task: Task) -> tuple[docker.BindMount, ...]:
    return tuple(need for need in task.needs if isinstance(need, docker.BindMount))


def _copies(task: Task) -> tuple[Instruction, ...]:
    return tuple(
        docker.Copy(sources=(need.source,), destination=need.target, from_stage=need.from_stage)
        for need in _files(task)
    )


def _remark(task: Task) -> tuple[Instruction, ...]:
    return (docker.Comment(text=task.remark),) if task.remark else ()
