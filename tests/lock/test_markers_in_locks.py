"""What a marker asks for on the target can't be taken out of a lock unnoticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lading.lock.integrity import flaws
from lock.dock import AMD64, ARM64, versions
from lock.package_index import sdist
from lock.source_files import STATIC, publish_tools

if TYPE_CHECKING:
    from lading.lock.model import Lock
    from lock.dock import Dock

HOLDING = (
    "python_version > '3'",
    "'3.2' <= python_version",
    "python_full_version >= '3.11.0a6'",
    "python_full_version < '3.11.1'",
    "implementation_version ~= '3.11.0'",
    "sys_platform == 'linux'",
    "sys_platform in 'linux darwin'",
    "'in' in sys_platform",
    "os_name not in 'nt java'",
    "platform_python_implementation != 'PyPy' and implementation_name == 'cpython'",
    "(platform_system == 'Linux' and python_version >= '3.9') or os_name == 'nt'",
)
DOUBTFUL = (
    "platform_release != '6'",
    "platform_version == ''",
    "python_version == '3.*'",
    "python_version in '3.10 3.11'",
    "extra != 'fast'",
    "os_name > 'a'",
    "sys_platform == 'linux' and 'x' not in platform_release",
)
NOT_HOLDING = (
    "python_version < '3'",
    "python_full_version > '3.11.0'",
    "python_full_version <= '3.11.0a6'",
    "implementation_version >= '3.11.1'",
    "sys_platform == 'win32' or python_version == '3.10'",
    "extra == 'fast'",
    "platform_machine not in 'aarch64 x86_64'",
)


def without(lock: Lock, name: str) -> Lock:
    """The lock with a distribution of that name taken out of each of its platforms."""
    parts = (
        msgspec.structs.replace(
            part, distributions=tuple(one for one in part.distributions if one.name != name)
        )
        for part in lock.platforms
    )
    return msgspec.structs.replace(lock, platforms=tuple(parts))


def locked(dock: Dock, *markers: str) -> Lock:
    """The lock of an image with a package `p0`, `p1` and so on by each of the markers."""
    for number in range(len(markers)):
        dock.index.wheel(f"p{number}", "1.0")
    lines = (f"p{number} ; {marker}" for number, marker in enumerate(markers))
    return dock.lock(dock.image().python_packages(*lines))


def test_what_holds_is_asked_for_and_nothing_else(dock: Dock) -> None:
    lock = locked(dock, *HOLDING, *DOUBTFUL, *NOT_HOLDING)
    assert flaws(lock) == ()
    for number, marker in enumerate(HOLDING):
        (flaw,) = flaws(without(lock, f"p{number}"))
        assert flaw.startswith(f"linux/amd64: requirement p{number} ; "), marker
        assert flaw.endswith(" has no distribution")
    for number in range(len(HOLDING), len(HOLDING + DOUBTFUL + NOT_HOLDING)):
        assert flaws(without(lock, f"p{number}")) == ()
    assert not {f"p{len(HOLDING + DOUBTFUL) + n}" for n in range(len(NOT_HOLDING))} & set(
        versions(lock)
    )


def test_each_platform_by_its_own(dock: Dock) -> None:
    dock.index.wheel("intel", "1.0")
    image = dock.image().python_packages("intel==1.0 ; platform_machine == 'x86_64'")
    lock = dock.lock(image, AMD64, ARM64)
    assert flaws(lock) == ()
    assert flaws(without(lock, "intel")) == (
        'linux/amd64: requirement intel==1.0 ; platform_machine == "x86_64" has no distribution',
    )


@pytest.mark.parametrize(("marker", "is_needed"), [("> '3'", True), ("< '3'", False)])
def test_of_what_a_source_is_built_with(dock: Dock, marker: str, is_needed: bool) -> None:  # noqa: FBT001 - a parameter
    publish_tools(dock.index)
    dock.index.wheel("beta", "1.0")
    dock.index.wheel("helper", "1.0")
    needs = f'"flit_core>=3.2", "helper; python_version {marker}"'
    text = STATIC.replace('"flit_core>=3.2"', needs)
    dock.index.add(sdist("alpha", "1.0", {"pyproject.toml": text}))
    lock = dock.lock(dock.image().python_packages("alpha", no_binary=["alpha"]))
    (build,) = lock.platforms[0].builds
    assert flaws(lock) == ()
    assert ("helper" in {one.name for one in build.distributions}) == is_needed
    kept = tuple(one for one in build.distributions if one.name != "helper")
    builds = (msgspec.structs.replace(build, distributions=kept),)
    part = msgspec.structs.replace(lock.platforms[0], builds=builds)
    assert bool(flaws(msgspec.structs.replace(lock, platforms=(part,)))) == is_needed
