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
    AutoPackage,
    Build,
    Deb,
    DebsFor,
    Distribution,
    InputGroup,
    InputIndex,
    InputModel,
    Inputs,
    Lock,
    LockedBase,
    LockedBelow,
    PlatformLock,
    Provided,
    Tool,
)

if TYPE_CHECKING:
    from pathlib import Path

F = TypeVar("F", Distribution, Deb, Archive, Build, Tool, InputModel)

FILES = "https://files.example.test"
CORP = "https://packages.example.test/simple"
BASE = "docker.io/library/python:3.11-slim-bookworm"
OTHER = "evil.example.test/py:1"
HASH = f"sha256:{'a' * 64}"
SIX = Distribution(
    name="six",
    version="1.0",
    url="https://files.example.test/six-1.0-py3-none-any.whl",
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
UV = Tool(
    name="uv",
    version="1.0",
    url="https://files.example.test/uv-1.0-py3-none-musllinux_1_1_x86_64.whl",
    sha256="b" * 64,
)
ARM_UV = UV.url.replace("x86_64", "aarch64")
MANY = ".".join(f"a{number}" for number in range(2000))
NEEDED = (AutoPackage(package="libgl1", needed_by=("opencv: libGL.so.1",)),)
MODEL = InputModel(path="a.bin", sha256="c" * 64, size=1)
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
        base=LockedBase(reference=base, digest=HASH, manifest=HASH),
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
    auto: tuple[AutoPackage, ...] = (),
    below: tuple[Deb, ...] = (),
) -> Lock:
    whole = lock(SIX, THEIRS)
    (part,) = whole.platforms
    part = msgspec.structs.replace(
        part,
        debs=debs,
        archives=archives,
        debs_for=debs_for,
        auto=auto,
        below=(LockedBelow(compiling=("make",), debs=below),) if below else (),
    )
    return msgspec.structs.replace(whole, platforms=(part,))


def at(file: str) -> Distribution:
    """A wheel by the name of its file."""
    return changed(SIX, url=f"https://files.example.test/{file}")


def with_models(*models: InputModel) -> Lock:
    whole = lock(SIX, THEIRS)
    return msgspec.structs.replace(
        whole, inputs=msgspec.structs.replace(whole.inputs, models=models)
    )


def bound(whole: Lock, *names: str) -> Lock:
    """The lock of an image in which these come from one index alone."""
    corp = InputIndex(url=CORP, packages=names)
    inputs = msgspec.structs.replace(whole.inputs, indexes=(corp,))
    return msgspec.structs.replace(whole, inputs=inputs)


def changed(fact: F, **fields: object) -> F:
    return msgspec.structs.replace(fact, **fields)


