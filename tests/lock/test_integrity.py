"""A lock that somebody has edited is refused where it contradicts what was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec
import pytest

from lading.errors import FreezeError
from lading.lock.file import read_lock, write_lock
from lading.lock.integrity import flaws
from lading.lock.model import (
    Archive,
    Build,
    Deb,
    DebsFor,
    Distribution,
    InputGroup,
    InputIndex,
    Inputs,
    Lock,
    LockedBase,
    PlatformLock,
    Tool,
)

if TYPE_CHECKING:
    from pathlib import Path

F = TypeVar("F", Distribution, Deb, Archive, Build)

CORP = "https://packages.example.test/simple"
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
SDIST = Distribution(
    name="six",
    version="1.0",
    kind="sdist",
    url="https://files.example.test/six-1.0.tar.gz",
    hashes=(HASH,),
    index="default",
    assumed=True,
)
FOLDER = Distribution(name="six", kind="directory", url="libs/six", hashes=(HASH,))
FLIT = Distribution(
    name="flit-core",
    version="3.9",
    url="https://files.example.test/flit_core-3.9-py3-none-any.whl",
    hashes=(HASH,),
    index="default",
)
BUILD = Build(name="six", requirements=("flit-core>=3",), distributions=(FLIT,))
NO_BUILD = Build(name="theirs")
SUITE = Archive(
    url="http://deb.example.test/debian",
    suite="bookworm",
    release="d" * 64,
    date="2026-11-01T00:00:00Z",
)
DEB = Deb(
    name="libgomp1",
    version="12.2.0-14",
    architecture="amd64",
    path="pool/main/g/gcc-12/libgomp1_12.2.0-14_amd64.deb",
    sha256="e" * 64,
    size=1,
    suite="bookworm",
)
UV = Tool(name="uv", version="1.0", url="https://files.example.test/uv.whl", sha256="b" * 64)
DEVICE = msgspec.structs.replace(UV, url="file:///dev/zero")


def lock(
    *distributions: Distribution,
    base: str = BASE,
    tools: tuple[Tool, ...] = (UV,),
    builds: tuple[Build, ...] = (NO_BUILD,),
) -> Lock:
    group = InputGroup(requirements=("six", "theirs @ git+https://git.example.test/theirs"))
    part = PlatformLock(
        platform="linux/amd64",
        base=LockedBase(reference=base, digest=HASH),
        tools=tools,
        distributions=distributions,
        builds=builds,
    )
    inputs = Inputs(base=BASE, distro="debian:bookworm", python="3.11", groups=(group,))
    return Lock(inputs=inputs, platforms=(part,))


def built(source: Distribution, *builds: Build) -> Lock:
    return lock(source, THEIRS, builds=(*builds, NO_BUILD))


ASKED = DebsFor(installations=(("libgomp1",),))


def vendored(
    *debs: Deb,
    archives: tuple[Archive, ...] = (SUITE,),
    debs_for: DebsFor | None = ASKED,
) -> Lock:
    whole = lock(SIX, THEIRS)
    (part,) = whole.platforms
    part = msgspec.structs.replace(part, debs=debs, archives=archives, debs_for=debs_for)
    return msgspec.structs.replace(whole, platforms=(part,))


def bound(whole: Lock, *names: str) -> Lock:
    """The lock of an image in which these come from one index alone."""
    corp = InputIndex(url=CORP, packages=names)
    inputs = msgspec.structs.replace(whole.inputs, indexes=(corp,))
    return msgspec.structs.replace(whole, inputs=inputs)


def changed(fact: F, **fields: object) -> F:
    return msgspec.structs.replace(fact, **fields)


def build(*distributions: Distribution) -> Build:
    return changed(BUILD, distributions=distributions)


@pytest.mark.parametrize(
    "whole", [lock(SIX, THEIRS), built(SDIST, BUILD), built(FOLDER, BUILD), vendored(DEB)]
)
def test_a_lock_as_it_was_written_has_no_flaw(tmp_path: Path, whole: Lock) -> None:
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
        (lock(SIX, SIX, THEIRS), "the distribution six is in it twice"),
        (lock(changed(SIX, assumed=True), THEIRS), "declares what it requires"),
        (built(SDIST), "six has nothing that says how it is built"),
        (built(SIX, BUILD), "six is built, and is no source"),
        (built(SDIST, BUILD, BUILD), "the build of six is in it twice"),
        (built(SDIST, build()), "the build of six: requirement flit-core>=3 has no distribution"),
        (built(SDIST, build(FLIT, FLIT)), "the build of six: flit-core is in it twice"),
        (built(SDIST, build(changed(FLIT, hashes=()))), "flit-core: it has no SHA-256"),
        (built(SDIST, build(changed(FLIT, url=f"file:///{FLIT.filename}"))), "none of a server"),
        (built(SDIST, build(changed(FLIT, group=2))), "it belongs to installation 2 of 1"),
        (built(SDIST, build(changed(FLIT, kind="sdist"))), "flit-core: it is no wheel"),
        (built(changed(FOLDER, url="../six"), BUILD), "its path leaves the project"),
        (built(changed(FOLDER, url="/six"), BUILD), "its path leaves the project"),
        (built(changed(FOLDER, url="a/../../six"), BUILD), "its path leaves the project"),
        (built(changed(FOLDER, hashes=()), BUILD), "it has no SHA-256"),
        (vendored(DEB, DEB), "is in it twice"),
        (vendored(changed(DEB, path="pool/libgomp1")), "that of no Debian package"),
        (vendored(changed(DEB, suite="sid")), "it is of sid, which is no archive of the lock"),
        (vendored(DEB, debs_for=None), "Debian packages that nothing asked for"),
        (vendored(DEB, archives=(changed(SUITE, url="file:///srv"),)), "none of a server"),
    ],
)
def test_an_edited_lock_is_refused(tmp_path: Path, edited: Lock, said: str) -> None:
    write_lock(tmp_path, edited)
    with pytest.raises(FreezeError) as refused:
        read_lock(tmp_path)
    assert said in str(refused.value)
    assert "s3cret" not in str(refused.value)
    assert refused.value.problems[-1].hint


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (
            "https://h.example.test/torch-2.6%2Bcpu-py3-none-any.whl",
            "torch-2.6+cpu-py3-none-any.whl",
        ),
        ("https://h.example.test/a-1.0.tar.gz?x=1#sha256=00", "a-1.0.tar.gz"),
    ],
)
def test_a_file_is_called_what_its_url_means(url: str, name: str) -> None:
    assert changed(SIX, url=url).filename == name


@pytest.mark.parametrize(
    "name",
    [
        *("..%2F..%2Fevil.whl", "%2E%2E", "-r.whl", ".hidden.whl", "a%0Ab.whl", "a%20b.whl"),
        *("a%5Cb.whl", "a$b.whl", "a`b.whl", "a'b.whl", ""),
    ],
)
def test_a_file_s_name_that_is_no_plain_one_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="can't be the name of a file"):
        changed(SIX, url=f"https://files.example.test/{name}")
    write_lock(tmp_path, lock(SIX, THEIRS))
    file = tmp_path / "lading.lock"
    file.write_text(file.read_text().replace("six.whl", name))
    with pytest.raises(FreezeError, match="is not a lock"):
        read_lock(tmp_path)


@pytest.mark.parametrize("index", ["default", "https://evil.example.test/simple", None])
def test_what_one_index_serves_alone_is_from_there(index: str | None) -> None:
    six = changed(SIX, index=index)
    flit = changed(FLIT, index=index)
    ours = changed(SIX, index=CORP)
    said = f"it comes from {CORP} alone, and here from elsewhere"
    assert flaws(bound(lock(six, THEIRS), "six")) == (f"linux/amd64: six: {said}",)
    whole = bound(built(SDIST, build(flit)), "flit-core")
    assert flaws(whole) == (f"linux/amd64: flit-core: {said}",)
    assert flaws(bound(lock(ours, THEIRS), "six")) == ()
    # The user's own line says where it is.
    assert flaws(bound(lock(six, THEIRS), "theirs")) == ()
