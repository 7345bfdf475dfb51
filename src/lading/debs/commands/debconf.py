"""debconf where nobody is asked: each question has its default (debconf-devel(7))."""

from __future__ import annotations

import re
import tomllib
from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lading.debs.commands.context import Context
    from lading.debs.shell import Call, Command

__all__ = ["debconf_commands"]

_DEBCONF: Final = [
    "db_version",
    "db_go",
    "db_stop",
    "db_fset",
    "db_reset",
    "db_subst",
    "db_capb",
    "db_title",
    "db_purge",
    "db_unregister",
    "db_register",
    "db_settitle",
    "db_beginblock",
    "db_endblock",
    "db_info",
    "db_progress",
]


def _nothing(context: Context, call: Call) -> int:
    del context, call
    return 0


def _templates(context: Context) -> dict[str, dict[str, str]]:
    """The questions of a package, each with its fields: debconf-devel(7)."""
    found = {}
    text = context.package.control.get("templates", b"").decode(errors="replace")
    for part in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^([A-Za-z_.-]+):[ \t]*(.*)$", part, re.MULTILINE))
        if "Template" in fields:
            found[fields["Template"]] = fields
    return found


@cache
def _answers() -> Mapping[str, str]:
    table = tomllib.loads(files("lading.debs").joinpath("harmless.toml").read_text())
    found: dict[str, str] = table["answers"]
    return found


def _db_get(context: Context, call: Call) -> int:
    """The answer of a question that nobody was asked: its default."""
    call.spend(len(context.package.control.get("templates", b"")))
    fields = _templates(context).get(call.words[0] if call.words else "")
    if fields is None:
        call.state.variables["RET"] = f"10 {call.words[0]} doesn't exist" if call.words else ""
        return 10
    name = call.words[0]
    known = {**_answers(), **context.answers}
    call.state.variables["RET"] = known.get(name, fields.get("Default", ""))
    return 0


def _db_set(context: Context, call: Call) -> int:
    name, value = (*call.words, "")[:2]
    call.spend(len(context.package.control.get("templates", b"")))
    if name not in _templates(context):
        return 10
    context.answers[name] = value
    return 0


def _db_metaget(context: Context, call: Call) -> int:
    name, what = call.words
    call.spend(len(context.package.control.get("templates", b"")))
    fields = _templates(context).get(name)
    if fields is None or what.title() not in fields:
        raise call.refuse()
    call.state.variables["RET"] = fields[what.title()]
    return 0


def _db_input(context: Context, call: Call) -> int:
    """Nobody is asked (debconf's answer for a question that is not shown)."""
    del context, call
    return 30


def debconf_commands(context: Context) -> Mapping[str, Command]:
    """The commands, for the scripts of one package."""
    found: dict[str, Callable[[Context, Call], int]] = {
        ". /usr/share/debconf/confmodule": _nothing,
        "db_get": _db_get,
        "db_metaget": _db_metaget,
        "db_input": _db_input,
        **dict.fromkeys(_DEBCONF, _nothing),
        "db_set": _db_set,
    }
    return {name: partial(command, context) for name, command in found.items()}
