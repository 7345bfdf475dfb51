"""A lock that somebody has edited is refused where it contradicts what was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lading.errors import FreezeError
from lading.lock.file import read_lock, write_lock
from lading.lock.integrity import flaws
from lading.lock.model import (
    Distribution,
    InputGroup,
    Inputs,
    Lock,
    LockedBase,
    PlatformLock,
    Tool,
)

if TYPE_CHECKING:
    from pathlib import Path

BASE = "docker.io/library/python:3.11-slim-bookworm"
OTHER = "evil.example.test/py:1"
HASH = f"sha256:{'a' * 64}"
SIX = Distribution(
    name="six",
    version="1.0",
    url="https://files.example.test/six.whl",
    hashes=(HASH,),
    index="default",
)
THEIRS = Distribution(
    name="theirs", kind="git", url="https://git.example.test/theirs", commit="c" * 40
)
UV = Tool(name="uv", version="1.0", url="https://files.example.test/uv.whl", sha256="b" * 64)
DEVICE = msgspec.structs.replace(UV, url="file:///dev/zero")


def lock(*distributions: Distribution, base: str = BASE, tools: tuple[Tool, ...] = (UV,)) -> Lock:
    group = InputGroup(requirements=("six", "theirs @ git+https://git.example.test/theirs"))
    part = PlatformLock(
        platform="linux/amd64",
        base=LockedBase(reference=base, digest=HASH),
        tools=tools,
        distributions=distributions,
    )
    inputs = Inputs(base=BASE, distro="debian:bookworm", python="3.11", groups=(group,))
    return Lock(inputs=inputs, platforms=(part,))


def changed(distribution: Distribution, **fields: object) -> Distribution:
    return msgspec.structs.replace(distribution, **fields)


def test_a_lock_as_it_was_written_has_no_flaw(tmp_path: Path) -> None:
    whole = lock(SIX, THEIRS)
    assert flaws(whole) == ()
    write_lock(tmp_path, whole)
    assert read_lock(tmp_path) == whole


@pytest.mark.parametrize(
    ("edited", "said"),
    [
        (lock(SIX, THEIRS, base=OTHER), f"the base image is {OTHER}"),
        (lock(SIX), "requirement theirs @ git"),
        (lock(THEIRS), "requirement six has no distribution"),
        (lock(SIX, THEIRS, tools=()), "it has no uv"),
        (lock(SIX, THEIRS, tools=(UV, UV)), "other tools than uv"),
        (lock(SIX, THEIRS, tools=(DEVICE,)), "its URL is none of a server"),
        (lock(changed(SIX, hashes=()), THEIRS), "it has no SHA-256"),
        (lock(changed(SIX, group=9), THEIRS), "it belongs to installation 9 of 1"),
        (lock(changed(SIX, url="https://me:s3cret@h.example.test/x.whl"), THEIRS), "credentials"),
        (lock(SIX, changed(THEIRS, commit=None)), "not locked to a commit"),
        (lock(SIX, changed(THEIRS, revision="main")), "not locked to a commit"),
    ],
)
def test_an_edited_lock_is_refused(tmp_path: Path, edited: Lock, said: str) -> None:
    write_lock(tmp_path, edited)
    with pytest.raises(FreezeError) as refused:
        read_lock(tmp_path)
    assert said in str(refused.value)
    assert "s3cret" not in str(refused.value)
    assert refused.value.problems[-1].hint
