"""What a base has: the names in the folders that its loader searches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bases.made import base
from lading.bases.base import nothing
from lading.libraries import Provided, provided_by_base
from lading.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lading.bases import Base
    from lading.store import Store

AMD64 = Platform.parse("linux/amd64")


def provided(found: Base, store: Store, folders: Iterable[str] = ()) -> Provided:
    return provided_by_base(found, store, platform=AMD64, folders=folders)


def test_the_folders_of_the_loader_and_of_its_configuration_count(
    project: Path, store: Store
) -> None:
    found = base(
        project,
        store,
        {
            "lib": "usr/lib",
            "usr/lib/x86_64-linux-gnu/libc.so.6": b"",
            "usr/lib/x86_64-linux-gnu/libm.so.6": "libm-2.36.so",
            "usr/lib/x86_64-linux-gnu/libm-2.36.so": b"",
            "usr/lib/x86_64-linux-gnu/libgone.so.1": "nowhere.so",
            "usr/lib/x86_64-linux-gnu/README.txt": b"",
            "usr/lib/aarch64-linux-gnu/libother.so.1": b"",
            "etc/ld.so.conf": b"include /etc/ld.so.conf.d/*.conf\n# /opt/not\n",
            "etc/ld.so.conf.d/own.conf": b"/opt/own # ours\n/opt/two:/opt/three\n",
            "etc/ld.so.conf.d/off.txt": b"/opt/off\n",
            "opt/own/libown.so": b"",
            "opt/three/libthree.so.3": b"",
            "opt/off/liboff.so": b"",
            "opt/not/libnot.so": b"",
            "usr/bin/tool": b"",
            "usr/lib/jvm/java-17/bin/java": b"",
        },
        {"opt/cuda/lib/libcudart.so.12": b""},
    )
    seen = provided(found, store, ["/opt/cuda/lib"])
    assert seen.names == {
        *("libc.so.6", "libm.so.6", "libm-2.36.so", "libown.so", "libthree.so.3"),
        *("libcudart.so.12", "bin/tool", "bin/java"),
    }
    assert seen.has_library("libown.so")
    assert not seen.has_library("libcudart.so")
    assert seen.has_program("tool")
    assert seen.has_file("/lib/x86_64-linux-gnu/libm.so.6")
    assert not seen.has_file("/lib/x86_64-linux-gnu")
    assert "libcudart.so.12" not in provided(found, store).names


def test_musls_path_file_counts(project: Path, store: Store) -> None:
    files: dict[str, bytes | str | None] = {
        "etc/ld-musl-x86_64.path": b"/lib:/opt/musl\n",
        "lib/libc.musl-x86_64.so.1": b"",
        "opt/musl/libx.so.1": b"",
    }
    assert provided(base(project, store, files), store).names == {
        "libc.musl-x86_64.so.1",
        "libx.so.1",
    }


def test_the_second_time_no_layer_is_read(project: Path, store: Store) -> None:
    files = {"etc/ld.so.conf": b"/opt/own\n", "opt/own/libown.so": b""}
    found = base(project, store, files)
    first = provided(found, store)
    for blob in (project / "base/blobs/sha256").iterdir():
        blob.unlink()
    assert provided(found, store) == first
    assert first.names == {"libown.so"}


def test_a_record_of_another_lading_is_made_anew(project: Path, store: Store) -> None:
    found = base(project, store, {"etc/ld.so.conf": b"/opt/own\n", "opt/own/libown.so": b""})
    store.keep(f"base-library-folders-1-{found.manifest}", b"7")
    assert provided(found, store).names == {"libown.so"}


def test_nothing_has_nothing(store: Store) -> None:
    assert provided(nothing(AMD64), store).names == frozenset()
