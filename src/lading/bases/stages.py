"""The stages of a Dockerfile: read to find a misspelt target early, and for nothing else.

No engine is asked, and nothing is made of what stands there. Where it might say something else than
what is read here, nothing is known, and the engine has the word.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lading.grammar.invalid import Invalid
from lading.grammar.nearest import did_you_mean
from lading.grammar.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["check_stage"]

# Dockerfile reference, "Parser directives": a comment before anything else.
# BuildKit takes a syntax also where `//` is a comment, and after a `#!` line.
_DIRECTIVE: Final = re.compile(r"(?:#|//)\s*(\w+)\s*=\s*(\S+)")

# What a stage can be called by engines, and what a terminal can be given.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

_SYNTAX: Final = "docker/dockerfile"
"""The frontend of this language, on whatever mirror; another one may read the file as another."""


def check_stage(text: str, target: str) -> None:
    """Refuse a target that is no stage.

    A stage is known by its name, whatever its case, or by its number from 0 (Dockerfile reference,
    `FROM`; docker-build(1), `--target`).

    Args:
        text: The Dockerfile's.
        target: The name, or the number.

    Raises:
        Invalid: There is no such stage.
    """
    directives = dict(_directives(text))
    if _SYNTAX not in directives.get("syntax", _SYNTAX):
        return
    stages = list(_stages(text, directives.get("escape", "\\")))
    names = [name for name in stages if name is not None]
    numbers = map(str, range(len(stages)))
    known = {*map(str.lower, names), *numbers}
    if not stages or target.lower() in known or (target.lstrip("0") or "0") in known:
        return
    hint = did_you_mean(target, names) or _what_there_is(names, len(stages))
    raise Invalid(f"it has no stage {shown(target)}", hint=hint)


def _what_there_is(names: list[str], count: int) -> str:
    if names:
        return f"it has {', '.join(names)}"
    if count > 1:
        return f"its stages have no names, but numbers: 0 to {count - 1}"
    return "leave target out: it has one stage"


def _directives(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines()[text.startswith("#!") :]:
        found = _DIRECTIVE.match(line.strip())
        if found is None:
            return
        yield found[1].lower(), found[2]


def _stages(text: str, escape: str) -> Iterator[str | None]:
    """The name of each stage; None for one without.

    A FROM inside of a here-document counts too: one stage too many refuses nothing.
    """
    for line in _instructions(text, escape):
        words = line.split()
        if len(words) > 1 and words[0].upper() == "FROM":
            named = words[-2].upper() == "AS" and _NAME.fullmatch(words[-1])
            yield words[-1] if named else None


def _instructions(text: str, escape: str) -> Iterator[str]:
    """Lines with what they are continued by; comments and empty lines between are left out."""
    begun = ""
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if stripped.endswith(escape):
            begun += f"{stripped.removesuffix(escape)} "
            continue
        yield f"{begun}{stripped}"
        begun = ""
    if begun:
        yield begun
