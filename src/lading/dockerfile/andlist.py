"""Whether one line of POSIX shell keeps its meaning when `&&` joins it to its neighbours.

In `a && b || c` the `c` also runs where `a` fails, and in `a && b; c` it always runs. So a command
that is joined must hide such operators inside a group, `{ b || c; }`. The check reads quotes, words
and operators (POSIX.1-2017, Shell Command Language, 2.3), and refuses what it can't follow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["unjoinable"]

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t]+)
  | (?P<word>(?: \\. | '[^']*' | "(?:\\.|[^"\\])*" | \$\(\( [^()]* \)\) | [^\s'"\\&|;()<>] )+)
  | (?P<redirect> <<-? | [<>]&[0-9-]* | >> | >\| | <> | [<>] )
  | (?P<operator> && | \|\| | ;; | [&|;()] )
    """,
    re.VERBOSE,
)
_OPENERS = frozenset({"{", "if", "while", "until", "for", "case"})
_CLOSERS = frozenset({"}", "fi", "done", "esac"})
# After these words the next one is a command's name again (2.4, Reserved Words).
_INTRODUCERS = _OPENERS - {"for", "case"} | {"then", "else", "elif", "do", "!"}
_SEPARATORS = frozenset({";", "&", "||"})
_JOINTS = frozenset({"&&", "|"})


@dataclass(slots=True)
class _Scan:
    """Where a reading of the command stands: its depth in groups and whether a name comes next."""

    depth: int = 0
    name_next: bool = True
    word_begins: bool = True

    def read(self, kind: str, text: str) -> str | None:
        if kind == "word":
            return self._word(text)
        if kind == "operator":
            return self._operator(text)
        self.word_begins = True
        return "it holds a here-document" if text.startswith("<<") else None

    def _word(self, text: str) -> str | None:
        if self.word_begins and text.startswith("#"):
            return "its comment would swallow what follows"
        if self.name_next:
            self.depth += (text in _OPENERS) - (text in _CLOSERS)
        self.name_next = self.name_next and text in _INTRODUCERS
        self.word_begins = False
        return "it closes a group that it did not open" if self.depth < 0 else None

    def _operator(self, text: str) -> str | None:
        if self.name_next and text in _JOINTS | _SEPARATORS:
            return f"no command stands before {text}"
        self.depth += (text == "(") - (text == ")")
        self.name_next = self.word_begins = True
        if self.depth < 0:
            return "it closes a group that it did not open"
        if self.depth == 0 and text in _SEPARATORS:
            return f"it holds {text} outside a group"
        if self.depth == 0 and text == ")":
            self.name_next = False
        return None

    def end(self) -> str | None:
        if self.depth:
            return "it leaves a group open"
        return "it ends where a command is due" if self.name_next else None


def unjoinable(command: str) -> str | None:
    """Say why a one-line command can't stand between two `&&`, or None where it can.

    Args:
        command: One line of POSIX shell.
    """
    if command != command.strip():
        return "it begins or ends with a space"
    scan = _Scan()
    position = 0
    while position < len(command):
        token = _TOKEN.match(command, position)
        if token is None:
            return "a quote or backslash is left open"
        if reason := scan.read(str(token.lastgroup), token.group()):
            return reason
        position = token.end()
    return scan.end()
