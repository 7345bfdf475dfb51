"""What files are for, and which versions a release defines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lading.distros import SUPPORTED
from lading.libraries.symbols import (
    GLIBC_LIBRARIES,
    glibc_version,
    libstdcxx_versions,
    number_of,
)
from lading.libraries.target import libc_of, machine_name
from libraries.values import file, of

GLIBC_LOADER = "/lib64/ld-linux-x86-64.so.2"


@pytest.mark.parametrize(
    ("needed", "interpreter", "libc"),
    [
        (("libc.so.6",), None, "glibc"),
        (("ld-linux-aarch64.so.1",), None, "glibc"),
        (("libgcc_s.so.1",), GLIBC_LOADER, "glibc"),
        (("libc.musl-x86_64.so.1",), None, "musl"),
        (("libc.so",), None, "musl"),
        (("libgcc_s.so.1",), "/lib/ld-musl-x86_64.so.1", "musl"),
        (("libgcc_s.so.1",), None, None),
    ],
)
def test_the_c_library_of_a_file(
    needed: tuple[str, ...], interpreter: str | None, libc: str | None
) -> None:
    assert libc_of(file("a.so", *needed, interpreter=interpreter).elf) == libc


@pytest.mark.parametrize(
    ("platform", "machine", "bits", "order"),
    [
        ("linux/amd64", 62, 64, "<"),
        ("linux/arm64", 183, 64, "<"),
        ("linux/386", 3, 32, "<"),
        ("linux/arm/v7", 40, 32, "<"),
        ("linux/riscv64", 243, 64, "<"),
        ("linux/s390x", 22, 64, ">"),
    ],
)
def test_the_processor_of_a_file(platform: str, machine: int, bits: int, order: str) -> None:
    elf = file("a.so", machine=machine, bits=bits, order=order).elf
    assert of(platform=platform).is_machine(elf)
    assert not of(platform=platform).is_machine(file("a.so", machine=8).elf)
    # x32 has x86-64's number and another class.
    assert not of().is_machine(file("a.so", machine=62, bits=32).elf)


def test_processors_have_the_names_of_platforms() -> None:
    names = [machine_name(file("a.so", machine=one).elf) for one in (62, 183, 8, 9999)]
    assert names == ["amd64", "arm64", "mips", "machine 9999"]


@pytest.mark.parametrize(
    ("member", "fits"),
    [
        ("a/_x.cpython-311-x86_64-linux-gnu.so", True),
        ("a/_x.cpython-311d-x86_64-linux-gnu.so", True),
        ("a/_x.cpython-312-x86_64-linux-gnu.so", False),
        ("a/_x.pypy310-pp73-x86_64-linux-gnu.so", False),
        ("a/_x.graalpy231-310-native-x86_64-linux.so", False),
        ("a/_x.abi3.so", True),
        ("a/_x.so", True),
        ("a.cpython-38/libx.so", True),
    ],
)
def test_the_python_of_a_file(member: str, *, fits: bool) -> None:
    assert of().is_python(file(member)) is fits


def test_versions_are_compared_as_numbers() -> None:
    assert number_of("GLIBC_2.38") == (2, 38)
    assert number_of("GLIBCXX_3.4.32") == (3, 4, 32)
    assert number_of("CXXABI_1.3.9") == (1, 3, 9)
    for word in ("GLIBC_PRIVATE", "CXXABI_FLOAT128", "OPENSSL_3.0.0", "GLIBC_2", ""):
        assert number_of(word) is None
    assert glibc_version("GLIBC_2.2.5") == (2, 2, 5)
    assert glibc_version("GLIBC_ABI_DT_RELR") == (2, 36)
    assert glibc_version("GLIBCXX_3.4.32") is None


def test_every_release_with_glibc_has_a_known_libstdcxx() -> None:
    for distro in SUPPORTED:
        assert bool(libstdcxx_versions(distro)) == (distro.libc.name == "glibc"), str(distro)


@pytest.mark.skipif(
    "VERSION_CODENAME=bookworm" not in Path("/etc/os-release").read_text("utf-8")
    if Path("/etc/os-release").is_file()
    else True,
    reason="this machine is no Debian bookworm",
)
def test_bookworms_own_libraries_define_what_is_said_of_them() -> None:
    folder = next(Path("/usr/lib").glob("*-linux-gnu/libstdc++.so.6")).parent
    content = (folder / "libstdc++.so.6").read_bytes()
    for kind, newest in libstdcxx_versions(of().distro).items():
        words = set(re.findall(rf"\0({kind}_[0-9.]+)(?=\0)".encode(), content))
        assert max(number_of(word.decode()) or () for word in words) == newest
    content = (folder / "libc.so.6").read_bytes()
    words = set(re.findall(rb"\0(GLIBC_[0-9.]+)(?=\0)", content))
    assert max(number_of(word.decode()) or () for word in words) == of().distro.libc.version
    assert {path.name for path in folder.glob("lib[mc].so.6")} <= GLIBC_LIBRARIES
