"""Maintainer scripts of anything: followed to their end within bounds, or refused with a reason."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from hypothesis import strategies as st

from lading.debs import NOTHING, DebFile
from lading.debs.commands import Context, commands_of
from lading.debs.package import Package
from lading.debs.root import Root
from lading.debs.scripts import carry_out
from lading.debs.stanza import parse_stanza
from lading.debs.unpacking import Unpacked
from lading.oci.entries import Literal as Bytes
from lading.oci.entries import Regular, Symlink

__all__ = ["SCRIPTS", "script"]

_CONTROL: Final = "Package: tool\nVersion: 1\nArchitecture: amd64\n"
_TEMPLATES: Final = b"Template: tool/a\nType: string\nDefault: x\n"
_PATHS: Final = (
    "/opt/a",
    "/opt",
    "/etc/passwd",
    "/",
    "..",
    "/l",
    "/l/l",
    "/none",
    "/dev/null",
    "-",
)
_WORDS: Final = (
    *_PATHS,
    *("a", "-", "--", "'", '"', "\\", "$x", '"$@"', "$#", "$?", "${x#*a}", "${x%%[ab]}", "${#x}"),
    *(
        "$(echo a)",
        "`echo b`",
        "$((x + 1))",
        "$((9*9))",
        "*",
        "?",
        "[!a-",
        "/*/*",
        "{",
        "}",
        "(",
        ")",
    ),
    *("0", "1", "-1", "4755", "u+s,g=", "99999999999999999999", "\u0663", "\xb2", "1e9", "0x1"),
    *(
        "s/a/b/g",
        r"s/\(a*\)*\(b\|c\)/\2/",
        "/a/!d",
        "s,x,\\1,",
        "[[:alpha:]]*",
        "(a|b)+{1,3}",
        "^$",
    ),
    *(
        "root",
        "root:root",
        "tool",
        "a:b",
        "x=y",
        "-f",
        "-e",
        "-R",
        "-s",
        "-E",
        "-n",
        "-d",
        "-p",
        "-m",
    ),
    *("--system", "--group", "--add", "--install", "--slave", "--list", "--update", "--query", "]"),
    *(
        "--divert",
        "--home",
        "tool/a",
        "lt",
        "-eq",
        "=",
        "!",
        "-a",
        "-o",
        "%s%d%%",
        "a-z",
        "é",
        "\x1b",
    ),
)
_GLUE: Final = (
    *(" ", " ", " ", "\n", "; ", " | ", " && ", " || ", " > /opt/f ", " >> /opt/f ", " < /opt/a "),
    *(
        " 2>&1",
        " <<E\nx $x\nE\n",
        "if ",
        "; then ",
        "; else ",
        "; fi\n",
        "while ",
        "; do ",
        "; done\n",
    ),
    *(
        "for x in ",
        "case ",
        " in ",
        ") ",
        ";; ",
        " esac\n",
        "f() { ",
        "; }\n",
        "{ ",
        "( ",
        "x=",
        "&",
        "\t",
    ),
    *(
        "return",
        "exit ",
        "break",
        "continue",
        "set ",
        "shift ",
        "read x ",
        "local x=",
        "unset ",
        ". ",
    ),
)


def _context(text: str, root: Root) -> Context:
    deb = DebFile(name="tool", version="1", architecture="amd64", path=Path("tool.deb"))
    package = Package(
        deb=deb,
        stanza=parse_stanza(_CONTROL),
        control={"postinst": text.encode(errors="surrogatepass"), "templates": _TEMPLATES},
    )
    return Context(
        package=package,
        packages={"tool": package},
        architecture="amd64",
        root=root,
        unpacked=Unpacked(),
    )


def _root() -> Root:
    root = Root(NOTHING)
    root.write("opt/a", b"a b\nc")
    root.write("etc/passwd", b"root:x:0:0::/:/bin/sh\n")
    root.write("etc/group", b"root:x:0:\n")
    root.put(Symlink(path="l", mode=0o777, target="/"))
    return root


_NAMES: Final = sorted(
    {
        *commands_of(_context("", _root())),
        "f",
        "eval",
        "exec",
        "command -v",
        "type",
        "export",
        "umask",
    }
)
_CALLS: Final = st.builds(
    lambda name, words: " ".join((name, *words)),
    st.sampled_from(_NAMES),
    st.lists(st.sampled_from(_WORDS), max_size=6),
)
_PIECES: Final = _CALLS | st.sampled_from(_GLUE) | st.sampled_from(_WORDS) | st.text(max_size=4)
SCRIPTS = st.lists(_PIECES, max_size=25).map("".join)


def script(text: str) -> None:
    """A script is followed or refused, in one line; what it wrote is what an image can have."""
    root = _root()
    problem = carry_out("postinst", _context(f"#!/bin/sh\n{text}", root))
    if problem is not None:
        assert str(problem).isprintable(), problem
        assert len(problem.reason) < 4000, problem
    for entry in root.entries():
        assert entry.path.isprintable()
        assert not re.search(r"(^|/)\.{0,2}(/|$)", entry.path), entry
        if isinstance(entry, Regular) and isinstance(entry.content, Bytes):
            assert len(entry.content.data) < 64 << 20
