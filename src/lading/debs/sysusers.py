"""Users and groups that packages declare: sysusers.d(5)."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from lading.debs.accounts import (
    Account,
    add_group,
    add_member,
    add_user,
    free_for_both,
    id_of,
    lines_of,
)
from lading.debs.refusal import Broken

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lading.debs.root import Root

__all__ = ["apply_sysusers"]

_FOLDERS: Final = ("etc/sysusers.d", "usr/lib/sysusers.d")
_PADDING: Final = ("-",) * 6


def apply_sysusers(root: Root, names: Iterable[str]) -> None:
    """Make what the files of these names declare, as systemd-sysusers does: groups first.

    Raises:
        Broken: A file is not there, or has a line that can't be read.
    """
    lines = [line for name in names for line in _lines(root, name)]
    for kind, name, number, *_ in lines:
        if kind == "g":
            _add_group(root, name, _number(number))
    for kind, name, number, comment, home, shell, *_ in lines:
        if kind in {"u", "u!"}:
            _add_user(root, name, number, comment, home, shell)
    for kind, name, group, *_ in lines:
        if kind == "m":
            if id_of(root, "group", group) is None:
                add_group(root, group, descends=True)
            add_member(root, name, group)


def _add_group(root: Root, name: str, number: int | None) -> int:
    """The group; where its number is another's, the first free one, as systemd-sysusers does."""
    if any(int(fields[2]) == number for fields in lines_of(root, "group")):
        number = None
    return add_group(root, name, number, descends=True)


def _lines(root: Root, name: str) -> Iterable[tuple[str, ...]]:
    texts = (root.read(f"{folder}/{name}") for folder in _FOLDERS)
    text = next((text for text in texts if text is not None), None)
    if text is None:
        raise Broken(f"it makes the accounts of {name}, which is not there")
    for line in text.decode().split("\n"):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        words = _split(line, name)
        if words[0] not in {"g", "u", "u!", "m", "r"} or len(words) < 2:  # noqa: PLR2004
            raise Broken(f"it makes the accounts of {name}, where a line can't be read")
        yield (*words, *_PADDING)


def _split(line: str, name: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        raise Broken(f"it makes the accounts of {name}, where a line can't be read") from None


def _number(text: str) -> int | None:
    if text == "-":
        return None
    if not (text.isascii() and text.isdigit()):
        raise Broken(f"it makes an account whose number is {text}")
    return int(text)


def _add_user(  # noqa: PLR0913, PLR0917 - the fields of a line
    root: Root, name: str, number: str, comment: str, home: str, shell: str
) -> None:
    uid, is_pair, group = number.partition(":")
    if is_pair:
        gid = id_of(root, "group", group)
        if gid is None:
            raise Broken(f"it makes the user {name} in the group {group}, which is not there")
    else:
        number_ = _number(uid)
        if number_ is None and id_of(root, "group", name) is None:
            number_ = free_for_both(root, descends=True)
        gid = _add_group(root, name, number_)
        uid = "-" if number_ is None else str(number_)
    account = Account(
        name=name,
        uid=_number(uid),
        gid=gid,
        comment="" if comment == "-" else comment,
        home="/" if home == "-" else home,
        shell="/usr/sbin/nologin" if shell == "-" else shell,
    )
    add_user(root, account, descends=True, password="!*")  # noqa: S106 - locked
