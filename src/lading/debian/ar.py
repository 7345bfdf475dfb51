"""The members of a .deb: deb(5), which is an ar archive of three members in this order.

`debian-binary` has the version of the format, `control.tar` what dpkg needs to know, `data.tar` the
files. Members whose names begin with `_` may stand between and after them and are ignored; anything
else is refused, since two readers could see two packages in such a file.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from lading.debian.broken import Broken

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Member", "Members", "read_members"]

_MAGIC: Final = b"!<arch>\n"
_HEADER: Final = 60
_HEADER_END: Final = b"`\n"
_MOST: Final = 16
_NAME: Final = re.compile(rb"([!-.0-~]{1,16})/? *")
_SIZE: Final = re.compile(rb"([0-9]{1,10}) *")
_VERSION: Final = re.compile(rb"2\.[0-9]+\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member, and where in the file it is."""

    name: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """The two members that a package is made of."""

    control: Member
    data: Member


def read_members(file: BinaryIO) -> Members:
    """Where the two archives of a package are.

    Raises:
        Broken: It is no package of the format's version 2, is cut short, or has more in it.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if file.read(len(_MAGIC)) != _MAGIC:
        raise Broken("it is no ar archive")
    found = [member for member in _members(file, size) if not member.name.startswith("_")]
    names = [member.name for member in found]
    if names[:1] != ["debian-binary"]:
        raise Broken("it has no debian-binary member at its beginning")
    _check_version(file, found[0])
    kinds = [name.partition(".tar")[0] for name in names[1:]]
    if kinds != ["control", "data"]:
        told = ", ".join(names) or "nothing"
        raise Broken(f"it must have one control and one data archive, and has {told}")
    return Members(control=found[1], data=found[2])


def _members(file: BinaryIO, size: int) -> Iterator[Member]:
    place = len(_MAGIC)
    for _ in range(_MOST):
        if place == size:
            return
        file.seek(place)
        header = file.read(_HEADER)
        name, length = _NAME.fullmatch(header[:16]), _SIZE.fullmatch(header[48:58])
        if len(header) != _HEADER or name is None or length is None or header[58:] != _HEADER_END:
            raise Broken("it has a damaged header, or bytes after its end")
        member = Member(name=name[1].decode(), offset=place + _HEADER, size=int(length[1]))
        place = member.offset + member.size
        if place > size:
            raise Broken(f"it is cut short: {member.name} is larger than the file")
        yield member
        place += 1 if member.size % 2 and place < size else 0
    raise Broken(f"it has more than {_MOST} members")


def _check_version(file: BinaryIO, member: Member) -> None:
    file.seek(member.offset)
    if not _VERSION.match(file.read(min(member.size, 16))):
        raise Broken("it is of another format than 2.x")
