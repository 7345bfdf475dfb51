"""The shell's own commands on its state: POSIX.1-2017, section 2.14."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lading.debs.shell.state import Call, Command

__all__ = ["BUILTINS"]


def _set(call: Call) -> int:
    words = list(call.words)
    while words and words[0][:1] in {"-", "+"} and words[0] != "--":
        option = words.pop(0)
        if option[1:] == "o":
            words[:1] = []
        if "e" in option:
            call.state.fails = option[0] == "-"
    if words[:1] == ["--"]:
        call.state.arguments = tuple(words[1:])
    elif words:
        call.state.arguments = tuple(words)
    return 0


def _umask(call: Call) -> int:
    if len(call.words) != 1 or not call.words[0].isdigit():
        raise call.refuse()
    call.state.umask = int(call.words[0], 8)
    return 0


def _shift(call: Call) -> int:
    count = int(call.words[0]) if call.words else 1
    call.state.arguments = call.state.arguments[count:]
    return 0


def _declare(call: Call) -> int:
    # A function's local variables are those of its callers, too, and last: no script that was
    # seen depends on the difference, and one name is set where it is read.
    for word in call.words:
        name, is_set, value = word.partition("=")
        if is_set:
            call.state.variables[name] = value
    return 0


def _unset(call: Call) -> int:
    for name in call.words:
        call.state.variables.pop(name, None)
    return 0


def _read(call: Call) -> int:
    line = None if call.given is None else call.given.line()
    names = [word for word in call.words if not word.startswith("-")] or ["REPLY"]
    separators = call.state.variables.get("IFS", " \t\n")
    values = _read_fields(line or "", separators, len(names))
    for number, name in enumerate(names):
        call.state.variables[name] = values[number] if number < len(values) else ""
    return int(line is None)


def _read_fields(line: str, separators: str, count: int) -> list[str]:
    if not separators:
        return [line]
    if not separators.strip():
        values = line.split(None, count - 1)
        return [*values[:-1], *(value.rstrip() for value in values[-1:])]
    return re.split(f"[{re.escape(separators)}]", line, maxsplit=count - 1)


BUILTINS: Final[Mapping[str, Command]] = {
    "export": _declare,
    "local": _declare,
    "read": _read,
    "readonly": _declare,
    "set": _set,
    "shift": _shift,
    "umask": _umask,
    "unset": _unset,
}
