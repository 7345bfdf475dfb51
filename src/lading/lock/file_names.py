"""What the names of locked files say: they must be those of what the lock says that they hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from lading.distros import debian_architecture, parse_distro
from lading.grammar.invalid import Invalid
from lading.grammar.python_version import PythonVersion
from lading.lock.target import Target
from lading.platforms import Libc, Platform

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packaging.tags import Tag

    from lading.lock.model import Deb, Distribution, Inputs

__all__ = ["TOOL_LIBC", "WheelNames", "archive_flaws", "deb_flaws", "target_of"]

TOOL_LIBC: Final = Libc(name="musl", version=(1, 2))
"""The uv of the build is the statically linked one, which runs whatever libc the base has."""

_LONGEST: Final = 255
"""What a file system takes (NAME_MAX); a longer name could have tags beyond number."""

_TOO_LONG: Final = f"the name of its file has more than {_LONGEST} characters"
_SOURCE: Final = re.compile(r"(?P<stem>.+?)(?:\.tar(?:\.[a-z0-9]+)?|\.tgz|\.tbz|\.txz|\.zip)")


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelNames:
    """The names of wheels that a target can install.

    Attributes:
        target: What they are for.
        tags: Those that it accepts.
    """

    target: Target
    tags: frozenset[Tag]

    @classmethod
    def of(cls, inputs: Inputs, platform: str, libc: Libc | None = None) -> WheelNames:
        """Those that a lock for `platform` may have.

        Args:
            inputs: What the lock was made from.
            platform: What it is for.
            libc: In place of the distro's own.

        Raises:
            Invalid: No Python package can be locked for that.
        """
        target = target_of(inputs, platform, libc)
        return cls(target=target, tags=frozenset(target.tags()))

    def flaws(self, file: str, name: str, version: str | None) -> Iterator[str]:
        """What a wheel's file name says otherwise than the lock (PEP 427).

        Args:
            file: The file name.
            name: The distribution that it is to hold, normalised.
            version: The version of that.
        """
        from packaging.utils import (  # noqa: PLC0415 - 20 ms
            InvalidWheelFilename,
            parse_wheel_filename,
        )

        if len(file) > _LONGEST:
            yield _TOO_LONG
            return
        try:
            named, of, _, tags = parse_wheel_filename(file)
        except InvalidWheelFilename:
            yield f"it is a wheel, and its file is {file}"
            return
        if named != name:
            yield f"its name is {name}, and its file is {file}"
        if not _is_same(version, str(of)):
            yield f"its version is {version or 'none'}, and its file is {file}"
        if self.tags.isdisjoint(tags):
            yield f"its file is {file}, which {self.target} can't install"


def target_of(inputs: Inputs, platform: str, libc: Libc | None = None) -> Target:
    """What a lock is for; `libc` is said in place of the distro's own.

    Raises:
        Invalid: No Python package can be locked for that.
    """
    return Target(
        platform=Platform.parse(platform),
        libc=parse_distro(inputs.distro or "").libc if libc is None else libc,
        python=PythonVersion.parse(inputs.python),
    )


def archive_flaws(one: Distribution) -> Iterator[str]:
    """The same of a source archive; one that is of no index may be called anything (PEP 625)."""
    if len(one.filename) > _LONGEST:
        yield _TOO_LONG
        return
    found = _SOURCE.fullmatch(one.filename)
    if found is None:
        yield f"it is a source archive, and its file is {one.filename}"
    elif one.index is not None and not any(
        _is_called(left, one.name) and _is_same(one.version, right)
        for left, right in _halves(found["stem"])
    ):
        what = f"{one.name} {one.version or 'without a version'}"
        yield f"it is {what}, and its file is {one.filename}"


def _halves(stem: str) -> Iterable[tuple[str, str]]:
    """Where a name may end: old ones have hyphens, and so have old versions."""
    places = (place for place, char in enumerate(stem) if char == "-")
    return ((stem[:place], stem[place + 1 :]) for place in places)


def _is_called(text: str, name: str) -> bool:
    return re.sub(r"[-_.]+", "-", text).lower() == name  # PEP 503


def _is_same(version: str | None, other: str) -> bool:
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415 - 20 ms

    try:
        return version is not None and Version(version) == Version(other)
    except InvalidVersion:
        return False


def deb_flaws(deb: Deb, platform: str) -> Iterator[str]:
    """What a Debian package's file name says otherwise than the lock (Debian Policy 5.6.1).

    An epoch is left out of it; where one is not, its colon is written as dpkg-name and apt do.
    """
    file = deb.path.rpartition("/")[2]
    stem, suffix, rest = file.rpartition(".deb")
    parts = unquote(stem).split("_")
    if not suffix or rest or len(parts) != 3:  # noqa: PLR2004 - name_version_architecture
        yield f"its path is that of no Debian package: {deb.path}"
        return
    name, version, architecture = parts
    if name != deb.name:
        yield f"its name is {deb.name}, and its file is {file}"
    if version not in {deb.version, deb.version.partition(":")[2] or deb.version}:
        yield f"its version is {deb.version}, and its file is {file}"
    if architecture != deb.architecture:
        yield f"its architecture is {deb.architecture}, and its file is {file}"
    if deb.architecture not in {"all", _architecture(platform)}:
        yield f"its architecture is {deb.architecture}, which can't be installed there"


def _architecture(platform: str) -> str | None:
    try:
        return debian_architecture(Platform.parse(platform).architecture)
    except Invalid:
        return None
