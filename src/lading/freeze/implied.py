"""The files that a frozen image implies: each of its folder's but those that are generated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lading.info import CopyFiles, InstallPython, RunScript
from lading.info.layout import build_wheel_path, deb_path, source_path, wheel_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.info import ContextFile, ImageInfo
    from lading.lock.model import Distribution

__all__ = ["Implied", "implied_files"]

_IN_FOLDER = frozenset({"file", "archive", "sdist"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Implied:
    """A file that must be in the folder.

    Attributes:
        sha256: Any of which its content must have.
        executable: Whether it is a program.
    """

    sha256: frozenset[str]
    executable: bool = False


def implied_files(info: ImageInfo) -> Iterator[tuple[str, Implied]]:
    """The files of a vendored image, by path; nothing keeps the paths from leading elsewhere."""
    for file in (*info.programs, *info.layers):
        yield file.path, _of(file)
    for step in info.steps:
        match step:
            case CopyFiles(source=source, files=files):
                yield from ((f"{source}/{one.path}", _of(one)) for one in files)
            case RunScript(script=script):
                yield script.path, _of(script)
            case InstallPython():
                yield from _installed(step, vendored=info.vendored)
            case _:
                pass
    for deb in info.vendored_debs:
        yield deb_path(deb), Implied(sha256=frozenset({deb.sha256}))


def _installed(step: InstallPython, *, vendored: bool) -> Iterator[tuple[str, Implied]]:
    for folder in step.folders:
        yield from ((f"{folder.path}/{one.path}", _of(one)) for one in folder.files)
    for one in step.distributions:
        if one.kind in _IN_FOLDER or (one.kind == "wheel" and vendored):
            path = source_path(one) if one.is_source else wheel_path(one)
            yield path, _hashed(one)
    for build in step.builds:
        for one in build.distributions:
            if one.kind == "file" or vendored:
                yield build_wheel_path(build.name, one), _hashed(one)


def _of(file: ContextFile) -> Implied:
    return Implied(sha256=frozenset({file.sha256}), executable=file.executable)


def _hashed(distribution: Distribution) -> Implied:
    known = (one.partition(":") for one in distribution.hashes)
    return Implied(sha256=frozenset(value for name, _, value in known if name == "sha256"))
