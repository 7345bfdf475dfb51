"""How an image gets the user that it runs as, whatever tools it has."""

from __future__ import annotations

import re
import shlex

from lading.grammar.invalid import Invalid
from lading.grammar.user import parse_user_name
from lading.grammar.words import shown

__all__ = ["account_commands", "folder_commands", "user_commands"]


def user_commands(  # noqa: PLR0913 - an account has that many fields
    *,
    uid: int,
    gid: int = 0,
    name: str,
    home: str,
    writable: tuple[str, ...] = (),
    root: str = "",
) -> tuple[str, ...]:
    """Commands in POSIX sh, to be joined by `&&`, that make `uid` a user with a writable home.

    They write the passwd entry themselves: useradd is missing from busybox images, adduser takes
    other options in each, and minimal images have neither. A uid that has an entry keeps it. Where
    the name belongs to another uid none is added: the container runs by its numbers all the same.

    The home and the writable directories are made where missing and given to `uid` and `gid`; the
    group gets the user's rights, so that any other uid in that group can write there too (the way
    that OpenShift runs containers). Nothing inside them is touched.

    Args:
        uid: The user.
        gid: Its group; 0 by that same convention.
        name: What the user is called if it has no entry yet.
        home: Its home directory.
        writable: Further directories that it writes to.
        root: A directory that stands for `/`, so that this can run outside an image.

    Raises:
        Invalid: The name or the home can't stand in a passwd entry.
    """
    return (
        *account_commands(uid, gid, name, home, root=root),
        *folder_commands(uid, gid, (home, *writable), root=root),
    )


def account_commands(
    uid: int, gid: int, name: str, home: str, *, root: str = ""
) -> tuple[str, ...]:
    """The part of `user_commands` that gives the user an entry.

    Raises:
        Invalid: The name or the home can't stand in a passwd entry.
    """
    _check(name, home)
    return _passwd_entry(uid, gid, name, home, shlex.quote(f"{root}/etc/passwd"))


def folder_commands(
    uid: int, gid: int, folders: tuple[str, ...], *, root: str = ""
) -> tuple[str, ...]:
    """The part of `user_commands` that gives the user folders: none where these are none."""
    if not folders:
        return ()
    directories = shlex.join(f"{root}{path}" for path in dict.fromkeys(folders))
    return (
        f"mkdir -p -- {directories}",
        f"chown {uid}:{gid} -- {directories}",
        f"chmod g=u -- {directories}",
    )


def _check(name: str, home: str) -> None:
    parse_user_name(name)
    if not home.startswith("/") or re.search(r"[:\x00-\x1f\x7f]", home):
        raise Invalid(
            f"{shown(home)} can't be a home directory", hint="an absolute path without a colon"
        )


def _passwd_entry(uid: int, gid: int, name: str, home: str, passwd: str) -> tuple[str, ...]:
    # A last line without a newline would run into the entry. The password `x` stands in shadow,
    # where no entry is: none matches.
    entry = shlex.quote(f"{name}:x:{uid}:{gid}::{home}:/bin/sh")
    return (
        f'{{ [ -z "$(tail -c 1 {passwd})" ] || echo >>{passwd}; }}',
        (
            f"{{ grep -qs -e '^{name}:' -e '^[^:]*:[^:]*:{uid}:' {passwd} || "
            f"printf '%s\\n' {entry} >>{passwd}; }}"
        ),
    )
