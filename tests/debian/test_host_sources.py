from __future__ import annotations

from typing import TYPE_CHECKING

from lading.debian.sources import roots_in

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.parent.mkdir(exist_ok=True, parents=True)
    file.write_text(text)


def test_both_forms_of_sources_are_read(tmp_path: Path) -> None:
    written(
        tmp_path,
        "sources.list",
        "# deb http://old.example.test/debian bookworm main\n"
        "deb-src http://src.example.test/debian bookworm main\n"
        "deb [arch=amd64 trusted=no] http://a.example.test/debian/ bookworm main\n"
        "deb http://b.example.test/debian bookworm main\n",
    )
    written(
        tmp_path,
        "sources.list.d/security.sources",
        "Types: deb deb-src\nURIs: https://c.example.test/debian-security\nSuites: x\n\n"
        "Enabled: no\nTypes: deb\nURIs: http://d.example.test/ubuntu\n",
    )
    assert roots_in(tmp_path) == (
        ("debian", "http://a.example.test/debian"),
        ("debian-security", "https://c.example.test/debian-security"),
    )


def test_what_is_no_debian_archive_is_left_out(tmp_path: Path) -> None:
    written(
        tmp_path,
        "sources.list.d/others.list",
        "deb http://example.test/tools bookworm main\n"
        "deb mirror+file:/etc/apt/mirrors/debian bookworm main\n"
        "deb http://user:secret@example.test/debian bookworm main\n"
        "deb file:/srv/debian bookworm main\n",
    )
    written(
        tmp_path, "sources.list.d/broken.sources", "no field\nURIs: http://x.example.test/debian"
    )
    written(tmp_path, "sources.list.d/kept.list.save", "deb http://x.example.test/debian a main\n")
    assert roots_in(tmp_path) == ()


def test_a_host_without_apt_has_none(tmp_path: Path) -> None:
    assert roots_in(tmp_path / "apt") == ()
