"""Installing a wheel into entries: `installer`'s semantics, our own source and destination.

`installer.install` reads no content itself: it hands each stream of the source to the destination.
Ours is a stream that is not read, and only says which member it is. `installer`'s own source
(`WheelFile`) is not used, since it trusts the zip, and its `validate_record` inflates every file.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final, cast
from urllib.parse import urlsplit

from installer import install
from installer.destinations import WheelDestination
from installer.exceptions import InstallerError
from installer.records import Hash, RecordEntry
from installer.sources import WheelSource
from installer.utils import SCHEME_NAMES

from lading.oci.entries import Folder, Literal, Regular
from lading.wheels.content import Unreadable, begins, read
from lading.wheels.launchers import Launcher, launcher_text, parse_launchers, shebang
from lading.wheels.members import read_members
from lading.wheels.metadata import find_dist_info, identity_problems, parse_filename
from lading.wheels.names import clashes
from lading.wheels.record import checked_hashes, parse_record, written_record
from lading.wheels.refusal import refusal, shown

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from installer.scripts import ScriptSection
    from installer.utils import Scheme as Part

    from lading.oci.entries import Entry
    from lading.wheels.members import File, Found
    from lading.wheels.metadata import DistInfo
    from lading.wheels.scheme import Scheme

__all__ = ["Wheel", "read_wheel"]

_INSTALLER: Final = b"lading\n"
_PLACEHOLDER: Final = b"#!python"
_LARGEST_SCRIPT: Final = 16 << 20
_WRITTEN_ANEW: Final = ("INSTALLER", "REQUESTED", "direct_url.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A wheel as it would be installed.

    Attributes:
        name: Its distribution's, normalised.
        version: Its version.
        filename: Its own.
        entries: All that installing it writes, sorted by path.
    """

    name: str
    version: str
    filename: str
    entries: tuple[Entry, ...]


def read_wheel(  # noqa: PLR0913 - a wheel, its place, and what it must be
    path: Path,
    scheme: Scheme,
    *,
    filename: str,
    name: str | None = None,
    version: str | None = None,
    direct_url: str | None = None,
    sha256: str | None = None,
) -> Wheel:
    """What installing a wheel writes.

    Every check that needs no inflating is made here. The CRC-32 and SHA-256 of what passes on
    unread are on its entry, and whoever writes it compares them.

    Args:
        path: Where the wheel is.
        scheme: The environment that it goes into.
        filename: What it is called: its name, version and tags (PEP 427).
        name: The distribution that was asked for, where that is to be compared.
        version: The same of its version.
        direct_url: Where it came from, if not from an index (PEP 610).
        sha256: Of the wheel, in hexadecimal, for the record of `direct_url`.

    Raises:
        ImageError: It is no wheel, or one that can't be installed safely; all reasons are told.
    """
    found_name, found_version = parse_filename(filename)
    found = read_members(path, filename)
    info = find_dist_info(found.files, filename)
    project = _Project(name=found_name, scheme=scheme, wheel=filename)
    problems = identity_problems(info, name or found_name, version or found_version)
    problems += _data_problems(found, info, found_name)
    source = _Source(info, found, problems)
    if problems:
        raise refusal(filename, problems)
    # uv writes RECORD into the file that came out of the wheel, which keeps its mode.
    record = info.files["RECORD"]
    destination = _Destination(project, executable_record=record.executable)
    metadata = _metadata(direct_url, sha256)
    try:
        install(source, destination, metadata)
    except InstallerError as error:
        raise refusal(filename, [shown(str(error))]) from None
    entries = destination.finished(source)
    return Wheel(name=found_name, version=found_version, filename=filename, entries=entries)


def _metadata(direct_url: str | None, sha256: str | None) -> dict[str, bytes]:
    """What an installer adds to a wheel's own files."""
    found = {"INSTALLER": _INSTALLER}
    if direct_url is not None:
        parts = urlsplit(direct_url)
        # PEP 610: user and password are left out.
        url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        archive = {"hash": f"sha256={sha256}", "hashes": {"sha256": sha256}} if sha256 else {}
        document = {"archive_info": archive, "url": url}
        found["direct_url.json"] = json.dumps(document, sort_keys=True).encode()
    return found


