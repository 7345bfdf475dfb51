"""What a field of an instruction may hold, so that it can't become more than a field.

Each check raises `Invalid`, naming the field by `what`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lading.grammar.invalid import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ACCOUNT",
    "ARCHIVE",
    "DURATION",
    "IMAGE",
    "MOUNT_FIELD",
    "NAME",
    "PORT",
    "SIGNAL",
    "STAGE",
    "absolute",
    "encodable",
    "match",
    "one_line",
    "some",
    "words",
]

# BuildKit's validStageName; "scratch" and "context" are names of its own.
STAGE = re.compile(r"(?!(?:scratch|context)\Z)[a-z][a-z0-9_.-]*")
IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]*")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
ACCOUNT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?")
PORT = re.compile(r"[0-9]{1,5}(?:-[0-9]{1,5})?(?:/(?:tcp|udp|sctp))?")
SIGNAL = re.compile(r"[A-Z0-9]+(?:[+-][0-9]+)?")
DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:h|m|s|ms|us|ns))+")
ARCHIVE = re.compile(r"(?!.*//)[A-Za-z0-9][A-Za-z0-9_./-]*\.tar\.gz")
# A mount is one flag: a shell-like word that holds a line of CSV whose values are expanded.
MOUNT_FIELD = re.compile(r"[A-Za-z0-9_./:@%+~-]+")


def match(pattern: re.Pattern[str], text: str, what: str) -> None:
    """The text is in this grammar, from end to end."""
    if not pattern.fullmatch(text):
        raise Invalid(f"invalid {what} {text!r}")


def encodable(text: str, what: str) -> None:
    """The text can be written as UTF-8 and read by programs in C."""
    if "\0" in text:
        raise Invalid(f"{what} {text!r} holds a NUL")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise Invalid(f"{what} {text!r} is not text: it holds half of a surrogate pair")


def one_line(text: str, what: str) -> None:
    """The text is encodable and stays on its line."""
    encodable(text, what)
    if "\n" in text or "\r" in text:
        raise Invalid(
            f"{what} {text!r} holds a line break",
            hint="a Dockerfile can't carry a line break there",
        )


def some(values: Sequence[object], what: str) -> None:
    """There is at least one value."""
    if not values:
        raise Invalid(f"no {what} given")


def absolute(path: str, what: str) -> None:
    """The text is an absolute path of the image, on one line."""
    one_line(path, what)
    # VOLUME's paths are stripped by the builder, so an outer space can't arrive.
    if not path.startswith("/") or path != path.strip():
        raise Invalid(f"{what} {path!r} is not an absolute path")


def words(argv: tuple[str, ...], what: str) -> None:
    """Each argument is encodable; JSON carries its line breaks."""
    for word in argv:
        encodable(word, what)
