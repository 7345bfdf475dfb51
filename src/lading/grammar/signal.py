"""Signals of Linux, by name or number, whatever machine Lading runs on."""

from __future__ import annotations

import re

from lading.grammar.invalid import Invalid
from lading.grammar.nearest import did_you_mean
from lading.grammar.words import expect_text, shown

__all__ = ["SIGNALS", "parse_signal"]

# fmt: off - eight to a line, so that the numbers can be counted
_NAMES = (
    "HUP",
    "INT",
    "QUIT",
    "ILL",
    "TRAP",
    "ABRT",
    "BUS",
    "FPE",
    "KILL",
    "USR1",
    "SEGV",
    "USR2",
    "PIPE",
    "ALRM",
    "TERM",
    "STKFLT",
    "CHLD",
    "CONT",
    "STOP",
    "TSTP",
    "TTIN",
    "TTOU",
    "URG",
    "XCPU",
    "XFSZ",
    "VTALRM",
    "PROF",
    "WINCH",
    "IO",
    "PWR",
    "SYS",
)
# fmt: on

# signal(7). The C library keeps 32 and 33 for its threads. Engines write the lower half of the rest
# as SIGRTMIN+n, the upper half as SIGRTMAX-n.
_RTMIN, _RTMAX = 34, 64
_RTMIDDLE = 49

_ALIASES = {"IOT": "ABRT", "CLD": "CHLD", "POLL": "IO"}


def _real_time(number: int) -> str:
    if number <= _RTMIDDLE:
        return f"SIGRTMIN+{number - _RTMIN}".removesuffix("+0")
    return f"SIGRTMAX-{_RTMAX - number}".removesuffix("-0")


SIGNALS: dict[int, str] = {
    **{number: f"SIG{name}" for number, name in enumerate(_NAMES, start=1)},
    **{number: _real_time(number) for number in range(_RTMIN, _RTMAX + 1)},
}
"""Each signal of Linux on x86-64 and arm64: its number, and its name as engines write it."""


def parse_signal(value: int | str) -> str:
    """The name of a signal: `"SIGTERM"` for `"SIGTERM"`, `"term"`, `15` and `"15"`.

    Raises:
        Invalid: Linux has no such signal.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return _by_number(value)
    if not isinstance(value, str):
        raise Invalid(f"signal must be a name, not {shown(value)}", hint='write "SIGTERM"')
    text = expect_text("signal", value)
    return _by_number(int(text)) if re.fullmatch(r"[0-9]{1,4}", text) else _by_name(text)


def _by_number(number: int) -> str:
    name = SIGNALS.get(number)
    if name is None:
        raise Invalid(f"Linux has no signal {shown(number)}", hint=f"1 to 31, {_RTMIN} to {_RTMAX}")
    return name


def _by_name(text: str) -> str:
    short = text.upper().removeprefix("SIG") if text.isascii() else text
    name = f"SIG{_ALIASES.get(short, short)}"
    if name in SIGNALS.values():
        return name
    real_time = re.fullmatch(r"SIGRT(MIN\+|MAX-)([0-9]{1,2})", name)
    if real_time is None:
        raise Invalid(f"Linux has no signal {shown(text)}", hint=_hint(text))
    offset = int(real_time[2])
    number = _RTMIN + offset if real_time[1] == "MIN+" else _RTMAX - offset
    if not _RTMIN <= number <= _RTMAX:
        raise Invalid(f"signal {shown(text)} is outside SIGRTMIN to SIGRTMAX")
    return SIGNALS[number]


def _hint(text: str) -> str | None:
    name = text if text[:3].upper() == "SIG" else f"SIG{text}"
    return did_you_mean(name, SIGNALS.values())
