"""Commands on files: coreutils, as far as maintainer scripts use them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lading.debs.commands.words import words_of
from lading.debs.patterns import Pattern, glob
from lading.oci.entries import Folder, Hardlink, Regular, Symlink

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lading.debs.root import Root
    from lading.debs.shell import Call, Command

__all__ = ["FILES", "copy", "destination", "make_folders", "with_inner"]

_FOUND: Final = {"f": "file", "d": "folder", "l": "link"}
_SOURCE: Final = "a maintainer script"


def make_folders(path: str, root: Root) -> None:
    """Make a folder, and those that it is in."""
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
    for inner in reversed(list(with_inner(path, root))):
        root.remove(inner)


def destination(path: str, source: str, root: Root) -> str:
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
        target = call.root.place(to if "T" in words.options else destination(to, source, call.root))
        if call.root.has_links(target):
            raise call.refuse("which takes a name of a file that has others")
        if target != place:
            call.root.remove(source)
            call.root.put(replace(entry, path=target))
    return 0


def _cp(call: Call) -> int:
    words = words_of(call, "apdfrRvPZunLT", long="preserve= no-preserve= archive verbose")
    *sources, to = words.operands
    keeps = bool({"a", "p", "preserve", "archive"} & words.options.keys())
    for source in sources:
        target = to if "T" in words.options else destination(to, source, call.root)
        kind = call.root.leads_to(source)
        if kind is None or not call.root.has_parent(target):
            return 1
        if kind == "folder":
            raise call.refuse("which copies a folder")
        copy(call, source, target, keeps=keeps, links=bool({"a", "d", "P"} & words.options.keys()))
    return 0


def copy(call: Call, source: str, target: str, *, keeps: bool, links: bool) -> None:
    """Copy a file or a link."""
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
        path = destination(path, target, root)
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
            if not call.root.has_parent(path):
                return 1
            call.root.write(path, b"", mode=0o666 & ~call.state.umask, source=_SOURCE)
    return 0


def with_inner(path: str, root: Root) -> Iterator[str]:
    """A path, and all that is in it where it is a folder: a folder before what it holds."""
    left = [path]
    while left:
        here = left.pop()
        yield here
        if root.kind(root.place(here)) == "folder":
            left += [f"{here.rstrip('/')}/{name}" for name in reversed(root.names(here))]


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
        make_folders(path, call.root)
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
    name = Pattern(glob([(wanted.get("-name", "*"), False)]), call.state.bounds)
    kind = _FOUND.get(wanted.get("-type", ""))
    for start in starts:
        if call.root.kind(call.root.place(start)) is not None:
            for path in with_inner(start, call.root):
                is_kind = kind in {None, call.root.kind(call.root.place(path))}
                if is_kind and name.fits(path.rpartition("/")[2]):
                    call.say(f"{path}\n")
    return 0


FILES: Final[Mapping[str, Command]] = {
    "cmp": _cmp,
    "cp": _cp,
    "diff": _cmp,
    "find": _find,
    "ln": _ln,
    "ls": _ls,
    "mktemp": _mktemp,
    "mv": _mv,
    "readlink": _readlink,
    "realpath": _realpath,
    "rm": _rm,
    "rmdir": _rmdir,
    "touch": _touch,
}
