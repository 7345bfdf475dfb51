from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bases import made
from lading.bases import resolve_folder
from lading.bases.base import nothing
from lading.errors import ImageError

if TYPE_CHECKING:
    from pathlib import Path

    from lading.bases import Base
    from lading.store import Store


@pytest.fixture
def merged(project: Path, store: Store) -> Base:
    """A base with the merged /usr."""
    return made.base(
        project,
        store,
        {
            "usr/lib/os-release.txt": b"",
            "lib": "usr/lib",
            "var/run": "/run",
            "etc/passwd.txt": b"",
            "opt": "var/opt",
            "round": "round",
        },
    )


@pytest.mark.parametrize(
    ("path", "real"),
    [
        ("/lib/models", "/usr/lib/models"),
        ("/lib", "/usr/lib"),
        ("/var/run/app", "/run/app"),
        ("/usr/share/x", "/usr/share/x"),
        ("/new/x", "/new/x"),
        ("/", "/"),
    ],
)
def test_a_folder_is_where_the_links_lead(merged: Base, store: Store, path: str, real: str) -> None:
    assert resolve_folder(merged, path, store) == real


def test_the_usual_folders_are_taken_as_they_stand_without_a_look(
    merged: Base, store: Store, project: Path
) -> None:
    for blob in (project / "base" / "blobs").rglob("*"):
        if blob.is_file():
            blob.unlink()
    for path in ("/app", "/opt/venv/lib", "/home/x", "/srv", "/data/a", "/workspace", "/models"):
        assert resolve_folder(merged, path, store) == path
    with pytest.raises(ImageError):
        resolve_folder(merged, "/lib", store)


def test_a_file_on_the_way_is_an_error(merged: Base, store: Store) -> None:
    with pytest.raises(ImageError) as caught:
        resolve_folder(merged, "/etc/passwd.txt/below", store)
    assert caught.value.problems[0].message == (
        "/etc/passwd.txt/below can't be a folder: /etc/passwd.txt is a file in oci:base"
    )


def test_a_loop_is_an_error(merged: Base, store: Store) -> None:
    with pytest.raises(ImageError, match="circle of links"):
        resolve_folder(merged, "/round/x", store)


def test_scratch_has_no_links(store: Store) -> None:
    assert resolve_folder(nothing(made.AMD64), "/lib/x", store) == "/lib/x"
