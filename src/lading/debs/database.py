"""dpkg's record of what is installed, as dpkg writes it.

Sources: dpkg's lib/dpkg/parse.c and dump.c (the order and form of fields), dbdir and filesdb (the
files of `info`), trigdeferred and trig-file (`triggers`), deb-triggers(5). The files of
a distroless image (`status.d`) have a stanza each, as scanners read them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lading.debian.control import relations_in
from lading.debs.refusal import Broken, text_of
from lading.debs.stanza import parse_stanza, split_stanzas

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from lading.debs.package import DataFile, Package
    from lading.debs.root import Root
    from lading.debs.stanza import Stanza

__all__ = ["installed_in", "record_each", "record_in_dpkg"]

_ADMIN: Final = "var/lib/dpkg"
_STATUS_D: Final = "var/lib/dpkg/status.d"
_SOURCE: Final = "dpkg's database"

# lib/dpkg/parse.c, fieldinfos: what dpkg knows, in the order that it writes it. All else follows as
# it stands in the control file.
_ORDER: Final = (
    "Package",
    "Essential",
    "Protected",
    "Status",
    "Priority",
    "Section",
    "Installed-Size",
    "Origin",
    "Maintainer",
    "Bugs",
    "Architecture",
    "Multi-Arch",
    "Source",
    "Version",
    "Replaces",
    "Provides",
    "Depends",
    "Pre-Depends",
    "Recommends",
    "Suggests",
    "Breaks",
    "Conflicts",
    "Enhances",
    "Conffiles",
    "Description",
)
_RELATIONS: Final = frozenset(_ORDER[14:23])
# What says no is the same as what is not there: dpkg does not write it.
_NO: Final = frozenset({"Essential", "Protected", "Multi-Arch"})
_TRIGGER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._-]*")
_LONGEST_TRIGGER: Final = 255
_OWN: Final = frozenset({"File", "Lock", "Unincorp"})
"""What dpkg itself calls files of `triggers`."""

_INTEREST: Final = re.compile(r"interest(?:-(?P<how>await|noawait))?")


def installed_in(root: Root) -> dict[tuple[str, str], Stanza]:
    """The stanzas of what dpkg has installed there, by name and architecture.

    Raises:
        Broken: Its database can't be read.
    """
    text = (root.read(f"{_ADMIN}/status") or b"").decode(errors="surrogateescape")
    found = {}
    for stanza in map(parse_stanza, split_stanzas(text)):
        if stanza.get("Status").endswith((" installed", " unpacked", " half-configured")):
            found[stanza.package, stanza.get("Architecture")] = stanza
    return found


def record_in_dpkg(
    packages: Iterable[Package], root: Root, lost: Mapping[str, Collection[str]]
) -> None:
    """Add packages to dpkg's database, as if it had installed them.

    Args:
        packages: What is installed.
        root: Where.
        lost: By label: paths that belong to another package by now.

    Raises:
        Broken: The database that is there can't be read.
    """
    every = sorted(packages, key=lambda one: one.stanza.label)
    _write_status(every, root)
    for package in every:
        for name, data in _info_files(package, lost.get(package.stanza.label, ())):
            executable = name.endswith(_SCRIPTS)
            path = root.place(f"{_ADMIN}/info/{package.stanza.label}.{name}")
            root.write(path, data, mode=0o755 if executable else 0o644, source=_SOURCE)
    _write_if_missing(root, "info/format", b"1\n")
    _write_triggers(every, root)


_SCRIPTS: Final = ("preinst", "postinst", "prerm", "postrm", "config")


def _write_if_missing(root: Root, name: str, data: bytes) -> None:
    if root.leads_to(f"{_ADMIN}/{name}") is None:
        root.write(f"{_ADMIN}/{name}", data, source=_SOURCE)


def _write_status(packages: Iterable[Package], root: Root) -> None:
    """The stanzas that are there stay as they are; new ones take their place by name."""
    text = (root.read(f"{_ADMIN}/status") or b"").decode(errors="surrogateescape")
    found: dict[tuple[str, str], str] = {}
    for stanza in split_stanzas(text):
        read = parse_stanza(stanza)
        found[read.package, read.get("Architecture")] = stanza
    for package in packages:
        key = (package.name, package.stanza.get("Architecture"))
        # Of one architecture, or of none: such a package is another version of the same.
        for other in [one for one in found if one[0] == key[0]]:
            if other[1] == key[1] or "all" in {other[1], key[1]}:
                del found[other]
        found[key] = _stanza(package)
    whole = "".join(f"{found[key]}\n\n" for key in sorted(found))
    root.write(f"{_ADMIN}/status", whole.encode(errors="surrogateescape"), source=_SOURCE)


def _stanza(package: Package) -> str:
    """A package's stanza in the status file, without its last line's end."""
    stanza = package.stanza
    lines = []
    for name in _ORDER:
        value = stanza.get(name)
        if name == "Status":
            value = "install ok installed"
        elif name == "Conffiles":
            value = _conffiles(package)
        elif name in _RELATIONS:
            value = _relations(value)
        elif name in _NO and value.lower() == "no":
            value = ""
        if value:
            lines.append(_field(name, value))
    known = {name.lower() for name in _ORDER}
    lines += [_field(*stanza.fields[name]) for name in stanza.fields if name not in known]
    return "\n".join(lines)


def _field(name: str, value: str) -> str:
    return f"{name}:{value}" if value.startswith("\n") else f"{name}: {value}"


def _relations(value: str) -> str:
    """In dpkg's own form: one blank between words."""
    return ", ".join(
        " | ".join(
            f"{one.name}{f':{one.architecture}' if one.architecture else ''}"
            f"{f' ({one.operator} {one.version})' if one.operator else ''}"
            for one in group
        )
        for group in relations_in(value)
    )


