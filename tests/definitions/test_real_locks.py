"""Each definition is locked for both platforms, or refused as it must be: by the real index."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from debian.signed_archive import needs
from definitions.expected import AMD64, BOTH, EXPECTED, Accelerated, Locked, Refused
from definitions.yard import MODEL, Yard, lay_out
from lading.errors import BuildError, ResolutionError
from lading.freeze import Freezer
from lading.freeze.libraries import LibraryCheck
from lading.lock.fit import misfits
from lading.lock.inputs import read_inputs
from lading.machine import Machine
from registry.fake_registry import FakeRegistry, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lading.errors import Problem
    from lading.lock.model import Lock, PlatformLock

pytestmark = [
    pytest.mark.network,
    pytest.mark.enable_socket,
    pytest.mark.allow_hosts(None),
    needs("gpgv"),
]

# Bases of public registries, which no test reaches: a mirror on loopback has them, and nothing in
# them. PyTorch's own indexes are no more reached than they are.
BASES = (
    *(("library/python", f"3.{minor}-slim-bookworm") for minor in (11, 12)),
    *(("library/python", f"3.{minor}-slim-trixie") for minor in (11, 12)),
    *(("library/python", "3.12-alpine3.22"), ("library/ubuntu", "jammy")),
    ("nvidia/cuda", "12.6.3-devel-ubuntu22.04"),
)
SECRETS = ("CORP_TOKEN", "HF_TOKEN")

LOCKED = {name: one for name, one in EXPECTED.items() if isinstance(one, Locked)}
# The others need a lock to be refused, or fail where they are written: test_compiling.py
REFUSED = {
    name: one
    for name, one in EXPECTED.items()
    if isinstance(one, Refused) and one.stage in {BuildError, ResolutionError}
}
ACCELERATED = {name: one for name, one in EXPECTED.items() if isinstance(one, Accelerated)}

# All of them take two minutes: `make definitions`.
ALL = bool(os.environ.get("LADING_TEST_ALL_DEFINITIONS"))
IN_CI = (
    "diffusion.py:SdxlTurbo",
    "frameworks.py:jax_gpu",
    "frameworks.py:lightning",
    "frameworks.py:onnx_gpu",
    "frameworks.py:tensorflow",
    "language.py:Embeddings",
    "language.py:rag_langchain",
    "language.py:spacy",
    "llm.py:Vllm",
    "llm.py:flash_attention",
    "speech.py:faster_whisper",
    "speech.py:whisper",
    "tabular.py:iris",
    "tabular.py:pandas_on_alpine",
    "tabular.py:xgboost",
    "vision.py:Yolo",
    "vision.py:clip",
    "web.py:demo",
)


@pytest.fixture(scope="module")
def mirror() -> Iterator[str]:
    contents = FakeRegistry()
    for path, tag in BASES:
        images = [contents.add_image(path, None, platform) for platform in BOTH]
        contents.add_index(path, tag, images)
    with serving(contents.route) as server:
        yield server.host


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory, mirror: str) -> Yard:
    folder = tmp_path_factory.mktemp("yard")
    given = {name: value for name, value in os.environ.items() if name not in SECRETS}
    environ = {
        **given,
        "LADING_CACHE_DIR": str(folder / "lading"),
        "UV_CACHE_DIR": str(folder / "uv"),
        "LADING_MIRROR_REGISTRIES": f"docker.io={mirror}",
    }
    machine = Machine(environ=environ, home=folder, interpreter=sys.executable)
    return Yard(lay_out(folder / "project"), machine)


@pytest.mark.parametrize("name", LOCKED if ALL else IN_CI)
def test_it_is_locked(yard: Yard, name: str) -> None:
    known = LOCKED[name]
    platforms = [one for one in BOTH if one not in known.refused]
    for platform, refused in known.refused.items():
        check(yard, name, refused, platform)
    lock = yard.lock(name, *platforms)
    assert [part.platform for part in lock.platforms] == platforms
    found = yard.found(name)
    assert misfits(lock, read_inputs(found.image, found.project), platforms) == ()
    for part in lock.platforms:
        assert_is(part, known)
    assert_no_wheel_was_fetched(yard, lock)


def assert_is(part: PlatformLock, known: Locked) -> None:
    pins = {one.name: f"{one.name}=={one.version}" for one in part.distributions}
    either = {*pins, *pins.values()}
    assert not {*known.has} - either
    assert {*known.amd64} & either == ({*known.amd64} if part.platform == AMD64 else set())
    assert {one.name for one in part.distributions if one.is_source} == {*known.sources}
    assert {build.name for build in part.builds} == {*known.sources}
    assert not {*known.debs} - {deb.name for deb in part.debs}


def assert_no_wheel_was_fetched(yard: Yard, lock: Lock) -> None:
    """Locking takes metadata alone (PEP 658); only what reads it downloads gigabytes."""
    kept = Path(yard.machine.environ["LADING_CACHE_DIR"]) / "sha256"
    for part in lock.platforms:
        wheels = [str(one.sha256) for one in part.distributions if one.kind == "wheel"]
        assert wheels or not part.distributions
        assert not [digest for digest in wheels if (kept / digest[:2] / digest).exists()]
    unpacked = Path(yard.machine.environ["UV_CACHE_DIR"]).glob("archive-*/*/*.dist-info")
    assert {path.name for path in unpacked} <= {f"{MODEL}-3.8.0.dist-info"}


@pytest.mark.skipif(not ALL, reason="fetches 120 MB; make definitions does")
def test_what_opencv_needs_of_the_system_is_named(yard: Yard) -> None:
    name = "vision.py:yolo_of_onnx"
    yard.lock(name, AMD64)
    found = yard.found(name)
    freezer = Freezer(machine=yard.machine, locked=True)
    decided = freezer.decide(
        found.image, platform=AMD64, project=found.project, target=yard.project.parent / "context"
    )
    check = LibraryCheck(freezer=freezer, store=yard.machine.store(), now=datetime.now(UTC))
    lacking = {(one.what, one.packages[0]) for one in check.report(decided).of("error")}
    assert lacking == {
        ("libGL.so.1", "libgl1"),
        ("libglib-2.0.so.0", "libglib2.0-0"),
        ("libgthread-2.0.so.0", "libglib2.0-0"),
    }


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused(yard: Yard, name: str) -> None:
    check(yard, name, REFUSED[name], *BOTH)


@pytest.mark.parametrize("name", ACCELERATED)
def test_torch_comes_from_the_index_of_its_accelerator_alone(yard: Yard, name: str) -> None:
    """That is out of reach of most machines that run this: all that can be told is who is asked."""
    known = ACCELERATED[name]
    machine = replace(yard.machine, environ={**yard.machine.environ, "UV_HTTP_RETRIES": "1"})
    try:
        lock = replace(yard, machine=machine).lock(name, AMD64)
    except ResolutionError as error:
        (problem,) = error.problems
        assert f"/whl/{known.accelerator}/torch" in (problem.detail or "")
        assert "see whether the index can be reached from here" in (problem.hint or "")
        assert known.at in line_of(yard, problem)
    else:
        (torch,) = (one for one in lock.platforms[0].distributions if one.name == "torch")
        assert (torch.index or "").endswith(f"/whl/{known.accelerator}")


def check(yard: Yard, name: str, known: Refused, *platforms: str) -> None:
    error = yard.refusal(name, *platforms)
    assert type(error) is known.stage
    for problem in error.problems:
        text = f"{problem.message}\n{problem.detail or ''}"
        assert [words for words in known.says if words not in text] == []
        assert known.hint in (problem.hint or "")
        assert known.at in line_of(yard, problem)
    if known.stage is ResolutionError:
        # What is the same on several is told once, and each is named.
        named = " ".join(problem.message for problem in error.problems)
        assert [named.count(one) for one in platforms] == [1] * len(platforms)


def line_of(yard: Yard, problem: Problem) -> str:
    """The line of the user's that is named."""
    assert problem.location is not None
    file = yard.project / problem.location.file
    return file.read_text().splitlines()[problem.location.line - 1]