def renamed(version: str, file: str, architecture: str = "amd64") -> Deb:
    return changed(DEB, version=version, architecture=architecture, path=f"pool/main/{file}")


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
        (
            built(SDIST, build(FLIT, FLIT)),
            "the build of six: the distribution flit-core is in it twice",
        ),
        (built(SDIST, build(changed(FLIT, hashes=()))), "flit-core: it has no SHA-256"),
        (built(SDIST, build(changed(FLIT, url=f"file:///{FLIT.filename}"))), "none of a server"),
        (built(SDIST, build(changed(FLIT, group=2))), "it belongs to installation 2 of 1"),
        (built(SDIST, build(changed(FLIT, kind="sdist"))), "flit-core: it is no wheel"),
        (built(changed(FOLDER, url="../six"), BUILD), "its path leaves the project"),
        (built(changed(FOLDER, url="/six"), BUILD), "its path leaves the project"),
        (built(changed(FOLDER, url="a/../../six"), BUILD), "its path leaves the project"),
        (built(changed(FOLDER, hashes=()), BUILD), "it has no SHA-256"),
        (vendored(DEB, DEB), "is in it twice"),
        (vendored(DEB, renamed("13", "libgomp1_13_amd64.deb")), "of installation 1 is in it twice"),
        (
            vendored(DEB, changed(DEB, name="evil", path="pool/evil_12.2.0-14_amd64.deb")),
            "evil: its SHA-256 is that of libgomp1",
        ),
        (vendored(changed(DEB, path="pool/libgomp1")), "that of no Debian package"),
        (vendored(changed(DEB, suite="sid")), "it is of sid, which is no archive of the lock"),
        (vendored(DEB, debs_for=None), "Debian packages that nothing asked for"),
        (vendored(DEB, archives=(changed(SUITE, url="file:///srv"),)), "none of a server"),
        (lock(changed(SIX, version="9.9"), THEIRS), "its version is 9.9, and its file is six-1.0"),
        (lock(changed(SIX, name="seven"), THEIRS), "its name is seven, and its file is six-1.0"),
        (lock(changed(SIX, version=None), THEIRS), "its version is none, and its file is"),
        (lock(at("six-1.0-cp311-cp311-manylinux_2_28_aarch64.whl"), THEIRS), "on linux/amd64"),
        (lock(at("six-1.0-cp312-cp312-manylinux_2_28_x86_64.whl"), THEIRS), "Python 3.11 on"),
        (lock(at("six-1.0-cp311-cp311-manylinux_2_40_x86_64.whl"), THEIRS), "(glibc 2.36)"),
        (lock(at("six-1.0-cp311-cp311-musllinux_1_2_x86_64.whl"), THEIRS), "can't install"),
        (lock(at("six-1.0.tar.gz"), THEIRS), "it is a wheel, and its file is six-1.0.tar.gz"),
        (lock(changed(SIX, kind="file"), THEIRS), "its path leaves the project"),
        (lock(changed(SIX, commit="c" * 40), THEIRS), "it has a commit, and is in no repository"),
        (lock(changed(SIX, subdirectory="src"), THEIRS), "it has a subdirectory"),
        (lock(changed(SIX, hashes=(HASH, f"sha256:{'b' * 64}")), THEIRS), "a hash by sha256 is in"),
        (lock(changed(SIX, index=CORP), THEIRS), f"its index is {CORP}, which nothing asked for"),
        (lock(SIX, changed(THEIRS, size=1)), "it has the hash or the size of a file"),
        (lock(SIX, changed(THEIRS, url="https://evil.example.test/theirs")), "is asked for"),
        (lock(SIX, THEIRS, tools=(changed(UV, version="2.0"),)), "uv: its version is 2.0"),
        (lock(SIX, THEIRS, tools=(changed(UV, url=ARM_UV),)), "uv: its file is uv-1.0-py3"),
        (lock(at(f"six-1.0-{MANY}-{MANY}-{MANY}.whl"), THEIRS), "has more than 255 characters"),
        (
            built(changed(SDIST, url=f"{FILES}/six-{'-' * 300}.zip"), BUILD),
            "more than 255 characters",
        ),
        (built(changed(SDIST, version="2.0"), BUILD), "it is six 2.0, and its file is six-1.0.tar"),
        (built(changed(SDIST, name="sox"), BUILD), "it is sox 1.0, and its file is six-1.0.tar.gz"),
        (built(changed(FOLDER, size=1), BUILD), "it has the size of a file, and is a folder"),
        (vendored(changed(DEB, version="13")), "its version is 13, and its file is libgomp1_12"),
        (vendored(changed(DEB, name="libgomp2")), "its name is libgomp2, and its file is"),
        (vendored(changed(DEB, architecture="all")), "its architecture is all, and its file is"),
        (vendored(changed(DEB, architecture="arm64")), "arm64, which can't be installed there"),
        (vendored(changed(DEB, group=2)), "it belongs to installation 2 of 1"),
        (vendored(changed(DEB, group=0)), "it is for compiling, and nothing is asked for that"),
        (
            vendored(DEB, below=(changed(DEB, group=0, version="9"),)),
            "image below 1: libgomp1: its",
        ),
        (vendored(DEB, below=(DEB,)), "image below 1: libgomp1: it belongs to installation 1"),
        (vendored(DEB, archives=(SUITE, SUITE)), "the archive of bookworm is in it twice"),
        (vendored(DEB, archives=(SUITE, changed(SUITE, suite="sid"))), "sid is none of debian:"),
        (vendored(DEB, auto=NEEDED), 'it has what system_packages("auto") stands for'),
        (vendored(DEB, auto=NEEDED), "libgl1: it is needed, and no Debian package of the lock"),
        (vendored(DEB, auto=NEEDED), "needed by opencv: libGL.so.1, which is no distribution"),
        (with_models(MODEL, changed(MODEL, sha256="d" * 64)), "a.bin is in it twice"),
        (with_models(MODEL, changed(MODEL, path="b.bin", size=2)), "b.bin: its size is 2"),
    ],
)
def test_an_edited_lock_is_refused(tmp_path: Path, edited: Lock, said: str) -> None:
    write_lock(tmp_path, edited)
    with pytest.raises(FreezeError) as refused:
        read_lock(tmp_path)
    assert said in str(refused.value)
    assert "s3cret" not in str(refused.value)
    assert refused.value.problems[-1].hint