def _data_problems(found: Found, info: DistInfo, name: str) -> Iterator[str]:
    """Files of `.data` that belong to no scheme, and a `.data` that only some readers would see."""
    for file in found.files:
        top, _, rest = file.name.partition("/")
        if top == f"{info.stem}.data":
            part, slash, _ = rest.partition("/")
            if not slash or part not in SCHEME_NAMES:
                yield f"{shown(file.name)}: {shown(part)!r} is no scheme of a wheel's data"
        elif top.endswith(".data") and _normalised(top.partition("-")[0]) == name:
            yield f"{shown(file.name)}: its folder must be called {shown(info.stem)}.data"


def _normalised(name: str) -> str:
    from packaging.utils import canonicalize_name  # noqa: PLC0415 - 20 ms

    return canonicalize_name(name)


class _Passing(io.RawIOBase):
    """A stream that stands for a member, and is never read."""

    def __init__(self, file: File, sha256: str) -> None:
        self.file = file
        self.sha256 = sha256


class _Source(WheelSource):
    """The files of a wheel that was checked."""

    def __init__(self, info: DistInfo, found: Found, problems: list[str]) -> None:
        name, _, version = info.stem.partition("-")
        super().__init__(name, version)
        self._info = info
        self._found = found
        self._hashes = self._checked(problems)
        self.launchers = self._checked_launchers(problems)

    def _checked(self, problems: list[str]) -> Mapping[str, str]:
        text = self._info.text("RECORD")
        try:
            record = parse_record(text)
        except ValueError as error:
            problems.append(str(error))
            return {}
        files, folders = self._found.files, self._found.folders
        hashes, wrong = checked_hashes(files, record, own=self._info.own, folders=folders)
        problems += wrong
        return hashes

    def _checked_launchers(self, problems: list[str]) -> tuple[Launcher, ...]:
        if "entry_points.txt" not in self._info.files:
            return ()
        try:
            return parse_launchers(self._info.text("entry_points.txt"))
        except ValueError as error:
            problems.append(f"{shown(self._info.name)}/entry_points.txt: {error}")
            return ()

    @property
    def dist_info_filenames(self) -> list[str]:
        return list(self._info.files)

    def read_dist_info(self, filename: str) -> str:
        return self._info.text(filename)

    def get_contents(self) -> Iterator[tuple[tuple[str, str, str], BinaryIO, bool]]:
        anew = {f"{self._info.name}/{name}" for name in _WRITTEN_ANEW}.union(self._info.own)
        for file in self._found.files:
            # Bytecode in a wheel is nobody's: what it was made from can't be told.
            if file.name in anew or "__pycache__" in file.name.split("/")[:-1]:
                continue
            stream = cast("BinaryIO", _Passing(file, self._hashes[file.name]))
            yield (file.name, "", ""), stream, file.executable

    def empty_folders(self) -> Iterator[tuple[str, str]]:
        """The scheme and path of each folder that the wheel has for its own sake."""
        for folder in self._found.folders:
            top, _, rest = folder.partition("/")
            part, _, inner = rest.partition("/")
            if "__pycache__" in folder.split("/"):
                continue
            if top != self.data_dir:
                yield "purelib", folder
            elif part in SCHEME_NAMES and inner:
                yield part, inner


@dataclass(frozen=True, slots=True, kw_only=True)
class _Project:
    """Which distribution is installed where."""

    name: str
    scheme: Scheme
    wheel: str

    def place(self, part: str, path: str) -> str:
        return self.scheme.place(part, path, project=self.name)