def _conffiles(package: Package) -> str:
    files = {f"/{one.path}": one for one in package.files}
    lines = []
    for path in package.conffiles:
        md5 = _md5(files.get(path), package)
        if md5 is None:
            raise Broken(f"{package.deb} has no {path}, which it calls a configuration file")
        lines.append(f"\n {path} {md5}")
    return "".join(lines)


def _md5(one: DataFile | None, package: Package) -> str | None:
    if one is not None and one.kind == "hardlink":
        one = next((other for other in package.files if other.path == one.target), None)
    return None if one is None else one.md5


def _info_files(package: Package, lost: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """The files of `info`: all of the control archive but the control file itself, and the list."""
    paths = ["/.", *(f"/{one.path}" for one in package.files)]
    yield "list", "".join(f"{path}\n" for path in paths if path not in lost).encode()
    for name, data in sorted(package.control.items()):
        if name not in {"control", "list"}:  # dpkg writes the list, whatever the archive has
            yield name, data
    if "md5sums" not in package.control:
        yield "md5sums", _md5sums(package)


def _md5sums(package: Package) -> bytes:
    """What dpkg writes for a package without sums: those of all but its configuration files."""
    conffiles = frozenset(package.conffiles)
    lines = (
        f"{md5}  {one.path}\n"
        for one in package.files
        if f"/{one.path}" not in conffiles and (md5 := _md5(one, package)) is not None
    )
    return "".join(lines).encode()


def _write_triggers(packages: Iterable[Package], root: Root) -> None:
    """Which packages want to be told of files and events, for a later dpkg."""
    files: list[str] = []
    for package in packages:
        for name, suffix in _interests(package):
            line = f"{package.stanza.label}{suffix}"
            if name.startswith("/"):
                files.append(f"{name} {line}\n")
            else:
                path = f"{_ADMIN}/triggers/{name}"
                there = (root.read(path) or b"").decode()
                if line not in there.splitlines():
                    root.write(path, f"{there}{line}\n".encode(), source=_SOURCE)
    path = f"{_ADMIN}/triggers/File"
    there = (root.read(path) or b"").decode()
    new = "".join(line for line in files if line not in there.splitlines(keepends=True))
    if new or root.leads_to(path) is None:
        root.write(path, (there + new).encode(), source=_SOURCE)
    _write_if_missing(root, "triggers/Unincorp", b"")


def _interests(package: Package) -> Iterator[tuple[str, str]]:
    for line in package.control.get("triggers", b"").decode(errors="replace").split("\n"):
        words = line.partition("#")[0].split()
        match = _INTEREST.fullmatch(words[0]) if len(words) == 2 else None  # noqa: PLR2004
        if match and not _is_trigger(words[1]):
            raise Broken(f"{package.deb} waits for {text_of(words[1])}, which is no trigger")
        if match:
            yield words[1], "/noawait" if match["how"] == "noawait" else ""


def _is_trigger(name: str) -> bool:
    """A path, or a name like a package's, which a file is called by: deb-triggers(5)."""
    if len(name) > _LONGEST_TRIGGER or not (name.isascii() and name.isprintable()):
        return False
    return name.startswith("/") or (_TRIGGER.fullmatch(name) is not None and name not in _OWN)


def record_each(packages: Iterable[Package], root: Root) -> None:
    """Write one stanza for each package into a folder, and its sums beside it (distroless)."""
    for package in packages:
        path = f"{_STATUS_D}/{package.name}"
        sums = package.control.get("md5sums") or _md5sums(package)
        root.write(path, f"{_control(package.stanza)}\n".encode(), source=_SOURCE)
        root.write(f"{path}.md5sums", sums, source=_SOURCE)


def _control(stanza: Stanza) -> str:
    return "\n".join(_field(name, value) for name, value in stanza.fields.values())
