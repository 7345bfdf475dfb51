"""Which layers are said to be made is what assembling makes: compared over real builds."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
import pytest

from assembly.test_below import on
from assembly.tiny import Bench, base_with, image_info
from debs.debmaker import file, folder, make_deb
from lading.explain.decided import side_of_info
from lading.explain.difference import compare
from lading.info import Config, ImageInfo, InstallSystem, RunCommand, User
from lading.lock.model import Deb, LockedBase

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lading.bases import Base
    from lading.explain.changes import PlatformDifference

FIRST = {"service.py": b"1\n", "data/model": b"weights"}


def deb(bench: Bench, name: str, content: str) -> Deb:
    member = file(f"./usr/{name}", content)
    made = make_deb(bench.root, name, folder("./usr"), member, version=content)
    data = made.path.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    kept = bench.root / f"{sha256}.deb"
    kept.write_bytes(data)
    bench.debs[sha256] = kept
    return Deb(
        name=name,
        version=content,
        architecture="amd64",
        path=f"pool/{name}.deb",
        sha256=sha256,
        size=len(data),
        suite="bookworm",
    )


def info_of(
    bench: Bench,
    base: Base,
    *,
    large: str = "1.0",
    small: tuple[str, ...] = ("1.0", "1.0", "1.0"),
    files: dict[str, bytes] = FIRST,
    tool: str = "1.0",
    **said: object,
) -> ImageInfo:
    wheels = [
        bench.wheel("large", large, {"large.bin": large.encode() * 30_000}, stored=True),
        *(
            bench.wheel(f"small{number}", version, {f"small{number}.py": version})
            for number, version in enumerate(small)
        ),
    ]
    system = InstallSystem(packages=("tool",), debs=(deb(bench, "tool", tool),))
    locked = LockedBase(reference="base.example.test/python:3.11", manifest=str(base.manifest))
    info = image_info(system, bench.include(4, "/app", files), wheels=wheels, base=locked)
    return msgspec.structs.replace(info, **said)


def on_it(bench: Bench, below: ImageInfo, **said: object) -> ImageInfo:
    """An image on another one, with more of each kind."""
    more = deb(bench, "more", "1.0")
    system = InstallSystem(packages=("more",), debs=(more,))
    wheels = (bench.wheel("upper", "1.0", {"upper.py": "1"}),)
    files = bench.include(9, "/app", {"upper.py": b"1\n"})
    return on(below, system, files, wheels=wheels, **said)


CHANGES: dict[str, Callable[[Bench, Base], ImageInfo]] = {
    "nothing": info_of,
    "a large wheel": lambda bench, base: info_of(bench, base, large="2.0"),
    "a small wheel": lambda bench, base: info_of(bench, base, small=("1.0", "2.0", "1.0")),
    "a wheel more": lambda bench, base: info_of(bench, base, small=("1.0",) * 4),
    "a wheel less": lambda bench, base: info_of(bench, base, small=("1.0",) * 2),
    "a file": lambda bench, base: info_of(bench, base, files={**FIRST, "service.py": b"2\n"}),
    "an executable file": lambda bench, base: info_of(bench, base, files={"a": b"#!/bin/sh\n"}),
    "a system package": lambda bench, base: info_of(bench, base, tool="2.0"),
    "the user": lambda bench, base: info_of(bench, base, config=Config(user=User(uid=33, gid=33))),
    "the working directory": lambda bench, base: info_of(
        bench, base, config=Config(workdir="/srv")
    ),
    "a volume above the environment": lambda bench, base: info_of(
        bench, base, config=Config(volumes=("/opt",))
    ),
    "an image on it": lambda bench, base: on_it(bench, info_of(bench, base)),
    "an image on it for another user": lambda bench, base: on_it(
        bench, info_of(bench, base), config=Config(user=User(uid=33, gid=33), volumes=("/opt",))
    ),
    "a label": lambda bench, base: info_of(bench, base, config=Config(labels=(("a", "b"),))),
}


def changed(before: ImageInfo, after: ImageInfo) -> PlatformDifference:
    (found,) = compare(side_of_info(before, "a"), side_of_info(after, "b")).platforms
    return found


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_said_to_be_made_is_made(tmp_path: Path, change: str) -> None:
    bench = Bench(root=tmp_path)
    base = base_with(bench.root, "linux/amd64")
    before = info_of(bench, base)
    bench.assemble(before, base)
    after = CHANGES[change](bench, base)
    assembled = bench.assemble(after, base)
    found = changed(before, after)
    made = [one.layer.name for one in found.layers if one.what == "made"]
    assert made == [one.name for one in assembled.layers if one.outcome == "made"]
    assert all(one.what == "kept" for one in found.layers) == (change in {"nothing", "a label"})
    assert (found.is_empty) == (change == "nothing")
    unexplained = [one for one in found.layers if "nothing that is compared" in str(one.why)]
    assert unexplained == []


def test_another_base_makes_its_layers_and_that_of_system_packages(tmp_path: Path) -> None:
    bench = Bench(root=tmp_path)
    base = base_with(bench.root, "linux/amd64")
    other = base_with(bench.root, "linux/amd64", cmd=("sh",))
    before, after = info_of(bench, base), info_of(bench, other)
    bench.assemble(before, base)
    made = [one.name for one in bench.assemble(after, other).layers if one.outcome == "made"]
    found = [one for one in changed(before, after).layers if one.what == "made"]
    assert [one.layer.name for one in found] == [
        "base image base.example.test/python:3.11",
        *made,
    ]
    assert [one.why for one in found] == [
        ("the base image has changed",),
        ("it is unpacked on the base image, which has changed",),
    ]


def test_the_reasons_name_what_has_changed(tmp_path: Path) -> None:
    bench = Bench(root=tmp_path)
    base = base_with(bench.root, "linux/amd64")
    before = info_of(bench, base)
    after = info_of(bench, base, large="2.0", files={"service.py": b"2\n", "new": b""}, tool="2")
    reasons = {one.layer.kind: one.why for one in changed(before, after).layers if one.why}
    assert reasons == {
        "system": ("tool 1.0 -> 2",),
        "packages": ("large 1.0 -> 2.0",),
        "files": ("/app/new is new", "/app/service.py has changed"),
    }


def test_what_an_image_on_another_has_more_was_together_with_that(tmp_path: Path) -> None:
    bench = Bench(root=tmp_path)
    below = image_info(InstallSystem(packages=("tool", "b"), debs=debs(bench, "tool", "b")))
    more = InstallSystem(packages=("more",), debs=debs(bench, "more"))
    stacked = on(below, more)
    flat = msgspec.structs.replace(stacked, lower=None)
    assert [one.why for one in changed(flat, stacked).layers if one.what == "made"] == [
        ("more is in another layer now",),
        ("it was together with others, and has a layer of its own now",),
    ]
    assert [one.why for one in changed(stacked, flat).layers if one.what == "made"] == [
        ("more has come from another layer",),
    ]


def debs(bench: Bench, *names: str) -> tuple[Deb, ...]:
    return tuple(deb(bench, name, "1.0") for name in names)


def test_an_image_that_an_engine_builds_has_no_layers_to_compare(tmp_path: Path) -> None:
    bench = Bench(root=tmp_path)
    base = base_with(bench.root, "linux/amd64")
    info = info_of(bench, base)
    run = RunCommand(command="make", at=("service.py:9",))
    engine = msgspec.structs.replace(info, steps=(*info.steps, run))
    found = changed(engine, engine)
    assert found.layers == ()
    assert found.unknown == (
        ("layers", "an engine makes them: the command `make` runs (service.py:9)"),
    )