def test_a_variant_that_no_platform_has_is_told() -> None:
    whole = vendored(DEB)
    (part,) = whole.platforms
    part = msgspec.structs.replace(part, platform="linux/amd64/v9")
    assert flaws(msgspec.structs.replace(whole, platforms=(part,))) == (
        'linux/amd64/v9: platform "linux/amd64/v9" is invalid: amd64 has no variant v9',
    )


def test_on_scratch_what_makes_the_base_is_in_the_lock() -> None:
    asked = DebsFor(interpreter=("libc-bin", "libgomp1"), installations=(("libglib2.0-0",),))
    whole = vendored(DEB, debs_for=asked)
    (part,) = whole.platforms
    inputs = msgspec.structs.replace(whole.inputs, base="scratch")
    part = msgspec.structs.replace(part, base=LockedBase(reference="scratch"))

    def told(*provided: Provided) -> tuple[str, ...]:
        one = msgspec.structs.replace(part, provided=provided)
        return flaws(msgspec.structs.replace(whole, inputs=inputs, platforms=(one,)))

    missing = "linux/amd64: libc-bin makes the base image, and is no Debian package of the lock"
    assert told() == (
        missing,
        "linux/amd64: libglib2.0-0 is asked for, and is no Debian package of the lock",
    )
    assert flaws(whole) == (), "another base has it"
    # What another package provides (libglib2.0-0t64) has no name of its own there.
    assert told(Provided(name="libglib2.0-0", package="libgomp1")) == (missing,)
    absent = "libglib2.0-0t64"
    assert told(Provided(name="libglib2.0-0", package=absent)) == (
        missing,
        f"linux/amd64: libglib2.0-0: {absent}, which provides it, is no Debian package of the lock",
    )
    (_, *flaw) = told(
        *(Provided(name=one, package="libgomp1") for one in ("libglib2.0-0", "other"))
    )
    assert flaw == ["linux/amd64: other: libgomp1 provides it, and nothing asked for it"]


@pytest.mark.parametrize(
    "whole",
    [
        vendored(renamed("12.2.0-14+b1", "libgomp1_12.2.0-14+b1_amd64.deb")),
        vendored(renamed("1:12", "libgomp1_12_amd64.deb")),
        vendored(renamed("1:12", "libgomp1_1%3a12_amd64.deb")),
        vendored(renamed("12~rc1", "libgomp1_12~rc1_all.deb", "all")),
        lock(changed(at("six-1.0+cpu-1-py2.py3-none-any.whl"), version="1.0+cpu"), THEIRS),
        lock(at("six-1.0.0-cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"), THEIRS),
        lock(changed(at("six-1.0%2Bcpu-py3-none-any.whl?x=1#y"), version="1.0+cpu"), THEIRS),
        built(changed(SDIST, version="1.0.post1", url=f"{FILES}/Six-1.0-1.tgz"), BUILD),
        # What is at a URL of its own may be called anything.
        built(changed(SDIST, index=None, url=f"{FILES}/v2.zip", subdirectory="src"), BUILD),
    ],
)
def test_names_of_files_are_written_in_several_ways(whole: Lock) -> None:
    assert flaws(whole) == ()


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
    file.write_text(file.read_text().replace("six-1.0-py3-none-any.whl", name))
    with pytest.raises(FreezeError, match="is not a lock"):
        read_lock(tmp_path)


def test_all_that_contradicts_itself_is_said_together(tmp_path: Path) -> None:
    whole = vendored(changed(DEB, version="13"))
    (part,) = whole.platforms
    part = msgspec.structs.replace(part, distributions=(changed(SIX, version="9.9"), THEIRS))
    write_lock(tmp_path, msgspec.structs.replace(whole, platforms=(part,)))
    with pytest.raises(FreezeError) as refused:
        read_lock(tmp_path)
    edited = "lading.lock was edited: linux/amd64"
    assert [one.message for one in refused.value.problems] == [
        f"{edited}: six: its version is 9.9, and its file is six-1.0-py3-none-any.whl",
        f"{edited}: libgomp1: its version is 13, and its file is libgomp1_12.2.0-14_amd64.deb",
    ]
    assert refused.value.problems[-1].hint == "remove it and run `lading lock` again"


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
    assert flaws(bound(lock(SIX, THEIRS), "theirs")) == ()
