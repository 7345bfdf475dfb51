from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cli.program import Project, World
    from registry.fake_registry import FakeServer

BASE = "127.0.0.1:PORT/python:3.11-slim-bookworm"
HINT = "hint: run `lading lock`, and commit the result\n"


def test_a_new_lock(tiny: Project) -> None:
    ran = tiny.lading("lock")
    assert ran.err == (
        f"asking 127.0.0.1:PORT for {BASE}\n"
        "resolving for Python 3.11 on linux/amd64 (glibc 2.36)\n"
        f"linux/amd64: 1 distribution, base {BASE} by digest\n"
        "lading.lock written\n"
    )
    assert (ran.code, ran.out) == (0, "")
    assert tiny.files() == ["lading.lock", "pyproject.toml", "service.py"]


def test_an_unchanged_image_asks_nobody(locked: Project, server: FakeServer) -> None:
    before, asked = locked.read("lading.lock"), len(server.seen)
    ran = locked.lading("lock")
    assert ran.err == (
        f"linux/amd64: 1 distribution, base {BASE} by digest\nlading.lock is unchanged\n"
    )
    assert ran.code == 0
    assert locked.read("lading.lock") == before
    assert len(server.seen) == asked


def test_quiet_says_nothing(tiny: Project) -> None:
    ran = tiny.lading("lock", "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    ran = tiny.lading("lock", "--quiet", "--check")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_json_is_data_on_stdout(tiny: Project) -> None:
    ran = tiny.lading("lock", "--json", "--platform", "linux/arm64", "--platform", "linux/amd64")
    part = {"base": BASE, "digest": "sha256:DIGEST", "distributions": 1, "remarks": []}
    assert json.loads(ran.out) == {
        "file": "lading.lock",
        "changed": True,
        "platforms": {"linux/amd64": part, "linux/arm64": part},
    }


def test_check_without_drift(locked: Project) -> None:
    ran = locked.lading("lock", "--check")
    assert (ran.code, ran.out, ran.err) == (0, "", "lading.lock is up to date\n")


@pytest.mark.parametrize(
    ("old", "new", "drifted"),
    [
        ('"tiny")', '"tiny", "small>=1")', ["requirement small>=1 is not locked"]),
        (
            '.python_packages("tiny")',
            '.python_packages("small")',
            [
                "requirement small is not locked",
                "requirement tiny is locked, and no longer asked for",
            ],
        ),
        (
            'bookworm")',
            'bookworm", python_version="3.11.9")',
            ["the Python version: 3.11 is locked, 3.11.9 is asked for"],
        ),
        (
            "3.11-slim-bookworm",
            "3.11-slim-trixie",
            [
                f"the base image: {BASE} is locked, {BASE[:-8]}trixie is asked for",
                "the distro: debian:bookworm is locked, debian:trixie is asked for",
            ],
        ),
        (
            'bookworm")',
            'bookworm", lock_python_packages=False)',
            [
                "lock_python_packages: yes is locked, no is asked for",
                "the number of installations: 1 is locked, 0 is asked for",
                "requirement tiny is locked, and no longer asked for",
            ],
        ),
    ],
)
def test_check_says_what_drifted(locked: Project, old: str, new: str, drifted: list[str]) -> None:
    before = locked.read("lading.lock")
    source = locked.read("service.py")
    assert old in source
    locked.write("service.py", source.replace(old, new, 1))
    ran = locked.lading("lock", "--check")
    assert ran.err == "".join(f"drifted: {one}\n" for one in drifted) + HINT
    assert (ran.code, ran.out) == (1, "")
    assert locked.read("lading.lock") == before
    found = locked.lading("lock", "--check", "--json")
    assert json.loads(found.out) == {"drifted": drifted, "remarks": []}
    assert (found.code, found.err) == (1, "")


def test_check_of_a_platform_that_is_not_locked(locked: Project) -> None:
    ran = locked.lading("lock", "--check", "--platform", "linux/arm64")
    # What it has is not to be lost.
    again = HINT.replace(" lock", " lock --platform linux/amd64 --platform linux/arm64")
    assert (ran.code, ran.err) == (1, f"drifted: linux/arm64 is not in the lock\n{again}")


@pytest.mark.parametrize("words", [["--upgrade"], ["-P", "tiny"]])
def test_check_does_not_go_with_an_upgrade(locked: Project, words: list[str]) -> None:
    before = locked.read("lading.lock")
    ran = locked.lading("lock", "--check", *words)
    assert "error: --check: it changes nothing, so it can't go with --upgrade" in ran.err
    assert "hint: upgrade first, then check\n" in ran.err
    assert (ran.code, ran.out) == (2, "")
    assert locked.read("lading.lock") == before


def test_check_without_a_lock(tiny: Project) -> None:
    ran = tiny.lading("lock", "--check")
    assert (ran.code, ran.err) == (1, f"drifted: there is no lading.lock\n{HINT}")
    assert tiny.files() == ["pyproject.toml", "service.py"]


def test_what_is_locked_stays_until_an_upgrade(tiny: Project, net: World) -> None:
    newest = net.wheels.pop("tiny-2.0-py3-none-any.whl")
    assert tiny.lading("lock").code == 0
    net.wheels["tiny-2.0-py3-none-any.whl"] = newest
    cold = str(tiny.home / "uv")
    tiny.lading("lock", UV_CACHE_DIR=cold)
    assert 'version = "1.0"' in tiny.read("lading.lock")
    tiny.lading("lock", "--upgrade-package", "Tiny", UV_CACHE_DIR=cold)
    assert 'version = "2.0"' in tiny.read("lading.lock")


def test_a_requirement_that_cannot_be_had_is_named_at_its_line(tiny: Project) -> None:
    tiny.write("service.py", tiny.read("service.py").replace('"tiny"', '"tiny>=3"'))
    ran = tiny.lading("lock")
    lines = ran.err.splitlines()
    assert lines[2] == (
        "error: service.py:6: the requirements can't be resolved "
        "for Python 3.11 on linux/amd64 (glibc 2.36)"
    )
    assert any("tiny" in line and line.startswith("  ") for line in lines[3:])
    assert (ran.code, ran.out) == (1, "")
    assert tiny.files() == ["pyproject.toml", "service.py"]


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def test_a_registry_that_cannot_be_reached(tiny: Project) -> None:
    host = f"127.0.0.1:{closed_port()}"
    ran = tiny.lading("lock", "-q", "--base-image", f"{host}/python:3.11-slim-bookworm")
    assert ran.err.startswith(
        f"error: service.py:4: can't reach registry {host}: connection refused\n"
    )
    assert "\nhint: " in ran.err
    assert "Traceback" not in ran.err
    assert (ran.code, ran.out) == (1, "")
    assert tiny.files() == ["pyproject.toml", "service.py"]


def test_a_base_may_go_unpinned_when_that_is_asked_for(tiny: Project) -> None:
    host = f"127.0.0.1:{closed_port()}"
    base = f"{host}/python:3.11-slim-bookworm"
    ran = tiny.lading("lock", "--base-image", base, "--allow-unpinned-base")
    assert f"linux/amd64: 1 distribution, base {base} WITHOUT a digest\n" in ran.err
    assert ran.code == 0

    checked = tiny.lading("lock", "--check", "--base-image", base)
    drifted = f"the base image {base} has no digest in the lock for linux/amd64"
    hint = HINT.replace(" lock", f" lock --base-image {base}")
    assert (checked.code, checked.err) == (1, f"drifted: {drifted}\n{hint}")
    frozen = tiny.lading("freeze", "--locked", "--base-image", base)
    refused = f"error: lading.lock is out of date: {drifted}\n{hint}"
    assert (frozen.code, frozen.err) == (1, refused)
    allowed = ("--base-image", base, "--allow-unpinned-base")
    assert tiny.lading("lock", "--check", *allowed).code == 0
    assert tiny.lading("freeze", "--locked", *allowed).code == 0


def test_a_full_disk_leaves_the_former_lock(locked: Project) -> None:
    before = locked.read("lading.lock")
    locked.write("service.py", locked.read("service.py").replace('.python_packages("tiny")', ""))
    ran = locked.limited("lock", "-q")
    assert ran.err == "error: lading.lock can't be written: file too large\n"
    assert ran.code == 1
    assert locked.read("lading.lock") == before
    assert locked.files() == ["lading.lock", "pyproject.toml", "service.py"]


def test_a_lock_that_is_none_is_refused(locked: Project) -> None:
    locked.write("lading.lock", "version = 3\n[inputs]\n")
    ran = locked.lading("lock")
    assert ran.err.startswith("error: lading.lock is not a lock: ")
    assert ran.err.endswith("hint: remove it and run `lading lock` again\n")
    assert ran.code == 1
