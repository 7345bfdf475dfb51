"""One thing to be run, before a dialect has said how it gets the files that it needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lading.dockerfile import instructions as docker
from lading.dockerfile.secrets import secret_mounts, variables, versions

if TYPE_CHECKING:
    from lading.dockerfile.instructions import Mount, Run, RunAll
    from lading.info import SecretUse

__all__ = ["Task"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Commands, and what is there while they run and not in the image.

    Attributes:
        commands: Ours: one line each, each run only if the one before it succeeded.
        text: Any shell, run after `commands`, whose failures it does not depend on.
        needs: Files, caches and the like.
        secrets: The secrets of the step, which may be variables too.
        logins: Further secrets, which single commands read.
        keeps: The folders that hold all that it changes, where that is known.
        replaces: Whether it may also remove what is in them.
        remark: For the linter.
        inputs: A command that tells the content of the files among `needs`, where their names
            don't.
    """

    commands: tuple[str, ...] = ()
    text: str | None = None
    needs: tuple[Mount, ...] = ()
    secrets: tuple[SecretUse, ...] = ()
    logins: tuple[SecretUse, ...] = ()
    keeps: tuple[str, ...] = ()
    replaces: bool = False
    remark: str | None = None
    inputs: str | None = None

    def following(self, commands: tuple[str, ...], needs: tuple[Mount, ...]) -> Task:
        """The same after these commands, with what they need."""
        return replace(self, commands=(*commands, *self.commands), needs=(*self.needs, *needs))

    def instruction(
        self, mounts: tuple[Mount, ...], *, after: tuple[str, ...] = ()
    ) -> Run | RunAll:
        """The RUN.

        Args:
            mounts: What is mounted besides the secrets.
            after: Commands that clean up, where `text` is one command of ours or none.
        """
        every = (*self.secrets, *self.logins)
        mounted = (*mounts, *secret_mounts(every))
        # What is copied in its stead a builder looks at itself.
        told = self.inputs if mounts else None
        marks = (*((told,) if told is not None else ()), *versions(every))
        if self.text is None:
            exported = (command for pair in variables(self.secrets) for command in pair)
            commands = (*marks, *exported, *self.commands, *after)
            return docker.RunAll(commands=commands, mounts=mounted)
        read = (f"{assign} || exit 1; {export}" for assign, export in variables(self.secrets))
        text = " && ".join((self.text, *after))
        # A command of a user's keeps its meaning: nothing but what ends in ";" stands before it.
        lines = (*marks, *self.commands, *read, text)
        return docker.Run(command="; ".join(lines), mounts=mounted)
