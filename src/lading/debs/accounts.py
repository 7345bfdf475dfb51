"""Users and groups of an image: passwd(5), group(5), shadow(5), gshadow(5).

What `adduser`, `addgroup`, `useradd`, `groupadd` and systemd-sysusers write for system accounts, as
far as packages ask for it. IDs are the first free ones from the ends that each of these tools uses;
the same packages in the same order get the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lading.debs.refusal import Broken, text_of

if TYPE_CHECKING:
    from lading.debs.root import Root

__all__ = [
    "Account",
    "add_group",
    "add_member",
    "add_user",
    "free_for_both",
    "id_of",
    "lines_of",
    "make_shadow",
]

_SOURCE: Final = "the accounts"
_SYSTEM: Final = range(100, 1000)
_MODES: Final = {"passwd": 0o644, "group": 0o644, "shadow": 0o640, "gshadow": 0o640}
_NAME: Final = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]{0,60}\$?")
_NUMBER: Final = re.compile("[0-9]{1,10}")
_SHADOW_GROUP: Final = 42
_EPOCH: Final = "3652"
"""The day of a password's last change, counted from 1970: that of every file's time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user that a package asks for."""

    name: str
    uid: int | None = None
    gid: int
    comment: str = ""
    home: str = "/nonexistent"
    shell: str = "/usr/sbin/nologin"


def lines_of(root: Root, file: str) -> list[list[str]]:
    """The lines of one of the four files, each as its fields."""
    text = (root.read(f"etc/{file}") or b"").decode(errors="surrogateescape")
    return [line.split(":") for line in text.split("\n") if line]


def id_of(root: Root, file: str, name: str) -> int | None:
    """The number of a user (`passwd`) or group (`group`), by its name or the number itself."""
    for fields in lines_of(root, file):
        if fields[0] == name:
            return int(fields[2])
    if _NUMBER.fullmatch(name):
        return int(name)
    return 0 if name == "root" else None


def add_group(root: Root, name: str, gid: int | None = None, *, descends: bool = False) -> int:
    """A system group's number; it is made where it is missing.

    Raises:
        Broken: The number is taken.
    """
    there = _named(root, "group", name)
    if there is not None:
        return there
    taken = _taken(root, "group")
    if gid is not None and gid in taken:
        raise Broken(f"it wants the group {name} to be {gid}, which is another")
    number = gid if gid is not None else _free(taken, descends=descends)
    _append(root, "group", [name, "x", str(number), ""])
    if root.leads_to("etc/gshadow") is not None:
        _append(root, "gshadow", [name, "!", "", ""])
    return number


def add_user(root: Root, account: Account, *, descends: bool = False, password: str = "!") -> int:  # noqa: S107 - none fits
    """A system user's number; it is made where it is missing.

    Raises:
        Broken: The number is taken.
    """
    there = _named(root, "passwd", account.name)
    if there is not None:
        return there
    taken = _taken(root, "passwd")
    if account.uid is not None and account.uid in taken:
        raise Broken(f"it wants the user {account.name} to be {account.uid}, which is another")
    number = account.uid if account.uid is not None else _free(taken, descends=descends)
    known = [account.comment, account.home, account.shell]
    _append(root, "passwd", [account.name, "x", str(number), str(account.gid), *known])
    if root.leads_to("etc/shadow") is not None:
        _append(root, "shadow", [account.name, password, _EPOCH, "", "", "", "", "", ""])
    return number


def add_member(root: Root, user: str, group: str) -> None:
    """Put a user into a group.

    Raises:
        Broken: There is no such group.
    """
    if not _NAME.fullmatch(user):
        raise Broken(f"it adds {text_of(user)} to a group, which is no name of an account")
    if _named(root, "group", group) is None:
        raise Broken(f"it adds {user} to the group {group}, which is not there")
    for file in ("group", "gshadow"):
        lines = lines_of(root, file)
        for fields in lines:
            members = [one for one in fields[3].split(",") if one]
            if fields[0] == group and user not in members:
                fields[3] = ",".join((*members, user))
        if lines:
            _write(root, file, lines)


def make_shadow(root: Root) -> None:
    """Keep passwords apart from accounts, as `shadowconfig on` does: pwconv(8)."""
    for file, shadow in (("passwd", "shadow"), ("group", "gshadow")):
        lines = lines_of(root, file)
        known = {fields[0] for fields in lines_of(root, shadow)}
        for fields in lines:
            if fields[0] not in known:
                rest = (
                    [_EPOCH, "0", "99999", "7", "", "", ""] if file == "passwd" else ["", fields[3]]
                )
                _append(root, shadow, [fields[0], fields[1], *rest])
            fields[1] = "x"
        _write(root, file, lines)


def _named(root: Root, file: str, name: str) -> int | None:
    found = (int(fields[2]) for fields in lines_of(root, file) if fields[0] == name)
    return next(found, None)


def free_for_both(root: Root, *, descends: bool = False) -> int:
    """A number that is free for a user and a group of one name.

    Raises:
        Broken: None is left.
    """
    return _free(_taken(root, "passwd") | _taken(root, "group"), descends=descends)


def _taken(root: Root, file: str) -> set[int]:
    return {int(fields[2]) for fields in lines_of(root, file)}


def _free(taken: set[int], *, descends: bool) -> int:
    for number in reversed(_SYSTEM) if descends else _SYSTEM:
        if number not in taken:
            return number
    raise Broken("no number is left for a system account")


def _append(root: Root, file: str, fields: list[str]) -> None:
    if not _NAME.fullmatch(fields[0]):
        raise Broken(f"it makes the account {text_of(fields[0])}, which is no name of one")
    for field in fields[1:]:
        if ":" in field or not field.isprintable():
            raise Broken(f"it makes an account with {text_of(field)}, which would be another's")
    _write(root, file, [*lines_of(root, file), fields])


def _write(root: Root, file: str, lines: list[list[str]]) -> None:
    text = "".join(f"{':'.join(fields)}\n" for fields in lines)
    if root.leads_to(f"etc/{file}") is None and file.endswith("shadow"):
        from lading.oci.entries import Literal, Regular  # noqa: PLC0415

        content = Literal(data=text.encode(errors="surrogateescape"))
        entry = Regular(
            path=root.real(f"etc/{file}"),
            mode=_MODES[file],
            gid=_SHADOW_GROUP,
            content=content,
            source=_SOURCE,
        )
        root.put(entry)
        return
    root.write(f"etc/{file}", text.encode(errors="surrogateescape"), source=_SOURCE)
