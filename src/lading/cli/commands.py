"""A group of commands whose mistakes are told as those of `lading` itself."""

from __future__ import annotations

import click

from lading.cli.failure import Misused, NoCommand
from lading.grammar.nearest import did_you_mean

__all__ = ["Commands"]


class Commands(click.Group):
    """Commands in the order in which they were added, which is that of their use."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """What is left of the words.

        Raises:
            NoCommand: There was none.
        """
        if not args:
            raise NoCommand(ctx)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in order."""
        del ctx
        return list(self.commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name.

        Raises:
            Misused: There is none.
        """
        if cmd_name.startswith("-"):
            return None  # click tells what is wrong with an option
        names = self.list_commands(ctx)
        if cmd_name not in names:
            hint = did_you_mean(cmd_name, names)
            unknown = Misused(f"no such command {cmd_name!r}", hint=hint)
            unknown.ctx = ctx
            raise unknown
        return self.named(cmd_name)

    def named(self, name: str) -> click.Command | None:
        """The command of a name that is listed."""
        return self.commands.get(name)
