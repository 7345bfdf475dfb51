from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from cli.program import Project
    from registry.fake_registry import FakeServer

FROZEN = [
    ".lading/linux-amd64/.dockerignore",
    ".lading/linux-amd64/Dockerfile",
    ".lading/linux-amd64/ca-bundle.sh",
    ".lading/linux-amd64/image.json",
    ".lading/linux-amd64/requirements.txt",
    ".lading/linux-amd64/uv",
]
SOURCES = ["lading.lock", "pyproject.toml", "service.py"]


def test_freeze_prints_the_folder(locked: Project) -> None:
    ran = locked.lading("freeze")
    assert ran.out == ".lading/linux-amd64\n"
    assert ran.err == "writing .lading/linux-amd64\nfetching uv 0.9.9\nfrozen as sha256:DIGEST\n"
    assert ran.code == 0
    assert locked.files() == [*FROZEN, *SOURCES]


def test_freeze_locks_what_is_not_locked(tiny: Project) -> None:
    ran = tiny.lading("freeze", "-q")
    assert (ran.code, ran.out, ran.err) == (0, ".lading/linux-amd64\n", "")
    assert tiny.files() == [*FROZEN, *SOURCES]


def test_freeze_with_json(locked: Project) -> None:
    ran = locked.lading("freeze", "--json", "-q", "-o", "out")
    assert json.loads(ran.out) == {
        "folder": "PROJECT/out",
        "key": "sha256:DIGEST",
        "platform": "linux/amd64",
        "base": "127.0.0.1:PORT/python:3.11-slim-bookworm",
        "digest": "sha256:DIGEST",
    }
    assert (ran.code, ran.err) == (0, "")


def test_freezing_again_gives_the_same_bytes_and_asks_nobody(
    locked: Project, server: FakeServer
) -> None:
    locked.lading("freeze")
    before = {name: (locked.folder / name).read_bytes() for name in locked.files()}
    asked = len(server.seen)
    locked.lading("freeze", "--offline", "--locked")
    assert {name: (locked.folder / name).read_bytes() for name in locked.files()} == before
    assert len(server.seen) == asked


def test_dockerfile_prints_what_freeze_writes(locked: Project) -> None:
    locked.lading("freeze")
    ran = locked.lading("dockerfile")
    written = locked.humane(locked.read(".lading/linux-amd64/Dockerfile"))
    assert (ran.code, ran.out, ran.err) == (0, written, "")
    assert "service.py:6" in written


def test_locked_refuses_what_drifted(locked: Project) -> None:
    locked.write("service.py", locked.read("service.py").replace('"tiny"', '"tiny", "small"'))
    for command in ("freeze", "dockerfile"):
        ran = locked.lading(command, "--locked")
        assert ran.err == (
            "error: lading.lock is out of date: requirement small is not locked\n"
            "hint: run `lading lock`, and commit the result\n"
        )
        assert (ran.code, ran.out) == (1, "")
    assert locked.files() == SOURCES


def test_a_cache_that_can_not_be_used_is_named_with_what_to_do(locked: Project) -> None:
    cache = locked.write("a-file", "").parent / "a-file" / "cache"
    ran = locked.lading("freeze", "-q", LADING_CACHE_DIR=str(cache))
    assert ran.err == (
        "error: the cache a-file/cache can't be used: not a directory\n"
        "hint: set LADING_CACHE_DIR to a folder of yours\n"
    )
    assert (ran.code, ran.out) == (1, "")


def test_offline_refuses_to_lock(locked: Project, server: FakeServer) -> None:
    locked.write("service.py", locked.read("service.py").replace('"tiny"', '"tiny", "small"'))
    asked = len(server.seen)
    ran = locked.lading("freeze", "--offline")
    assert ran.err == (
        "error: lading.lock is out of date: requirement small is not locked\n"
        "hint: run `lading lock`, and commit the result, or leave out --offline\n"
    )
    assert (ran.code, ran.out) == (1, "")
    assert len(server.seen) == asked
    assert locked.files() == SOURCES


def test_offline_refuses_to_fetch(locked: Project, tmp_path: Path) -> None:
    ran = locked.lading("freeze", "--offline", LADING_CACHE_DIR=str(tmp_path / "empty"))
    assert ran.code == 1
    assert ran.err.splitlines()[-2].startswith("error: ")
    assert ran.err.splitlines()[-1].startswith("hint: ")
    assert locked.files() == SOURCES


def test_a_folder_of_somebody_elses_is_not_replaced(locked: Project) -> None:
    locked.write("data/precious.txt", "mine")
    ran = locked.lading("freeze", "-o", "data")
    assert ran.err == (
        "error: the folder data is not empty, and no frozen image\n"
        "hint: choose another target, or empty it\n"
    )
    assert ran.code == 1
    assert locked.read("data/precious.txt") == "mine"


@pytest.mark.parametrize("output", ["service.py", "service.py/below", "/dev/null/below"])
def test_an_output_that_cannot_be_written(locked: Project, output: str) -> None:
    ran = locked.lading("freeze", "-q", "-o", output)
    assert ran.err.startswith("error: ")
    assert "Traceback" not in ran.err
    assert (ran.code, ran.out) == (1, "")
    assert locked.files() == SOURCES


def test_a_full_disk_leaves_the_former_folder(locked: Project) -> None:
    locked.lading("freeze")
    before = {name: locked.read(name) for name in locked.files()}
    locked.write("service.py", locked.read("service.py").replace('"-m", "tiny"', '"-V"'))
    ran = locked.limited("freeze", "-q")
    assert (
        ran.err.splitlines()[0] == "error: the folder linux-amd64 can't be written: file too large"
    )
    assert (ran.code, ran.out) == (1, "")
    assert {name: locked.read(name) for name in locked.files() if name != "service.py"} == {
        name: text for name, text in before.items() if name != "service.py"
    }


def test_a_reader_that_has_gone_is_no_error_to_talk_about(locked: Project) -> None:
    ran = locked.shell('{ "$@" dockerfile; echo $? >code; } | true')
    assert ran.err == ""
    assert locked.read("code") == "1\n"


def test_output_that_cannot_be_written_is_said_once(locked: Project) -> None:
    ran = locked.shell('exec "$@" dockerfile >/dev/full')
    assert ran.err == "error: no space left on device\nhint: free some space there\n"
    assert ran.code == 1
