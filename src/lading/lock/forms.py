r"""The facts of a lock, and the forms of the words in it: what a reader of it may rely on.

No word of it can be an option, hold a line break, or leave the project, whoever has edited the
file. Each form has a pattern, and words for whoever wrote something else.
"""

from __future__ import annotations

import ast
import re
from typing import Annotated, Final, TypeAlias, get_args

from msgspec import Meta, Struct

__all__ = [
    "Base",
    "Commit",
    "Count",
    "DebWord",
    "Digest",
    "Fact",
    "Group",
    "Hash",
    "Line",
    "Moment",
    "Name",
    "Path",
    "PlatformName",
    "Sha256",
    "Size",
    "Version",
    "Word",
    "in_words",
]


class Fact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of the lock: immutable, and strict about keys that it does not know."""


Name: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?\Z",  # PEP 503
        description="a name of lower case letters, digits and single hyphens",
    ),
]
Version: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^[0-9][0-9A-Za-z.!+]*\Z",  # PEP 440, normal
        description="a version, such as 1.2.3",
    ),
]
Sha256: TypeAlias = Annotated[
    str,
    Meta(pattern=r"^[0-9a-f]{64}\Z", description="a SHA-256, which has 64 of 0-9 and a-f"),
]
Digest: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})\Z",
        description="a digest: sha256: and 64 of 0-9 and a-f, or sha512: and 128",
    ),
]
Hash: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9_]+:[0-9a-f]{32,128}\Z",
        description="a hash, such as sha256: and 64 of 0-9 and a-f",
    ),
]
Commit: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?\Z",
        description="a whole commit, which has 40 or 64 of 0-9 and a-f",
    ),
]
# Those that every reader of the lock has exactly (RFC 7493, 2.2).
Size: TypeAlias = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Count: TypeAlias = Annotated[int, Meta(ge=0)]
Group: TypeAlias = Annotated[int, Meta(ge=1)]
Moment: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z",
        description="a time in UTC, such as 2026-11-01T00:00:00Z",
    ),
]
Line: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x1f\x7f]+\Z",
        description="a line of text, without a line break or another control character",
    ),
]
Word: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^[^\s\x00-\x20\x7f-][^\s\x00-\x20\x7f]*\Z",
        description="one word, which has no white space and does not begin with a hyphen",
    ),
]
DebWord: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9+.:~_-]*\Z",  # Debian Policy 5.6.1, 5.6.12
        description="a Debian package's name, version or architecture: letters, digits, + . : ~ -",
    ),
]
# A reference has no white space; a path of the project may.
Base: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^(?:(?:oci|oci-archive|docker-archive|dockerfile):[^\x00-\x1f\x7f]+"
        r"|[^\s\x00-\x20\x7f-][^\s\x00-\x20\x7f]*)\Z",
        description="a base image: a reference without white space, or a path such as oci:base",
    ),
]
Path: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^(?!/)(?!([^/]*/)*\.\.(/|\Z))[^\x00-\x1f\x7f-][^\x00-\x1f\x7f]*\Z",
        description="a relative path without .., which begins with no hyphen",
    ),
]
PlatformName: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9]+(/[a-z0-9]+){1,2}\Z",
        description="a platform, such as linux/amd64",
    ),
]

_TEXTS = (
    *(Name, Version, Sha256, Digest, Hash, Commit, Moment, Line, Word, DebWord, Base, Path),
    PlatformName,
)
_WORDS: Final = {meta.pattern: meta.description for form in _TEXTS for meta in get_args(form)[1:]}
# As msgspec says it, which quotes the pattern as Python's repr does.
_MISMATCH: Final = re.compile(
    r"Expected `str` matching regex (?P<pattern>'.*'|\".*\") - at `(?P<key>.*)`", re.DOTALL
)


def in_words(message: str) -> str:
    """What msgspec says is wrong with a lock, without a pattern in it."""
    found = _MISMATCH.fullmatch(message)
    if found is None:
        return message
    return f"`{found['key']}` is not {_WORDS[ast.literal_eval(found['pattern'])]}"
