"""What ELF headers say: of files that tests make, of the compiler's, and of hostile ones."""

from __future__ import annotations

import shutil
import struct
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elf.elfmaker import make_elf
from engine_support import must_run
from lading.elf import AARCH64, X86_64, Elf, InMemory, NotElf, is_elf, read_elf
from lading.process import run


def elf(content: bytes) -> Elf:
    return read_elf(InMemory(content))


CLASSES = [(64, "<"), (64, ">"), (32, "<"), (32, ">")]


@pytest.mark.parametrize(("bits", "order"), CLASSES)
def test_all_that_is_asked_of_the_system_is_read(bits: int, order: str) -> None:
    found = elf(
        make_elf(
            "libm.so.6",
            "libc.so.6",
            bits=bits,
            order=order,
            machine=AARCH64,
            soname="libown.so.1",
            rpath="$ORIGIN/../x.libs:/opt/lib",
            runpath="$ORIGIN",
            versions={"libc.so.6": ["GLIBC_2.17", "GLIBC_2.38"], "libm.so.6": ["GLIBC_2.29"]},
            padding=5000,
        )
    )
    assert found == Elf(
        bits=64 if bits == 64 else 32,
        little=order == "<",
        machine=AARCH64,
        needed=("libm.so.6", "libc.so.6"),
        soname="libown.so.1",
        rpath=("$ORIGIN/../x.libs", "/opt/lib"),
        runpath=("$ORIGIN",),
        versions=(
            ("libc.so.6", ("GLIBC_2.17", "GLIBC_2.38")),
            ("libm.so.6", ("GLIBC_2.29",)),
        ),
    )
    assert not found.is_program


def test_a_file_that_needs_nothing_says_nothing() -> None:
    found = elf(make_elf())
    assert found == Elf(bits=64, little=True, machine=X86_64)


def test_a_version_that_may_be_missing_is_not_needed() -> None:
    content = make_elf(versions={"libc.so.6": ["GLIBC_2.2.5", "GLIBC_2.99"]}, weak=["GLIBC_2.99"])
    assert elf(content).versions == (("libc.so.6", ("GLIBC_2.2.5",)),)


@pytest.mark.parametrize(
    ("flags", "executable"), [(6, False), (7, True), (None, True)], ids=["plain", "said", "unsaid"]
)
def test_a_stack_is_executable_unless_it_is_said_not_to_be(
    flags: int | None, *, executable: bool
) -> None:
    assert elf(make_elf(stack=flags)).executable_stack is executable


def test_what_names_a_loader_is_a_program_unless_it_has_a_name_of_its_own() -> None:
    loader = "/lib64/ld-linux-x86-64.so.2"
    program = elf(make_elf("libc.so.6", interpreter=loader))
    assert (program.interpreter, program.is_program) == (loader, True)
    assert not elf(make_elf(interpreter=loader, soname="libQt6Core.so.6")).is_program
    assert elf(make_elf(kind=2)).kind == "program"
    assert elf(make_elf(kind=2)).is_program
    assert elf(make_elf(kind=1)).kind == "other"


@pytest.mark.parametrize("size", [255, 256, 4096, 20_000, 70_000])
def test_a_search_path_may_be_long(size: int) -> None:
    path = "a" * size
    assert elf(make_elf("libc.so.6", runpath=path, soname="x")).runpath == (path,)
    with pytest.raises(NotElf):
        elf(make_elf(runpath="a" * (2 << 20)))


def test_a_name_that_is_no_text_is_still_shown() -> None:
    content = make_elf("lib?.so").replace(b"lib?.so", b"lib\xff.so")
    assert elf(content).needed == ("lib\\xff.so",)


@pytest.mark.parametrize("content", [b"", b"\x7fEL", b"MZ" * 99, b"\x7fELF", b"#!/bin/sh\n" * 9])
def test_what_is_no_elf_file_is_refused(content: bytes) -> None:
    with pytest.raises(NotElf):
        elf(content)


@pytest.mark.parametrize(("place", "value"), [(4, 0), (4, 3), (5, 0), (5, 3)])
def test_a_class_or_byte_order_that_there_is_not_is_refused(place: int, value: int) -> None:
    content = bytearray(make_elf("libc.so.6"))
    content[place] = value
    with pytest.raises(NotElf, match="class or byte order"):
        elf(bytes(content))


