from __future__ import annotations

import gzip
import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest

from file_state import state_of
from lading.errors import ImageError
from lading.oci import archive, docker_archive, layout, validate
from lading.oci.blobs import Artifact, content_of, digest_of
from lading.oci.graph import REF_NAME, name_of
from lading.oci.making import config_of
from lading.oci.media_types import DOCKER, OCI
from oci import images

if TYPE_CHECKING:
    from pathlib import Path


def names_in(path: Path) -> list[str]:
    with tarfile.open(path) as opened:
        return opened.getnames()


def listed_in(path: Path) -> list[dict[str, object]]:
    with tarfile.open(path) as opened:
        file = opened.extractfile("manifest.json")
        assert file is not None
        found: list[dict[str, object]] = json.load(file)
        return found


def saved(path: Path, listed: object, files: dict[str, bytes | str]) -> Path:
    """An archive as another tool writes it; a text is a symbolic link's target."""
    content = images.tar({**files, "manifest.json": json.dumps(listed).encode()})
    path.write_bytes(content)
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    image = images.image(layers=[images.layer(), images.layer({"b": b"2"}, "none")])

    assert docker_archive.write(tmp_path / "d.tar", [image], names=["app:1", "r.test/app"])
    first, second = docker_archive.read(tmp_path / "d.tar")

    assert (name_of(first), name_of(second)) == ("app:1", "r.test/app:latest")
    assert first.content == second.content
    assert [content_of(one) for one in first.blobs] == [content_of(one) for one in image.blobs]
    assert [one.descriptor.media_type for one in first.blobs] == [
        DOCKER["config"],
        DOCKER["layer+gzip"],
        DOCKER["layer"],
    ]
    assert validate(tmp_path / "d.tar") == ()


def test_it_can_be_read_as_an_image_of_oci(tmp_path: Path) -> None:
    image = images.image()
    docker_archive.write(tmp_path / "d.tar", [image])

    (found,) = docker_archive.read(tmp_path / "d.tar", vocabulary="oci")

    assert found.content == image.content


def test_its_form_is_dockers(tmp_path: Path) -> None:
    image = images.image()
    docker_archive.write(tmp_path / "d.tar", [image], names=["app:1"])

    config, layer = (one.descriptor.digest.encoded for one in image.blobs)
    assert listed_in(tmp_path / "d.tar") == [
        {"Config": f"{config}.json", "RepoTags": ["app:1"], "Layers": [f"{layer}.tar.gz"]}
    ]
    assert names_in(tmp_path / "d.tar") == sorted(
        [f"{config}.json", f"{layer}.tar.gz", "manifest.json"]
    )


def test_nothing_is_touched_where_all_is_there(tmp_path: Path) -> None:
    docker_archive.write(tmp_path / "d.tar", [images.image()], names=["app:1"])
    before = state_of(tmp_path / "d.tar")

    assert not docker_archive.write(tmp_path / "d.tar", [images.image()], names=["app:1"])
    assert state_of(tmp_path / "d.tar") == before


def test_a_layer_that_stands_twice_is_written_once(tmp_path: Path) -> None:
    image = images.image(layers=[images.layer(), images.layer()])
    docker_archive.write(tmp_path / "d.tar", [image])

    (found,) = docker_archive.read(tmp_path / "d.tar")

    assert len(names_in(tmp_path / "d.tar")) == 3
    assert len(found.blobs) == 3
    assert validate(tmp_path / "d.tar") == ()


def test_an_image_with_several_names_stands_once_with_all_of_them(tmp_path: Path) -> None:
    layout.write(tmp_path / "l", [images.image()], names=["app:1", "app:2"])

    docker_archive.write(tmp_path / "d.tar", layout.read(tmp_path / "l"))

    assert [one["RepoTags"] for one in listed_in(tmp_path / "d.tar")] == [["app:1", "app:2"]]


def test_two_images_stand_beside_each_other(tmp_path: Path) -> None:
    docker_archive.write(tmp_path / "d.tar", [images.image(), images.image("arm64")])

    found = docker_archive.read(tmp_path / "d.tar")

    assert [config_of(one).architecture for one in found] == ["amd64", "arm64"]
    with pytest.raises(ImageError, match="a name can be given to one image"):
        docker_archive.write(
            tmp_path / "d.tar", [images.image(), images.image("arm64")], names=["app"]
        )


def test_an_index_is_for_one_platform_or_refused(tmp_path: Path) -> None:
    docker_archive.write(tmp_path / "d.tar", [images.index("arm64")], names=["app"])

    with pytest.raises(ImageError, match="for several") as caught:
        docker_archive.write(tmp_path / "d.tar", [images.index("amd64", "arm64")])
    assert caught.value.problems[0].hint == "choose one: --platform"


@pytest.mark.parametrize("name", ["Upper", "app@sha256:" + "0" * 64, "a b", ""])
def test_a_name_that_docker_would_refuse_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="can't be called"):
        docker_archive.write(tmp_path / "d.tar", [images.image()], names=[name])


def test_a_lying_blob_leaves_nothing(tmp_path: Path) -> None:
    image = images.image()
    descriptor = image.blobs[1].descriptor
    lying = images.LyingBlob(descriptor=descriptor, content=bytes(descriptor.size))
    made = Artifact(
        descriptor=image.descriptor, content=image.content, blobs=(image.blobs[0], lying)
    )

    with pytest.raises(ImageError, match="is damaged"):
        docker_archive.write(tmp_path / "d.tar", [made])
    assert list(tmp_path.iterdir()) == []


