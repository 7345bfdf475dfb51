from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lading.errors import ImageError
from lading.grammar.invalid import Invalid
from lading.oci import archive, docker_archive, layout, validate
from lading.oci.graph import name_of
from lading.oci.transports import (
    FileTransport,
    RegistryTransport,
    parse_transport,
    read,
    read_one,
    write,
)
from lading.platforms import Platform
from oci import images

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "kind", "path", "name"),
    [
        ("oci:made", "oci", "made", None),
        ("oci:made:tag", "oci", "made", "tag"),
        ("oci:made:r.test:5000/app:1", "oci", "made", "r.test:5000/app:1"),
        ("oci-archive:a.tar", "oci-archive", "a.tar", None),
        ("oci-archive:../a.tar:1", "oci-archive", "../a.tar", "1"),
        ("docker-archive:d.tar:app:1", "docker-archive", "d.tar", "app:1"),
        ("./made", "oci", "made", None),
        ("./a:b", "oci", "a:b", None),
        ("made/", "oci", "made", None),
        ("a.tar", "oci-archive", "a.tar", None),
        ("a.TAR", "oci-archive", "a.TAR", None),
        (".", "oci", "", None),
    ],
)
def test_a_path_is_told_by_its_word_or_its_form(
    text: str, kind: str, path: str, name: str | None, tmp_path: Path
) -> None:
    found = parse_transport(text, base=tmp_path)

    assert isinstance(found, FileTransport)
    assert (found.kind, found.path, found.name) == (kind, tmp_path / path, name)
    assert str(found) == text


def test_an_absolute_path_stays_so(tmp_path: Path) -> None:
    found = parse_transport(f"oci:{tmp_path}/made:tag", base=tmp_path / "elsewhere")

    assert isinstance(found, FileTransport)
    assert found.path == tmp_path / "made"


@pytest.mark.parametrize("text", ["app:1", "docker://app:1", "docker.io/library/app:1"])
def test_all_else_is_a_reference(text: str, tmp_path: Path) -> None:
    found = parse_transport(text, base=tmp_path)

    assert isinstance(found, RegistryTransport)
    assert str(found) == "docker://docker.io/library/app:1"


def test_a_folder_whose_name_is_a_reference_too_is_a_layout_only_if_it_is_one(
    tmp_path: Path,
) -> None:
    (tmp_path / "python").mkdir()
    layout.write(tmp_path / "app", [images.image()])

    assert isinstance(parse_transport("python", base=tmp_path), RegistryTransport)
    assert isinstance(parse_transport("app", base=tmp_path), FileTransport)


def test_what_an_archive_is_is_looked_at(tmp_path: Path) -> None:
    archive.write(tmp_path / "a", [images.image()])
    docker_archive.write(tmp_path / "d.tar", [images.image()])
    (tmp_path / "x.tar").write_bytes(images.tar({"x": b""}))
    (tmp_path / "requirements.txt").write_text("six")

    assert parse_transport("a", base=tmp_path).kind == "oci-archive"  # type: ignore[union-attr]
    assert parse_transport("d.tar", base=tmp_path).kind == "docker-archive"  # type: ignore[union-attr]
    with pytest.raises(ImageError, match=r"x\.tar holds no image"):
        parse_transport("x.tar", base=tmp_path)
    with pytest.raises(ImageError, match="no tar archive"):
        parse_transport("requirements.txt", base=tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("oci:", "names no path"),
        ("oci-archive::tag", "names no path"),
        ("oci:made:", "invalid name"),
        ("oci:made:a b", "invalid name"),
        ("docker-daemon:app:1", "transport that Lading doesn't know"),
        ("containers-storage:app", "transport that Lading doesn't know"),
        ("docker://Upper/app", "is invalid"),
        ("http://r.test/app", "has a URL scheme"),
        ("", "is empty"),
    ],
)
def test_what_is_neither_is_refused_with_what_to_write(
    text: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(Invalid, match=message) as caught:
        parse_transport(text, base=tmp_path)
    assert caught.value.hint


@pytest.mark.parametrize("text", ["oci:made", "oci-archive:a.tar", "docker-archive:d.tar"])
def test_an_image_is_written_and_read_again(text: str, tmp_path: Path) -> None:
    target = parse_transport(f"{text}:app:1", base=tmp_path)
    assert isinstance(target, FileTransport)

    assert write(target, [images.image()], names=["app:2"])
    assert not write(target, [images.image()], names=["app:2"])

    whole = FileTransport(kind=target.kind, path=target.path)
    assert [name_of(one) for one in read(target)] == ["app:1"]
    assert [name_of(one) for one in read(whole)] == ["app:1", "app:2"]
    assert read_one(whole, Platform.parse("linux/amd64")).blobs
    assert validate(target.path) == ()
    with pytest.raises(ImageError, match="no image called app:3"):
        read(FileTransport(kind=target.kind, path=target.path, name="app:3"))


def test_a_name_brings_an_image_into_a_layout_beside_the_others(tmp_path: Path) -> None:
    for text, image in (("oci:l:one", images.image()), ("oci:l:two", images.image("arm64"))):
        target = parse_transport(text, base=tmp_path)
        assert isinstance(target, FileTransport)
        write(target, [image])
    whole = FileTransport(kind="oci", path=tmp_path / "l")

    assert [name_of(one) for one in read(whole)] == ["one", "two"]

    write(whole, [images.image("s390x")])
    assert [str(one.descriptor.platform) for one in read(whole)] == ["linux/s390x"]


class Notes:
    """What is told of the work."""

    def __init__(self) -> None:
        self.ends: list[tuple[str, str, int | None]] = []
        self.done: dict[str, int] = {}

    def begin(self, piece: str, total: int | None) -> None:
        assert total is not None
        self.done[piece] = 0

    def advance(self, piece: str, amount: int) -> None:
        self.done[piece] += amount

    def end(self, piece: str, outcome: str, size: int | None) -> None:
        self.ends.append((piece, outcome, size))


@pytest.mark.parametrize("kind", ["oci", "oci-archive", "docker-archive"])
def test_each_layer_is_told(kind: str, tmp_path: Path) -> None:
    image = images.image()
    layer = image.blobs[1].descriptor
    notes = Notes()
    target = parse_transport(f"{kind}:made", base=tmp_path)
    assert isinstance(target, FileTransport)

    write(target, [image], progress=notes)

    assert notes.ends == [(str(layer.digest), "written", layer.size)]
    assert notes.done == {str(layer.digest): layer.size}


def test_a_layer_that_a_layout_has_is_told(tmp_path: Path) -> None:
    target = FileTransport(kind="oci", path=tmp_path / "l")
    write(target, [images.image()])
    notes = Notes()

    write(target, [images.image("arm64")], progress=notes)

    assert [outcome for _, outcome, _ in notes.ends] == ["there already"]
