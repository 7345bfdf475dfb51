"""The ELF files of wheels: read once, in little memory, whatever the wheel is."""

from __future__ import annotations

import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pytest

from elf.elfmaker import make_elf
from lading.errors import ImageError
from lading.libraries import WheelElfs, kept_libraries, wheel_libraries
from wheels.wheelmaker import Part, make_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from lading.store import Store

SHA256 = "0" * 64
METADATA = b"""Metadata-Version: 2.1
Name: demo
Version: 1.0
Requires-Dist: NumPy>=2
Requires-Dist: nvidia_cublas.cu12 (==12.4) ; platform_system == "Linux"
Requires-Dist: scipy; extra == 'all'
Requires-Dist: not a requirement!

Requires-Dist: in-the-description
"""


def read(path: Path, store: Store | None = None) -> WheelElfs:
    return wheel_libraries(path, filename=path.name, sha256=SHA256, store=store)


@pytest.mark.parametrize("method", [0, 8])
def test_the_elf_files_of_a_wheel_are_found_whatever_they_are_called(
    tmp_path: Path, method: int
) -> None:
    library = make_elf("libGL.so.1", soname="libdemo.so.1", padding=100_000)
    path = make_wheel(
        tmp_path,
        {
            "demo/__init__.py": b"\x7fELF is no program",
            "demo/tool": Part(name="demo/tool", content=make_elf(kind=2), method=method),
            "demo.libs/libdemo.so.1": Part(
                name="demo.libs/libdemo.so.1", content=library, method=method
            ),
            "demo/script.so": b"GROUP ( libdemo.so.1 )",
            "demo/empty.so": b"",
            "demo/cut.so": library[:1000],
        },
        tag="cp311-cp311-linux_x86_64",
        info={"METADATA": METADATA},
    )
    found = read(path)
    assert [one.member for one in found.files] == ["demo/tool", "demo.libs/libdemo.so.1"]
    assert found.files[1].elf.needed == ("libGL.so.1",)
    assert found.damaged == ("demo/cut.so",)
    assert (found.name, found.version, found.any_platform) == ("demo", "1.0", False)
    assert found.requires == ("numpy", "nvidia-cublas-cu12")


def test_a_wheel_for_any_platform_says_so(tmp_path: Path) -> None:
    assert read(make_wheel(tmp_path, {"demo.py": b""})).any_platform


def test_the_second_time_the_wheel_is_not_read(tmp_path: Path, store: Store) -> None:
    content = make_elf("libGL.so.1", rpath="$ORIGIN", versions={"libc.so.6": ["GLIBC_2.38"]})
    path = make_wheel(tmp_path, {"demo/a.so": content})
    assert kept_libraries(filename=path.name, sha256=SHA256, store=store) is None
    found = read(path, store)
    path.unlink()
    assert read(path, store) == found
    assert kept_libraries(filename=path.name, sha256=SHA256, store=store) == found
    assert kept_libraries(filename=path.name, sha256="1" * 64, store=store) is None


def test_a_record_of_another_lading_is_made_anew(tmp_path: Path, store: Store) -> None:
    path = make_wheel(tmp_path, {"demo/a.so": make_elf("libGL.so.1")})
    for content in (b"", b"no zlib", zlib.compress(b'{"other": 1}')):
        store.keep(f"wheel-elfs-1-{SHA256}-{path.name}", content)
        assert read(path, store).files[0].elf.needed == ("libGL.so.1",)


def test_a_large_library_is_never_whole_in_memory(tmp_path: Path) -> None:
    # Its tables stand behind all the rest, as after patchelf.
    library = make_elf("libGL.so.1", padding=64 << 20)
    path = make_wheel(tmp_path, {"demo/a.so": library, "demo/b.so": library[:-1]})
    del library
    tracemalloc.start()
    found = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.files[0].elf.needed == ("libGL.so.1",)
    assert found.damaged == ("demo/b.so",)
    assert peak < 32 << 20


def test_damaged_data_are_told_as_the_members(tmp_path: Path) -> None:
    library = make_elf("libGL.so.1", padding=1 << 20)
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    begun = deflate.compress(library[: 1 << 19]) + deflate.flush(zlib.Z_SYNC_FLUSH)
    damaged = Part(name="demo/a.so", content=library, data=begun + b"\xff" * 5000)
    found = read(make_wheel(tmp_path, {"demo/a.so": damaged, "demo/b.so": library}))
    assert found.damaged == ("demo/a.so",)
    assert [one.member for one in found.files] == ["demo/b.so"]


def test_what_is_no_wheel_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0-py3-none-any.whl"
    path.write_bytes(b"no zip")
    with pytest.raises(ImageError, match="it is no zip file"):
        read(path)
