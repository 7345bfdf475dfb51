"""Parts of a requirement's URL that become words of git's command line, or paths of a builder's."""

from __future__ import annotations

import re

from lading.grammar.invalid import Invalid
from lading.grammar.words import shown

__all__ = ["check_host", "check_revision", "check_subdirectories"]

# What git-check-ref-format allows, less what a shell or a URL reads otherwise.
_REVISION = r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._/+-]*"


def check_host(url: str) -> None:
    """Refuse a host, or an account, that ssh or git would take for an option.

    Both decode `%2D` in it before they hand it on. What other letters than ASCII's stand for,
    programs don't agree about (IDNA 2003 and 2008). Nor is there a backslash in a URL (RFC 3986):
    at the end of a line of requirements it would be a continuation.
    """
    if "\\" in url.partition("#")[0]:
        raise Invalid(f"{shown(url)} holds a backslash", hint="a URL has slashes")
    authority = _decoded(re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0])
    if any(part.startswith("-") for part in authority.split("@")):
        hint = "a host begins with a letter or a digit"
        raise Invalid(f"{shown(url)} has a host that begins with `-`", hint=hint)
    if not authority.isascii():
        hint = "write the host as it is looked up, in ASCII: it begins with xn--"
        raise Invalid(f"{shown(url)} has a host with other letters than ASCII's", hint=hint)


def check_revision(url: str) -> None:
    """Refuse a revision that git would take for an option, or as no name of a commit."""
    path = re.split(r"[?#]", url.partition("://")[2], maxsplit=1)[0].partition("/")[2]
    # As pip and uv split it: at the last `@` of the path.
    _, at, revision = path.rpartition("@")
    if at and not re.fullmatch(_REVISION, revision):
        hint = "after the `@` stands a tag, a branch or a commit's hash, such as @v1.0"
        raise Invalid(f"{shown(revision)} is not a git revision", hint=hint)


def check_subdirectories(url: str) -> None:
    """Refuse a `#subdirectory=` that leaves the repository or the archive, or is an option."""
    for part in url.partition("#")[2].split("&"):
        key, _, folder = part.partition("=")
        if key == "subdirectory" and not _is_inside(_decoded(folder)):
            hint = "name a folder in it by its relative path: #subdirectory=packages/name"
            raise Invalid(f"subdirectory {shown(folder)} can't be used", hint=hint)


def _decoded(text: str) -> str:
    from urllib.parse import unquote  # noqa: PLC0415 - only for a URL

    return unquote(text)


def _is_inside(folder: str) -> bool:
    return (
        bool(folder)
        and folder.isprintable()
        and not folder.startswith(("/", "-"))
        and "\\" not in folder
        and ".." not in folder.split("/")
    )