class _Destination(WheelDestination):
    """Entries, and the RECORD of them."""

    def __init__(self, project: _Project, *, executable_record: bool) -> None:
        self._project = project
        self._executable_record = executable_record
        self._entries: list[Entry] = []
        self._lines: list[tuple[str, str | None, int | None]] = []

    def write_script(
        self, name: str, module: str, attr: str, section: ScriptSection
    ) -> RecordEntry:
        del section  # a program with a window is one like any other here
        launcher = Launcher(name=name, module=module, attribute=attr)
        content = launcher_text(launcher, self._project.scheme.interpreter)
        return self._literal("scripts", name, content, executable=True)

    def write_file(
        self,
        scheme: Part,
        path: str | os.PathLike[str],
        stream: BinaryIO,
        is_executable: bool,  # noqa: FBT001 - installer calls it so
    ) -> RecordEntry:
        passing = cast("object", stream)
        if not isinstance(passing, _Passing):
            return self._literal(scheme, str(path), stream.read(), executable=is_executable)
        if scheme == "scripts":
            return self._script(str(path), passing)
        return self._passed(scheme, str(path), passing, executable=is_executable)

    def _script(self, path: str, passing: _Passing) -> RecordEntry:
        """A program of the wheel: its first line may stand for the interpreter (PEP 427)."""
        try:
            if not begins(passing.file, _PLACEHOLDER):
                return self._passed("scripts", path, passing, executable=True)
            content = read(passing.file, most=_LARGEST_SCRIPT)
        except Unreadable as error:
            raise self._refusal(passing, str(error)) from None
        if hashlib.sha256(content).hexdigest() != passing.sha256:
            raise self._refusal(passing, "its SHA-256 is not the one in RECORD")
        rest = content.partition(b"\n")[2]
        text = shebang(self._project.scheme.interpreter) + rest
        return self._literal("scripts", path, text, executable=True)

    def _refusal(self, passing: _Passing, reason: str) -> Exception:
        return refusal(self._project.wheel, [f"{shown(passing.file.name)}: {reason}"])

    def _passed(self, part: str, path: str, passing: _Passing, *, executable: bool) -> RecordEntry:
        content = passing.file.content
        entry = Regular(
            path=self._project.place(part, path),
            mode=0o755 if executable else 0o644,
            source=self._project.wheel,
            content=content,
            sha256=passing.sha256,
        )
        return self._added(entry, passing.sha256, content.size)

    def _literal(self, part: str, path: str, content: bytes, *, executable: bool) -> RecordEntry:
        digest = hashlib.sha256(content).hexdigest()
        entry = Regular(
            path=self._project.place(part, path),
            mode=0o755 if executable else 0o644,
            source=self._project.wheel,
            content=Literal(data=content),
            sha256=digest,
        )
        return self._added(entry, digest, len(content))

    def _added(self, entry: Regular, sha256: str, size: int) -> RecordEntry:
        self._entries.append(entry)
        path = self._project.scheme.recorded(entry.path)
        self._lines.append((path, sha256, size))
        return RecordEntry(path, Hash("sha256", sha256), size)

    def finalize_installation(
        self,
        scheme: Part,
        record_file_path: str,
        records: Iterable[tuple[Part, RecordEntry]],
    ) -> None:
        del records  # the lines have the hashes in the form that entries have
        content = written_record([*self._lines, (record_file_path, None, None)])
        executable = self._executable_record
        self._literal(scheme, record_file_path, content, executable=executable)

    def finished(self, source: _Source) -> tuple[Entry, ...]:
        """All entries, sorted.

        Raises:
            ImageError: Two of them are one file, one is in another, or is the environment's own.
        """
        for part, path in source.empty_folders():
            place = self._project.place(part, path)
            self._entries.append(Folder(path=place, mode=0o755, source=self._project.wheel))
        names = (
            f"{entry.path}/" if isinstance(entry, Folder) else entry.path for entry in self._entries
        )
        problems = [f"it installs two files as one: {problem}" for problem in clashes(names)]
        problems += (
            f"it would replace the environment's own {shown(entry.path)}"
            for entry in self._entries
            if self._project.scheme.is_own(entry.path)
        )
        if problems:
            raise refusal(self._project.wheel, problems)
        return tuple(sorted(self._entries, key=lambda entry: entry.path))
