"""Wheels, targets and what is provided, as values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elf.elfmaker import make_elf
from lading.distros import parse_distro
from lading.elf import InMemory, read_elf
from lading.libraries import Contents, Provided, Target, WheelElfs, WheelFile, find_problems
from lading.libraries.table import Table
from lading.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lading.libraries import Finding

__all__ = ["CONTENTS", "GLIBC", "check", "file", "lines", "of", "wheel"]

GLIBC = ("libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "libgcc_s.so.1", "libstdc++.so.6")

_INDEX = """
libGL.so.1 libs/libgl1 libdevel/libgl-dev
libzbar.so.0 libs/libzbar0
bin/ffmpeg video/ffmpeg
bin/convert graphics/imagemagick-6.q16 graphics/graphicsmagick
"""
CONTENTS = Contents((_INDEX,))


def file(member: str, *needed: str, **more: Any) -> WheelFile:  # noqa: ANN401 - make_elf's
    """A file that needs glibc, unless it says what else."""
    content = make_elf(*(needed or ("libc.so.6",)), **more)
    return WheelFile(member=member, elf=read_elf(InMemory(content)))


def wheel(
    name: str, *files: WheelFile, requires: Iterable[str] = (), any_platform: bool = False
) -> WheelElfs:
    return WheelElfs(
        name=name,
        version="1.0",
        files=files,
        requires=tuple(requires),
        any_platform=any_platform,
    )


def of(distro: str = "debian:bookworm", platform: str = "linux/amd64") -> Target:
    return Target.of(
        parse_distro(distro), Platform.parse(platform), python="3.11", prefix="/opt/venv"
    )


def check(
    *wheels: WheelElfs,
    target: Target | None = None,
    base: Iterable[str] = GLIBC,
    provided: Provided | None = None,
    contents: Contents | None = CONTENTS,
    table: Table | None = None,
) -> tuple[Finding, ...]:
    return find_problems(
        wheels,
        target=target or of(),
        provided=provided or Provided(names=frozenset(base)),
        contents=contents,
        table=table or Table(),
    )


def lines(findings: Iterable[Finding]) -> list[str]:
    """All that is said, a hint after what it is about."""
    return [
        line
        for one in findings
        for line in (f"{one.level}: {one.message}", f"hint: {one.hint}" if one.hint else "")
        if line
    ]
