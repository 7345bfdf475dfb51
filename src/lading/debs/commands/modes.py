"""Commands on modes and owners of files: chmod(1), chown(1), stat(1)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lading.debs.accounts import id_of
from lading.debs.commands.files import copy, destination, make_folders, with_inner
from lading.debs.commands.words import words_of
from lading.oci.entries import Folder, Hardlink, Symlink

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lading.debs.shell import Call, Command
    from lading.oci.entries import Entry

__all__ = ["MODES", "set_mode", "set_owner"]

_SYMBOLIC: Final = re.compile(r"([ugoa]*)([-+=])([rwxst]+)")


_SHIFTS: Final = {"u": 6, "g": 3, "o": 0}


_BITS: Final = {"r": 4, "w": 2, "x": 1, "s": 0, "t": 0}


def _chmod(call: Call) -> int:
    words = words_of(_without_minus_mode(call), "Rfv", long="recursive quiet reference=")
    mode, *paths = words.operands
    if "reference" in words.options:
        mode, paths = f"{_own(call, words.options['reference']).mode:o}", [mode, *paths]
    return _each(call, paths, "R" in words.options, lambda path: set_mode(call, path, mode))


def _without_minus_mode(call: Call) -> Call:
    """`chmod -x file`: a mode that looks like an option."""
    words = tuple(f"a{word}" if re.fullmatch("-[rwxst]+", word) else word for word in call.words)
    return replace(call, words=words)


def _chown(call: Call) -> int:
    words = words_of(call, "Rfhv", long="recursive quiet no-dereference reference=")
    owner, *paths = words.operands
    if "reference" in words.options:
        there = _own(call, words.options["reference"])
        owner, paths = f"{there.uid}:{there.gid}", [owner, *paths]
    if call.name == "chgrp":
        owner = f":{owner}"
    return _each(call, paths, "R" in words.options, lambda path: set_owner(call, path, owner))


def _each(call: Call, paths: list[str], recursive: bool, change: object) -> int:  # noqa: FBT001
    status = 0
    for path in paths:
        if call.root.kind(call.root.place(path)) is None:
            status = 1
            continue
        for one in with_inner(path, call.root) if recursive else (path,):
            change(one)  # type: ignore[operator]
    return status


def _own(call: Call, path: str) -> Entry:
    """The entry that a change of mode or owner is about.

    Raises:
        Unfollowable: It is the base's, of which these are not known.
    """
    real = call.root.real(path)
    entry = call.root.entry(real)
    if isinstance(entry, Hardlink):
        entry = call.root.entry(entry.target)
    if entry is None:
        if call.root.kind(real) == "folder" and not real:
            return Folder(path="", mode=0o755)
        raise call.refuse("on what the base has")
    return entry


def set_mode(call: Call, path: str, mode: str) -> None:
    """Change a file's mode.

    Raises:
        Unfollowable: The mode can't be read, or the file is the base's.
    """
    entry = _own(call, path)
    if not entry.path or isinstance(entry, Symlink):
        return
    call.root.put(replace(entry, mode=_mode(call, mode, entry.mode, isinstance(entry, Folder))))


def _mode(call: Call, text: str, before: int, is_folder: bool) -> int:  # noqa: FBT001
    if re.fullmatch("[0-7]{1,5}", text):
        mode = int(text, 8) & 0o7777
        # GNU: a folder keeps these bits unless they are named.
        return mode | (before & 0o6000 if is_folder and len(text.lstrip("0")) <= 3 else 0)  # noqa: PLR2004
    mode = before
    for part in text.split(","):
        match = _SYMBOLIC.fullmatch(part)
        if match is None:
            raise call.refuse("with a mode that is not known here")
        mode = _changed(mode, *match.groups())
    return mode


def _changed(mode: int, who: str, how: str, what: str) -> int:
    every = "ugo" if not who or "a" in who else who
    bits = sum(_BITS[letter] for letter in set(what))
    change = sum(bits << _SHIFTS[one] for one in set(every))
    if "s" in what:
        change |= (0o4000 if "u" in every else 0) | (0o2000 if "g" in every else 0)
    if "t" in what:
        change |= 0o1000
    if how == "=":
        mode &= ~sum(7 << _SHIFTS[one] for one in set(every))
    return mode & ~change if how == "-" else mode | change


def set_owner(call: Call, path: str, owner: str) -> None:
    """Change a file's owner, its group, or both.

    Raises:
        Unfollowable: There is no such account, or the file is the base's.
    """
    entry = _own(call, path)
    user, _, group = (
        owner.replace(".", ":", 1).partition(":") if ":" not in owner else (owner.partition(":"))
    )
    uid = id_of(call.root, "passwd", user) if user else entry.uid
    gid = id_of(call.root, "group", group) if group else entry.gid
    if uid is None or gid is None:
        raise call.refuse("whose account is not there")
    if entry.path:
        call.root.put(replace(entry, uid=uid, gid=gid))


def _stat(call: Call) -> int:
    words = words_of(call, "L", long="format=", valued="c")
    form = words.options.get("c") or words.options.get("format") or ""
    for path in words.operands:
        if call.root.leads_to(path) is None:
            return 1
        if form == "%d/%i" and not call.root.real(path):
            call.say("1/2\n")  # asked to tell a chroot's root from another's: it is one
            continue
        entry = _own(call, path)
        values = {"%a": f"{entry.mode:o}", "%u": f"{entry.uid}", "%g": f"{entry.gid}"}
        if form not in values:
            raise call.refuse()
        call.say(f"{values[form]}\n")
    return 0


def _mkdir(call: Call) -> int:
    words = words_of(call, "pvZ", long="parents verbose", valued="m")
    status = 0
    for path in words.operands:
        there = call.root.leads_to(path)
        if there is not None:
            status |= int(there != "folder" or not {"p", "parents"} & words.options.keys())
        elif not {"p", "parents"} & words.options.keys() and not call.root.has_parent(path):
            status = 1
        else:
            make_folders(path, call.root)
            if "m" in words.options:
                set_mode(call, path, words.options["m"])
    return status


def _install(call: Call) -> int:
    words = words_of(call, "dvpDCT", long="mode= owner= group= directory", valued="mog")
    options = words.options
    mode = options.get("m") or options.get("mode") or "755"
    owner = options.get("o") or options.get("owner") or ""
    group = options.get("g") or options.get("group") or ""
    paths = list(words.operands)
    if not {"d", "directory"} & options.keys():
        source, to = paths
        to = to if "T" in options else destination(to, source, call.root)
        if "D" in options:
            make_folders(to.rpartition("/")[0], call.root)
        copy(call, source, to, keeps=False, links=False)
        paths = [to]
    for path in paths:
        if {"d", "directory"} & options.keys():
            make_folders(path, call.root)
        set_mode(call, path, mode)
        if owner or group:
            set_owner(call, path, f"{owner}:{group}")
    return 0


MODES: Final[Mapping[str, Command]] = {
    "chgrp": _chown,
    "chmod": _chmod,
    "chown": _chown,
    "install": _install,
    "mkdir": _mkdir,
    "stat": _stat,
}