def test_what_docker_before_version_25_saved_is_read(tmp_path: Path) -> None:
    image = images.image(layers=[images.layer(compression="none")] * 2)
    config, tar = content_of(image.blobs[0]), content_of(image.blobs[1])
    name = f"{digest_of(config).encoded}.json"
    listed = [{"Config": name, "RepoTags": None, "Layers": ["a/layer.tar", "b/layer.tar"]}]
    path = saved(
        tmp_path / "d.tar",
        listed,
        {
            "a/": b"",
            "a/VERSION": b"1.0",
            "a/json": b"{}",
            "a/layer.tar": tar,
            "b/": b"",
            "b/layer.tar": "../a/layer.tar",  # a layer that stands twice is a link the second time
            name: config,
            "repositories": b"{}",
        },
    )

    (found,) = docker_archive.read(path)

    assert name_of(found) is None
    assert [content_of(one) for one in found.blobs] == [config, tar, tar]
    assert [one.descriptor.digest for one in found.blobs[1:]] == list(config_of(found).diff_ids)
    assert validate(path) == ()


def test_what_docker_from_version_25_on_saves_is_read_either_way(tmp_path: Path) -> None:
    image = images.image()
    path = tmp_path / "d.tar"
    archive.write(path, [image], names=["1"])
    config, layer = (f"blobs/sha256/{one.descriptor.digest.encoded}" for one in image.blobs)
    listed = json.dumps([{"Config": config, "RepoTags": ["app:1"], "Layers": [layer]}]).encode()
    with tarfile.open(path, "a") as made:
        info = tarfile.TarInfo("manifest.json")
        info.size = len(listed)
        made.addfile(info, io.BytesIO(listed))

    (by_docker,) = docker_archive.read(path)
    (by_oci,) = archive.read(path)

    assert dict(by_docker.descriptor.annotations) == {REF_NAME: "app:1"}
    assert by_docker.blobs[1].descriptor.digest == by_oci.blobs[1].descriptor.digest


def test_a_compressed_layer_of_another_tool_is_hashed(tmp_path: Path) -> None:
    tar = images.tar(images.FILES)
    packed = gzip.compress(tar)
    image = images.image(layers=[images.packed_layer(tar)])
    listed = [{"Config": "c.json", "RepoTags": ["app:1"], "Layers": ["./x/layer.tar"]}]
    path = saved(
        tmp_path / "d.tar",
        listed,
        {"c.json": content_of(image.blobs[0]), "x/layer.tar": packed},
    )

    (found,) = docker_archive.read(path)

    assert content_of(found.blobs[1]) == packed
    assert found.blobs[1].descriptor.media_type == DOCKER["layer+gzip"]
    assert validate(path) == ()


def test_a_layer_that_is_not_what_its_name_says_is_not_read(tmp_path: Path) -> None:
    image = images.image()
    docker_archive.write(tmp_path / "d.tar", [image])
    content = bytearray((tmp_path / "d.tar").read_bytes())
    content[content.index(b"hello\n")] ^= 1
    (tmp_path / "d.tar").write_bytes(content)

    (found,) = docker_archive.read(tmp_path / "d.tar")

    with pytest.raises(ImageError, match="is damaged"):
        content_of(found.blobs[1])
    assert validate(tmp_path / "d.tar") != ()


CONFIG = content_of(images.image().blobs[0])


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        ({}, "is no list of JSON objects"),
        ([1], "is no list of JSON objects"),
        ([{"RepoTags": []}], r"\[0\]\.Config is missing"),
        ([{"Config": "none.json", "Layers": []}], "has no none.json"),
        ([{"Config": "../../etc/passwd", "Layers": []}], "has no ../../etc/passwd"),
        ([{"Config": "c.json", "Layers": []}], "has 1 diff IDs for 0 layers"),
        ([{"Config": "c.json", "Layers": ["x"]}], "has no x, which manifest.json names"),
        ([{"Config": "c.json", "Layers": [1]}], r"\[0\]\.Layers is not a list of texts"),
        ([{"Config": "c.json", "RepoTags": "x", "Layers": ["l"]}], "RepoTags is not a list"),
    ],
)
def test_a_damaged_archive_is_refused(listed: object, message: str, tmp_path: Path) -> None:
    path = saved(tmp_path / "d.tar", listed, {"c.json": CONFIG, "l": b"x" * 600})

    with pytest.raises(ImageError, match=message):
        docker_archive.read(path)
    assert validate(path) != ()


def test_an_archive_of_something_else_is_named(tmp_path: Path) -> None:
    (tmp_path / "old.tar").write_bytes(images.tar({"repositories": b"{}"}))
    (tmp_path / "other.tar").write_bytes(images.tar({"x": b"1"}))

    with pytest.raises(ImageError, match="is no docker archive") as caught:
        docker_archive.read(tmp_path / "old.tar")
    assert "before version 1.10" in str(caught.value.problems[0].hint)
    with pytest.raises(ImageError, match=r"it has no manifest\.json"):
        docker_archive.read(tmp_path / "other.tar")


def test_what_is_no_layer_is_not_written(tmp_path: Path) -> None:
    config = images.image().blobs[0]
    artifact = Artifact(
        descriptor=images.image().descriptor,
        content=b"",
        blobs=(config, images.UntouchedBlob(descriptor=config.descriptor)),
    )

    with pytest.raises(ImageError, match=OCI["config"].replace("+", r"\+")):
        docker_archive.write(tmp_path / "d.tar", [artifact])
