"""The accounts of an image on nothing: passwd(5), group(5)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lading.errors import ImageError
from lading.oci.contents import Reader, plain_parts
from lading.oci.entries import Literal, Regular

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lading.info import User
    from lading.oci.entries import Entry

__all__ = ["accounts", "with_account"]

_SOURCE = "the accounts"


def accounts(user: User) -> Iterator[Entry]:
    """The accounts of an image that has no other files: root, and the container's user."""
    lines = {0: "root:x:0:0:root:/root:/sbin/nologin\n"}
    lines.setdefault(user.uid, _user_line(user))
    groups = {0: "root:x:0:\n"}
    groups.setdefault(user.gid, _group_line(user))
    for name, content in (("passwd", lines), ("group", groups)):
        data = "".join(content.values()).encode()
        yield Regular(path=f"etc/{name}", mode=0o644, content=Literal(data=data), source=_SOURCE)


def with_account(entries: Iterable[Entry], user: User) -> tuple[Entry, ...]:
    """The entries of a base made of packages, with the container's user among its accounts.

    Raises:
        ImageError: They have no accounts.
    """
    added = {
        "etc/passwd": (user.uid, _user_line(user)),
        "etc/group": (user.gid, _group_line(user)),
    }
    found = {one.path: one for one in entries}
    for path, (number, line) in added.items():
        entry = found.get(path)
        if not isinstance(entry, Regular):
            raise ImageError(f"the packages of the base bring no /{path}")
        with Reader() as reader:
            data = b"".join(plain_parts(entry.content, reader))
        known = {fields[2] for fields in map(_fields, data.splitlines()) if len(fields) > 2}  # noqa: PLR2004
        if str(number).encode() not in known:
            found[path] = replace(entry, content=Literal(data=data + line.encode()), sha256=None)
    return tuple(found.values())


def _fields(line: bytes) -> list[bytes]:
    return line.split(b":")


def _user_line(user: User) -> str:
    return f"{user.name}:x:{user.uid}:{user.gid}::{user.home}:/bin/sh\n"


def _group_line(user: User) -> str:
    return f"{user.name}:x:{user.gid}:\n"