def test_a_file_that_is_cut_off_anywhere_is_refused_or_read() -> None:
    content = make_elf("libc.so.6", versions={"libc.so.6": ["GLIBC_2.38"]}, soname="x")
    for size in range(len(content)):
        with suppress(NotElf):
            assert elf(content[:size]).needed == ("libc.so.6",)


def changed(content: bytes, place: int, form: str, value: int) -> bytes:
    data = bytearray(content)
    struct.pack_into(form, data, place, value)
    return bytes(data)


def test_more_than_anything_has_is_refused() -> None:
    content = make_elf("libc.so.6")
    with pytest.raises(NotElf, match="segments"):
        elf(changed(content, 56, "<H", 0xFFFF))
    with pytest.raises(NotElf, match="too small"):
        elf(changed(content, 54, "<H", 8))
    with pytest.raises(NotElf, match="libraries"):
        elf(make_elf(*(["x"] * 5000)))
    dynamic = 64 + 56  # its segment's header is the second
    with pytest.raises(NotElf, match="larger than any"):
        elf(changed(content, dynamic + 32, "<Q", 1 << 40))


def test_versions_without_end_are_refused() -> None:
    content = make_elf(versions={"a": ["GLIBC_2.17"], "b": ["GLIBC_2.18"]})
    first = content.index(struct.pack("<2H", 1, 1))
    with pytest.raises(NotElf, match=r"cut off|more versions"):
        elf(changed(content, first + 2, "<H", 0xFFFF))
    # The second is the first again, and there are said to be very many.
    count = content.index(struct.pack("<qQ", 0x6FFFFFFF, 2))
    with pytest.raises(NotElf):
        elf(changed(changed(content, count + 8, "<Q", 1 << 60), first + 12, "<L", 0xFFFFFFFF))


def test_a_place_outside_of_the_file_is_refused() -> None:
    content = make_elf("libc.so.6", soname="x")
    strings = content.index(struct.pack("<q", 5))
    with pytest.raises(NotElf, match="out of the file"):
        elf(changed(content, strings + 8, "<Q", 1 << 63))
    name = content.index(struct.pack("<qQ", 1, 1))
    with pytest.raises(NotElf, match="nowhere"):
        elf(changed(content, name + 8, "<Q", 1 << 50))


@given(
    st.builds(
        make_elf,
        st.sampled_from(["libc.so.6", "a" * 300]),
        bits=st.sampled_from([32, 64]),
        order=st.sampled_from("<>"),
        versions=st.just({"libc.so.6": ["GLIBC_2.38"]}),
        interpreter=st.sampled_from([None, "/lib/ld.so"]),
    ),
    st.lists(st.tuples(st.integers(0, 900), st.binary(min_size=1, max_size=8)), max_size=5),
    st.integers(0, 900),
)
def test_any_bytes_are_read_or_refused(
    content: bytes, edits: list[tuple[int, bytes]], size: int
) -> None:
    data = bytearray(content)
    for place, new in edits:
        data[place : place + len(new)] = new
    for one in (bytes(data), bytes(data[:size])):
        try:
            found = elf(one)
        except NotElf:
            continue
        assert is_elf(one)
        assert all(isinstance(name, str) for name in found.needed)


def test_the_interpreter_at_hand_is_read_as_it_is() -> None:
    found = elf(Path(sys.executable).resolve().read_bytes())
    assert found.is_program
    assert any(name.startswith(("libc.", "libSystem", "libpython")) for name in found.needed)


@pytest.mark.skipif(
    shutil.which("readelf") is None and not must_run(), reason="not on PATH: readelf"
)
def test_files_of_the_machine_are_read_as_readelf_reads_them() -> None:
    import _ctypes  # noqa: PLC0415 - an extension module, wherever this Python has it
    import _ssl  # noqa: PLC0415

    for module in (_ctypes, _ssl):
        place = Path(str(module.__file__))
        done = run(("readelf", "--wide", "--dynamic", str(place)), env={"PATH": "/usr/bin:/bin"})
        told = [
            line.partition("[")[2][:-1] for line in done.stdout.splitlines() if "NEEDED" in line
        ]
        assert list(elf(place.read_bytes()).needed) == told


@pytest.mark.parametrize("name", ["lib\x1b[2J.so", "libx.so\nlibs/evil", "libx\u202e.so"])
def test_a_name_that_can_not_be_shown_is_refused(name: str) -> None:
    with pytest.raises(NotElf, match="control character"):
        read_elf(InMemory(make_elf(name)))
