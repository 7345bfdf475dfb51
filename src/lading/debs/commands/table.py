"""All commands that scripts may call: those that are done, and those that do nothing."""

from __future__ import annotations

import tomllib
from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from lading.debs.certificates import update_certificates
from lading.debs.commands.accounting import ACCOUNTS
from lading.debs.commands.debconf import debconf_commands
from lading.debs.commands.files import FILES
from lading.debs.commands.modes import MODES
from lading.debs.commands.packaging import packaging_commands
from lading.debs.commands.patterns import PATTERNS
from lading.debs.commands.testing import test
from lading.debs.commands.texts import TEXTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lading.debs.commands.context import Context
    from lading.debs.shell import Call, Command

__all__ = ["commands_of", "harmless_commands"]

_TABLE: Final = "harmless.toml"

_KERNEL: Final = "6.1.0"
"""The kernel that an image meets is not known; scripts only ask whether it is too old for glibc."""


@cache
def harmless_commands() -> Mapping[str, str]:
    """By name: what is left out with a command, or nothing."""
    table = tomllib.loads(files("lading.debs").joinpath(_TABLE).read_text())
    return {name: one.get("left-out", "") for one in table["command"] for name in one["names"]}


def commands_of(context: Context) -> Mapping[str, Command]:
    """The commands, for the scripts of one package."""
    found: dict[str, Command] = {
        name: partial(_do_nothing, context, left_out)
        for name, left_out in harmless_commands().items()
    }
    own: dict[str, Command] = {
        "[": test,
        "test": test,
        "mountpoint": lambda call: int(call.words[-1:] != ("/proc",)),
        "uname": _uname,
        "update-ca-certificates": _update_certificates,
    }
    return {
        **found,
        **FILES,
        **MODES,
        **TEXTS,
        **PATTERNS,
        **ACCOUNTS,
        **packaging_commands(context),
        **debconf_commands(context),
        **own,
    }


def _do_nothing(context: Context, left_out: str, call: Call) -> int:
    if left_out:
        context.remarks[left_out] = None
    call.say_unknown()
    return 0


def _uname(call: Call) -> int:
    known = {(): "Linux", ("-s",): "Linux", ("-r",): _KERNEL}
    if call.words not in known:
        raise call.refuse("which is the host's, not the image's")
    call.say(f"{known[call.words]}\n")
    return 0


def _update_certificates(call: Call) -> int:
    update_certificates(call.root)
    return 0
