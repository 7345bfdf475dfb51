"""Sessions of the program at a terminal, kept whole: what was typed, and all that came of it.

`LADING_UPDATE_SNAPSHOTS=1 pytest tests/cli/test_whole_outputs.py` writes `sessions/` anew: read the
difference as a user would before it is committed.
"""

from __future__ import annotations

import difflib
import os
import re
import shlex
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.program import Project, Ran

__all__ = ["SESSIONS", "Session", "Typed", "typed"]

SESSIONS = Path(__file__).parent / "sessions"
UPDATE = bool(os.environ.get("LADING_UPDATE_SNAPSHOTS"))

# What a version of zlib or of Python decides, or the clock, is no matter of a snapshot.
_PASSING = (
    (re.compile(r'(?<="size": )[0-9]+'), "SIZE"),
    (re.compile(r" +[0-9.]+ k?B\b"), " SIZE"),
    (re.compile(r"\b(?:[0-9a-f]{12}|[0-9a-f]{16})\b"), "DIGEST"),
    (re.compile(r"(?<=bytecode by Python )[0-9.]+"), "VERSION"),
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z"), "TIME"),
)


@dataclass
class Session:
    """What was typed in a project, and what came of it."""

    project: Project
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.project = replace(self.project, forks=None)

    def lading(self, *words: str) -> None:
        """Start the program, and note its stdout (`1>`), its stderr (`2>`) and its exit code."""
        ran = self.project.lading(*words)
        self.lines += [
            f"$ {shlex.join(self.project.humane(word) for word in ('lading', *words))}",
            *_told(ran),
            f"exit code {ran.code}",
            "",
        ]

    def write(self, name: str, text: str) -> None:
        """Write a file, and note which."""
        self.project.write(name, text)
        self.lines += [f"# {name} is written:", *_commented(text), ""]

    def change(self, name: str, old: str, new: str) -> None:
        """Change a file, and note how."""
        text = self.project.read(name)
        assert old in text
        self.project.write(name, text.replace(old, new))
        self.lines += [f"# in {name}, {old.strip()} becomes {new.strip() or 'nothing'}", ""]

    def is_as_reviewed(self, name: str) -> None:
        """Compare all of it with what is kept under a name."""
        text = "\n".join(self.lines)
        path = SESSIONS / f"{name}.txt"
        if UPDATE:
            path.write_text(text, "utf-8")
        reviewed = path.read_bytes().decode()
        lines = difflib.unified_diff(
            reviewed.splitlines(), text.splitlines(), path.name, "now", lineterm=""
        )
        difference = "\n".join(lines)
        assert text == reviewed, f"\n{difference}"


def _commented(text: str) -> Iterator[str]:
    return (f"#   {line}".rstrip() for line in text.splitlines())


def _told(ran: Ran) -> Iterator[str]:
    for mark, text in (("1>", ran.out), ("2>", ran.err)):
        for line in _lasting(text).splitlines():
            yield f"{mark} {line}".rstrip()
        if text and not text.endswith("\n"):
            yield f"{mark} (no end of line)"


def _lasting(text: str) -> str:
    for pattern, name in _PASSING:
        text = pattern.sub(name, text)
    return text


@dataclass(frozen=True, kw_only=True)
class Typed:
    """A command of a session that was reviewed."""

    words: tuple[str, ...]
    code: int


def typed() -> list[Typed]:
    """Every command of every session that was reviewed, without the program's name."""
    found = []
    for path in sorted(SESSIONS.glob("*.txt")):
        text = path.read_text("utf-8")
        for part in text.split("\n\n"):
            if part.startswith("$ "):
                first, *_, last = part.strip().splitlines()
                words = tuple(shlex.split(first.removeprefix("$ lading ")))
                found.append(Typed(words=words, code=int(last.removeprefix("exit code "))))
    return found
