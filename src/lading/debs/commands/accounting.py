"""Commands that make users and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lading.debs.accounts import (
    Account,
    add_group,
    add_member,
    add_user,
    free_for_both,
    id_of,
    lines_of,
    make_shadow,
)
from lading.debs.commands.words import words_of
from lading.debs.sysusers import apply_sysusers
from lading.oci.entries import Folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lading.debs.shell import Call, Command

__all__ = ["ACCOUNTS"]

_SOURCE: Final = "the accounts"
_NOGROUP: Final = 65534
_USER: Final = (
    "system group quiet no-create-home disabled-login disabled-password force-badname "
    "allow-bad-names allow-badname allow-all-names firstuid= lastuid= "
    "uid= gid= ingroup= home= shell= gecos= comment= firstgid= lastgid="
)

_USERADD: Final = (
    "system no-create-home create-home home-dir= home= shell= comment= gid= uid= "
    "no-user-group user-group groups="
)


def _adduser(call: Call) -> int:
    """adduser(8): system accounts only; others belong to people."""
    words = words_of(call, "q", long=_USER)
    options, names = words.options, words.operands
    root = call.root
    if "group" in options and not _makes_user(call):
        return _addgroup(call)
    if len(names) == 2:  # noqa: PLR2004
        add_member(root, *names)
        return 0
    if "system" not in options or len(names) != 1:
        raise call.refuse("which makes no system account")
    (name,) = names
    if id_of(root, "passwd", name) is not None:
        return 0
    home = options.get("home", "/nonexistent")
    uid, gid = _numbers(call, name, options)
    account = Account(
        name=name,
        uid=uid,
        gid=gid,
        comment=options.get("gecos", options.get("comment", "")),
        home=home,
        shell=options.get("shell", "/usr/sbin/nologin"),
    )
    add_user(root, account)
    if "no-create-home" not in options and home != "/nonexistent":
        _make_home(call, name, home)
    return 0


def _makes_user(call: Call) -> bool:
    """`adduser --system --group NAME` makes both; `addgroup` and `adduser --group` a group."""
    return call.name.rpartition("/")[2] == "adduser" and "--system" in call.words


def _numbers(call: Call, name: str, options: Mapping[str, str]) -> tuple[int | None, int]:
    """The numbers of a user (None for the first free one) and of its group."""
    uid = int(options["uid"]) if "uid" in options else None
    if "ingroup" in options:
        gid = id_of(call.root, "group", options["ingroup"])
        if gid is None:
            raise call.refuse("whose group is not there")
        return uid, gid
    if "gid" in options:
        return uid, int(options["gid"])
    if "group" in options:
        if uid is None and id_of(call.root, "group", name) is None:
            uid = free_for_both(call.root)
        return uid, add_group(call.root, name, uid)
    return uid, _NOGROUP


def _make_home(call: Call, name: str, home: str) -> None:
    root = call.root
    if root.leads_to(home) is not None:
        return
    uid = id_of(root, "passwd", name) or 0
    gid = next(int(fields[3]) for fields in lines_of(root, "passwd") if fields[0] == name)
    root.put(Folder(path=root.real(home), mode=0o755, uid=uid, gid=gid, source=_SOURCE))


def _addgroup(call: Call) -> int:
    words = words_of(call, "q", long=_USER)
    if len(words.operands) == 2:  # noqa: PLR2004
        add_member(call.root, *words.operands)
        return 0
    (name,) = words.operands
    gid = int(words.options["gid"]) if "gid" in words.options else None
    add_group(call.root, name, gid)
    return 0


def _groupadd(call: Call) -> int:
    words = words_of(call, "rfo", long="system force gid=", valued="g")
    (name,) = words.operands
    if id_of(call.root, "group", name) is not None:
        return 0 if {"f", "force"} & words.options.keys() else 9
    gid = words.options.get("g") or words.options.get("gid")
    add_group(call.root, name, int(gid) if gid else None, descends=True)
    return 0


def _useradd(call: Call) -> int:
    words = words_of(call, "rMmNU", long=_USERADD, valued="dscgGu")
    options = words.options
    (name,) = words.operands
    if id_of(call.root, "passwd", name) is not None:
        return 9
    uid = options.get("u") or options.get("uid")
    group = options.get("g") or options.get("gid")
    if group:
        gid = id_of(call.root, "group", group)
    else:
        uid = uid or str(free_for_both(call.root, descends=True))
        gid = add_group(call.root, name, int(uid))
    if gid is None or {"m", "create-home"} & options.keys():
        raise call.refuse()
    account = Account(
        name=name,
        uid=int(uid) if uid else None,
        gid=gid,
        comment=options.get("c") or options.get("comment") or "",
        home=options.get("d") or options.get("home-dir") or options.get("home") or f"/home/{name}",
        shell=options.get("s") or options.get("shell") or "/bin/sh",
    )
    add_user(call.root, account, descends=True)
    for extra in (options.get("G") or options.get("groups") or "").split(","):
        if extra:
            add_member(call.root, name, extra)
    return 0


def _usermod(call: Call) -> int:
    words = words_of(call, "a", long="append groups=", valued="G")
    groups = words.options.get("G") or words.options.get("groups")
    if not groups or not {"a", "append"} & words.options.keys():
        raise call.refuse()
    for group in groups.split(","):
        add_member(call.root, words.operands[0], group)
    return 0


def _getent(call: Call) -> int:
    if len(call.words) != 2 or call.words[0] not in {"passwd", "group"}:  # noqa: PLR2004
        raise call.refuse()
    file, name = call.words
    for fields in lines_of(call.root, file):
        if name in {fields[0], fields[2]}:
            call.say(f"{':'.join(fields)}\n")
            return 0
    return 2


def _id(call: Call) -> int:
    words = words_of(call, "ugn")
    name = words.operands[0] if words.operands else "root"
    number = id_of(call.root, "passwd", name)
    if number is None:
        return 1
    if words.options.keys() == {"u"}:
        call.say(f"{number}\n")
        return 0
    call.say_unknown()
    return 0


def _shadowconfig(call: Call) -> int:
    if call.words != ("on",):
        raise call.refuse()
    make_shadow(call.root)
    return 0


def _sysusers(call: Call) -> int:
    words = words_of(call, "", long="root= replace=")
    apply_sysusers(call.root, words.operands)
    return 0


ACCOUNTS: Final[Mapping[str, Command]] = {
    "addgroup": _addgroup,
    "adduser": _adduser,
    "getent": _getent,
    "groupadd": _groupadd,
    "id": _id,
    "shadowconfig": _shadowconfig,
    "systemd-sysusers": _sysusers,
    "useradd": _useradd,
    "usermod": _usermod,
}
