"""What a RUN sees by mounts, as a word of that RUN.

A cached RUN is found by its text and by what is below it. BuildKit looks at what is bound to it as
well; buildah and podman, many releases of them (buildah's issues 4522, 5400, 6609), do not. So a
digest of that stands in the text wherever a mount's name doesn't tell its content. The user's lines
and where a file is fetched from are no part of it.
"""

from __future__ import annotations

import hashlib
import shlex
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lading.info import ImageInfo, InstallPython
    from lading.lock.model import Build, Deb, Distribution

__all__ = ["of_compiling", "of_debs", "of_installing", "of_stage"]


def of_installing(info: ImageInfo, step: InstallPython) -> str:
    """What an installation sees: its files, and the wheels that its sources become."""
    return _command("install", _tools(info), _step(step), _compilers(info, step))


def of_compiling(info: ImageInfo, step: InstallPython, source: Distribution) -> str:
    """What the compiling of one source sees: that source, and what it is made into a wheel with.

    Another package of the installation is no part of it: none is compiled again for its sake.
    """
    builds = tuple(_build(one) for one in step.builds if one.name == source.name)
    folders = tuple(one for one in step.folders if one.name == source.name)
    return _command("compile", _tools(info), _content(source), builds, folders)


def of_debs(debs: Iterable[Deb]) -> str:
    """What apt installs, or may choose from."""
    return _command("debs", sorted(one.sha256 for one in debs))


def of_stage(info: ImageInfo, step: InstallPython) -> str:
    """What comes before the end of an installation: that, and all the steps before it."""
    before = tuple(
        msgspec.structs.replace(one, at=()) for one in info.steps[: info.steps.index(step)]
    )
    interpreter = (info.interpreter_packages, info.interpreter_debs)
    base = (info.base, info.python, *interpreter, info.config.user)
    places = (info.config.workdir, info.config.volumes)
    return _command("stage", base, places, before, of_installing(info, step), step.secrets)


def _tools(info: ImageInfo) -> list[str]:
    return sorted(f"{one.name} {one.version} {one.sha256}" for one in info.tools)


def _step(step: InstallPython) -> InstallPython:
    return msgspec.structs.replace(
        step,
        at=(),
        secrets=(),
        distributions=_contents(step.distributions),
        builds=tuple(map(_build, step.builds)),
    )


def _compilers(info: ImageInfo, step: InstallPython) -> tuple[str, ...]:
    """What else decides what sources become."""
    return info.build_packages if any(one.is_source for one in step.distributions) else ()


def _build(build: Build) -> Build:
    return msgspec.structs.replace(build, distributions=_contents(build.distributions))


def _contents(distributions: Iterable[Distribution]) -> tuple[Distribution, ...]:
    return tuple(map(_content, distributions))


def _content(one: Distribution) -> Distribution:
    """A distribution without its place among the installations, and without its address.

    The latter stays where no hash says what is there, or where its requirement names it.
    """
    fetched = one.index is not None and bool(one.hashes)
    size, url = (None, one.filename) if fetched else (one.size, one.url)
    return msgspec.structs.replace(one, group=1, size=size, url=url)


def _command(*what: object) -> str:
    """A command that does nothing, and that is another one for other inputs."""
    content = msgspec.json.encode(msgspec.to_builtins(what), order="sorted")
    return f": {shlex.quote(f'inputs {hashlib.sha256(content).hexdigest()[:16]}')}"
