"""The programs that a wheel's entry points ask for."""

from __future__ import annotations

import configparser
import keyword
import re
from dataclasses import dataclass
from typing import Final

from installer.utils import parse_entrypoints

from lading.wheels.refusal import shown

__all__ = ["Launcher", "launcher_text", "parse_launchers", "shebang"]

# What Linux read of a first line before 5.1, with its "#!" and its end.
_LONGEST_LINE: Final = 127
_NAME: Final = re.compile(
    r"[^\x00-\x20\x7f-\x9f/\\](?:[^\x00-\x1f\x7f-\x9f/\\]*[^\x00-\x20\x7f-\x9f/\\])?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Launcher:
    """An entry point that is a program.

    Attributes:
        name: The program's.
        module: What it imports.
        attribute: What it calls there, with dots.
    """

    name: str
    module: str
    attribute: str


def parse_launchers(text: str) -> tuple[Launcher, ...]:
    """The programs of an `entry_points.txt`, in its order.

    Raises:
        ValueError: It is malformed, or a program can't be written; the text says why.
    """
    try:
        found = [
            Launcher(name=name, module=module, attribute=attribute)
            for name, module, attribute, _ in parse_entrypoints(text)
        ]
    except (configparser.DuplicateOptionError, configparser.DuplicateSectionError) as error:
        word = getattr(error, "option", error.section)
        raise ValueError(f"it has {shown(word)!r} twice") from None
    except configparser.MissingSectionHeaderError:
        raise ValueError("it does not begin with a [group]") from None
    except configparser.Error:
        raise ValueError("a line in it is no name = value") from None
    except (AssertionError, AttributeError, TypeError):
        # How installer says that a value is no `module:attribute`.
        raise ValueError("a program in it is no module:attribute") from None
    for launcher in found:
        _check(launcher)
    return tuple(found)


def _check(launcher: Launcher) -> None:
    name = launcher.name
    if not _NAME.fullmatch(name) or name in {".", ".."}:
        raise ValueError(f"{shown(name)!r} is no program's name")
    for word in (launcher.module, launcher.attribute):
        if not all(part.isidentifier() and not keyword.iskeyword(part) for part in word.split(".")):
            raise ValueError(f"{shown(name)} calls {shown(word)!r}, which Python can't name")


def launcher_text(launcher: Launcher, interpreter: str) -> bytes:
    """The program, whole. Its extras (PEP 508) are no condition for it to be there."""
    first = launcher.attribute.partition(".")[0]
    # Processes that multiprocessing spawns import the program again, and must not run it.
    code = (
        "import sys\n\n"
        f"from {launcher.module} import {first}\n\n"
        'if __name__ == "__main__":\n'
        f"    sys.exit({launcher.attribute}())\n"
    )
    return shebang(interpreter) + code.encode()


def shebang(interpreter: str) -> bytes:
    """The first line or lines of a Python program, by which the system finds its interpreter.

    A path that holds white space, or is too long for the kernel, stands in a shell's line instead,
    which is a string to Python; what is a string to the shell ends it.
    """
    line = f"#!{interpreter}\n".encode()
    if len(line) <= _LONGEST_LINE and not re.search(r"\s", interpreter):
        return line
    quoted = re.sub(r'([\\"$`])', r"\\\1", interpreter)
    return f"#!/bin/sh\n''':'\nexec \"{quoted}\" \"$0\" \"$@\"\n'''\n".encode()
