"""The shell's own commands on its state: POSIX.1-2017, section 2.14."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lading.debs.shell.splitting import fields_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lading.debs.shell.state import Call, Command

__all__ = ["BUILTINS"]

# Of the shell's options `C`, `e` and `f` are followed; the others that are let pass only tell, or
# end a script that has a mistake: what they do is no other thing.
_KNOWN: Final = frozenset("Cefuvx")
_OPTIONS: Final = {
    "errexit": "e",
    "noclobber": "C",
    "noglob": "f",
    "nounset": "u",
    "verbose": "v",
    "xtrace": "x",
}
_MODE: Final = re.compile("[0-7]{1,4}")


def _set(call: Call) -> int:
    words = list(call.words)
    if not words:
        call.say_unknown()
    while words and words[0][:1] in {"-", "+"} and words[0] != "--":
        option = words.pop(0)
        letters = option[1:]
        if letters.endswith("o"):
            letters = letters[:-1] + _OPTIONS.get(words.pop(0) if words else "", "?")
        if not _KNOWN.issuperset(letters):
            raise call.refuse()
        if "e" in letters:
            call.state.fails = option[0] == "-"
        if "f" in letters:
            call.state.globs = option[0] == "+"
        if "C" in letters:
            call.state.clobbers = option[0] == "+"
    if words[:1] == ["--"]:
        call.state.arguments = tuple(words[1:])
    elif words:
        call.state.arguments = tuple(words)
    return 0


def _umask(call: Call) -> int:
    if len(call.words) != 1 or not _MODE.fullmatch(call.words[0]):
        raise call.refuse()
    call.state.umask = int(call.words[0], 8)
    return 0


def _shift(call: Call) -> int:
    count = int(call.words[0]) if call.words else 1
    if not 0 <= count <= len(call.state.arguments):
        raise call.refuse("which fails")
    call.spend(len(call.state.arguments) // 16)
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
        if call.words[0] == "-f":
            call.state.functions.pop(name, None)
        else:
            call.state.variables.pop(name, None)
    return 0


def _read(call: Call) -> int:
    options = [word for word in call.words if word.startswith("-")]
    line, is_whole = ("", False) if call.given is None else call.given.line()
    if set(options) - {"-r"} or ("\\" in line and not options):
        raise call.refuse()
    call.spend(len(line))
    names = [word for word in call.words if not word.startswith("-")] or ["REPLY"]
    values = fields_of(line, call.state.separators, len(names))
    for number, name in enumerate(names):
        call.state.variables[name] = values[number] if number < len(values) else ""
    return int(not is_whole)


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
