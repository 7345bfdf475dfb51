"""Commands on files: coreutils, as far as maintainer scripts use them."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lading.debs.accounts import id_of
from lading.debs.commands.words import words_of
from lading.oci.entries import Folder, Hardlink, Regular, Symlink

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lading.debs.root import Root
    from lading.debs.shell import Call, Command
    from lading.oci.entries import Entry

__all__ = ["FILES", "set_mode", "set_owner"]

_SYMBOLIC: Final = re.compile(r"([ugoa]*)([-+=])([rwxst]+)")
_FOUND: Final = {"f": "file", "d": "folder", "l": "link"}
_SHIFTS: Final = {"u": 6, "g": 3, "o": 0}
_BITS: Final = {"r": 4, "w": 2, "x": 1, "s": 0, "t": 0}
_SOURCE: Final = "a maintainer script"


def _mkdir(call: Call) -> int:
    words = words_of(call, "pvZ", long="parents verbose", valued="m")
    status = 0
    for path in words.operands:
        there = call.root.leads_to(path)
        if there is not None:
            status |= int(there != "folder" or not {"p", "parents"} & words.options.keys())
        elif not {"p", "parents"} & words.options.keys() and not _has_parent(path, call.root):
            status = 1
        else:
            _make_folders(path, call.root)
            if "m" in words.options:
                set_mode(call, path, words.options["m"])
    return status


def _has_parent(path: str, root: Root) -> bool:
    return root.leads_to(path.rstrip("/").rpartition("/")[0] or "/") == "folder"


def _make_folders(path: str, root: Root) -> None:
    real = root.real(path)
    parts = real.split("/")
    for count in range(1, len(parts) + 1):
        folder = "/".join(parts[:count])
        if root.kind(folder) is None:
            root.put(Folder(path=folder, mode=0o755, source=_SOURCE))


def _rmdir(call: Call) -> int:
    words = words_of(call, "p", long="ignore-fail-on-non-empty parents")
    status = 0
    for path in words.operands:
        if call.root.leads_to(path) != "folder":
            status = 1
        elif call.root.names(path):
            status |= int("ignore-fail-on-non-empty" not in words.options)
        else:
            call.root.remove(path)
    return status


def _rm(call: Call) -> int:
    words = words_of(call, "rRfvd", long="force recursive verbose")
    status = 0
    for path in words.operands:
        kind = call.root.kind(call.root.place(path))
        if kind is None:
            status |= int("f" not in words.options)
        elif kind != "folder":
            call.root.remove(path)
        elif {"r", "R", "recursive"} & words.options.keys():
            _remove_folder(path, call.root)
        else:
            status = 1
    return status


def _remove_folder(path: str, root: Root) -> None:
    for name in root.names(path):
        inner = f"{path.rstrip('/')}/{name}"
        if root.kind(root.place(inner)) == "folder":
            _remove_folder(inner, root)
        else:
            root.remove(inner)
    root.remove(path)


def _destination(path: str, source: str, root: Root) -> str:
    """Where something goes that is copied or moved to a path."""
    if root.leads_to(path) == "folder":
        return f"{path.rstrip('/')}/{source.rstrip('/').rpartition('/')[2]}"
    return path


def _mv(call: Call) -> int:
    words = words_of(call, "fvTnZ", long="force")
    *sources, to = words.operands
    for source in sources:
        place = call.root.place(source)
        entry = call.root.entry(place)
        if call.root.kind(place) is None:
            return 1
        if entry is None or isinstance(entry, Folder):
            raise call.refuse("which moves what the base has, or a folder")
        target = to if "T" in words.options else _destination(to, source, call.root)
        call.root.remove(source)
        call.root.put(replace(entry, path=call.root.place(target)))
    return 0


def _cp(call: Call) -> int:
    words = words_of(call, "apdfrRvPZunLT", long="preserve= no-preserve= archive verbose")
    *sources, to = words.operands
    keeps = bool({"a", "p", "preserve", "archive"} & words.options.keys())
    for source in sources:
        target = to if "T" in words.options else _destination(to, source, call.root)
        kind = call.root.leads_to(source)
        if kind is None or not _has_parent(target, call.root):
            return 1
        if kind == "folder":
            raise call.refuse("which copies a folder")
        _copy(call, source, target, keeps=keeps, links=bool({"a", "d", "P"} & words.options.keys()))
    return 0


def _copy(call: Call, source: str, target: str, *, keeps: bool, links: bool) -> None:
    root = call.root
    place = root.place(source) if links else root.real(source)
    entry = root.entry(place)
    if isinstance(entry, Hardlink):
        entry = root.entry(entry.target)
    if isinstance(entry, Symlink):
        root.put(replace(entry, path=root.place(target)))
    elif isinstance(entry, Regular):
        mode = entry.mode if keeps else entry.mode & 0o755
        owner = (entry.uid, entry.gid) if keeps else (0, 0)
        root.put(
            replace(
                entry, path=root.real(target), mode=mode, uid=owner[0], gid=owner[1], source=_SOURCE
            )
        )
    else:
        root.write(target, root.read(source) or b"", source=_SOURCE)


def _ln(call: Call) -> int:
    words = words_of(call, "sfnvTrb", long="symbolic force no-dereference relative")
    if not {"s", "symbolic"} & words.options.keys() or {"r", "relative"} & words.options.keys():
        raise call.refuse("which makes a hard or a relative link")
    if len(words.operands) != 2:  # noqa: PLR2004
        raise call.refuse("which makes several links")
    target, path = words.operands
    root = call.root
    is_link = root.kind(root.place(path)) == "link"
    if not (is_link and {"n", "T", "no-dereference"} & words.options.keys()):
        path = _destination(path, target, root)
    there = root.kind(root.place(path))
    if there is not None and (not {"f", "force"} & words.options.keys() or there == "folder"):
        return 1
    if root.is_ground(root.place(path)) and root.target(path) == target:
        return 0
    root.put(Symlink(path=root.place(path), mode=0o777, target=target, source=_SOURCE))
    return 0


def _touch(call: Call) -> int:
    words = words_of(call, "acmh", long="no-dereference no-create reference=", valued="rdt")
    for path in words.operands:
        if call.root.leads_to(path) is None and not {"c", "no-create"} & words.options.keys():
            if not _has_parent(path, call.root):
                return 1
            call.root.write(path, b"", mode=0o666 & ~call.state.umask, source=_SOURCE)
    return 0


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
        for one in _with_inner(path, call.root) if recursive else (path,):
            change(one)  # type: ignore[operator]
    return status


def _with_inner(path: str, root: Root) -> Iterator[str]:
    yield path
    if root.kind(root.place(path)) == "folder":
        for name in root.names(path):
            yield from _with_inner(f"{path.rstrip('/')}/{name}", root)


def _own(call: Call, path: str) -> Entry:
    """The entry that a change of mode or owner is about.

    Raises:
        Unfollowable: It is the base's, of which these are not known.
    """
    real = call.root.real(path)
    entry = call.root.entry(real)
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


def _install(call: Call) -> int:
    words = words_of(call, "dvpDCT", long="mode= owner= group= directory", valued="mog")
    options = words.options
    mode = options.get("m") or options.get("mode") or "755"
    owner = options.get("o") or options.get("owner") or ""
    group = options.get("g") or options.get("group") or ""
    paths = list(words.operands)
    if not {"d", "directory"} & options.keys():
        source, to = paths
        to = to if "T" in options else _destination(to, source, call.root)
        if "D" in options:
            _make_folders(to.rpartition("/")[0], call.root)
        _copy(call, source, to, keeps=False, links=False)
        paths = [to]
    for path in paths:
        if {"d", "directory"} & options.keys():
            _make_folders(path, call.root)
        set_mode(call, path, mode)
        if owner or group:
            set_owner(call, path, f"{owner}:{group}")
    return 0


def _readlink(call: Call) -> int:
    words = words_of(call, "efmnqsvz", long="canonicalize canonicalize-existing")
    options = words.options
    for path in words.operands:
        if options.keys() & {"e", "f", "m", "canonicalize", "canonicalize-existing"}:
            if "e" in options and call.root.leads_to(path) is None:
                return 1
            call.say(f"/{call.root.real(path)}\n")
        elif (target := call.root.target(path)) is not None:
            call.say(f"{target}\n")
        else:
            return 1
    return 0


def _realpath(call: Call) -> int:
    words = words_of(call, "emsLPqz", long="no-symlinks canonicalize-missing")
    for path in words.operands:
        call.say(path + "\n" if "s" in words.options else f"/{call.root.real(path)}\n")
    return 0


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


def _ls(call: Call) -> int:
    words = words_of(call, "1aAdL")
    for path in words.operands:
        kind = call.root.leads_to(path)
        if kind is None:
            return 2
        names = call.root.names(path) if kind == "folder" and "d" not in words.options else (path,)
        call.say("".join(f"{name}\n" for name in names))
    return 0


def _mktemp(call: Call) -> int:
    words = words_of(call, "dtqu", long="tmpdir=", valued="p")
    path = words.operands[0] if words.operands else "/tmp/tmp.XXXXXXXXXX"  # noqa: S108
    if not path.startswith("/"):
        path = f"/tmp/{path}"  # noqa: S108
    if "d" in words.options:
        _make_folders(path, call.root)
    else:
        call.root.write(path, b"", mode=0o600, source=_SOURCE)
    call.say(f"{path}\n")
    return 0


def _cmp(call: Call) -> int:
    words = words_of(call, "sq")
    one, other = (call.root.read(path) for path in words.operands)
    return int(one is None or one != other)


def _find(call: Call) -> int:
    """find(1): files of folders by name and kind."""
    words = list(call.words)
    starts = []
    while words and words[0][:1] not in {"-", "(", "!"}:
        starts.append(words.pop(0))
    wanted: dict[str, str] = {}
    while words:
        word = words.pop(0)
        if word in {"-name", "-type", "-maxdepth"} and words:
            wanted[word] = words.pop(0)
        elif word != "-print":
            raise call.refuse()
    if "-maxdepth" in wanted or wanted.get("-type", "f") not in _FOUND:
        raise call.refuse()
    name = re.compile(fnmatch.translate(wanted.get("-name", "*")))
    kind = _FOUND.get(wanted.get("-type", ""))
    for start in starts:
        if call.root.kind(call.root.place(start)) is not None:
            for path in _with_inner(start, call.root):
                is_kind = kind in {None, call.root.kind(call.root.place(path))}
                if is_kind and name.fullmatch(path.rpartition("/")[2]):
                    call.say(f"{path}\n")
    return 0


FILES: Final[Mapping[str, Command]] = {
    "chgrp": _chown,
    "chmod": _chmod,
    "chown": _chown,
    "cmp": _cmp,
    "cp": _cp,
    "diff": _cmp,
    "find": _find,
    "install": _install,
    "ln": _ln,
    "ls": _ls,
    "mkdir": _mkdir,
    "mktemp": _mktemp,
    "mv": _mv,
    "readlink": _readlink,
    "realpath": _realpath,
    "rm": _rm,
    "rmdir": _rmdir,
    "stat": _stat,
    "touch": _touch,
}
