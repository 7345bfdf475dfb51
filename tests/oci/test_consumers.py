"""The tools that read and write images: what each has written, the other reads."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from engine_support import Engine
from lading.oci import archive, docker_archive, layout, validate
from lading.oci.making import config_of
from lading.platforms import Platform
from oci import images

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lading.oci.blobs import Artifact

FILES = {"app/": b"", "app/hello.txt": b"hello from the image\n"}


def tiny() -> Artifact:
    return images.image(layers=[images.layer(FILES), images.layer({"b": b"2"}, "none")])


@pytest.fixture
def skopeo() -> Engine:
    return Engine(program="skopeo")


def copied(skopeo: Engine, source: str, target: str, *options: str) -> None:
    skopeo.run("copy", "--insecure-policy", "--quiet", *options, source, target)


@pytest.mark.engine("skopeo")
def test_skopeo_inspects_and_copies_what_we_write(skopeo: Engine, tmp_path: Path) -> None:
    image = tiny()
    layout.write(tmp_path / "l", [image], names=["tag"])
    archive.write(tmp_path / "a.tar", [image], names=["tag"])
    docker_archive.write(tmp_path / "d.tar", [image], names=["app:1"])

    for source in (f"oci:{tmp_path}/l:tag", f"oci-archive:{tmp_path}/a.tar:tag"):
        said = json.loads(skopeo.run("inspect", source))
        assert said["Digest"] == str(image.descriptor.digest)
        assert said["Architecture"] == "amd64"
    for number, source in enumerate(
        (
            f"oci:{tmp_path}/l:tag",
            f"oci-archive:{tmp_path}/a.tar:tag",
            f"docker-archive:{tmp_path}/d.tar:app:1",
        )
    ):
        copied(skopeo, source, f"oci:{tmp_path}/{number}:tag")
        assert validate(tmp_path / str(number)) == ()


@pytest.mark.engine("skopeo")
def test_skopeo_copies_every_platform_of_what_we_write_and_we_read_it(
    skopeo: Engine, tmp_path: Path
) -> None:
    index = images.index("amd64", "arm64")
    layout.write(tmp_path / "l", [index], names=["tag"])

    copied(skopeo, f"oci:{tmp_path}/l:tag", f"oci-archive:{tmp_path}/a.tar:tag", "--all")

    (found,) = archive.read(tmp_path / "a.tar")
    assert [config_of(one).platform for one in found.children] == [
        Platform.parse("linux/amd64"),
        Platform.parse("linux/arm64"),
    ]
    assert validate(tmp_path / "a.tar") == ()


@pytest.mark.engine("skopeo")
def test_what_skopeo_writes_for_docker_is_read(skopeo: Engine, tmp_path: Path) -> None:
    layout.write(tmp_path / "l", [tiny()], names=["tag"])

    copied(skopeo, f"oci:{tmp_path}/l:tag", f"docker-archive:{tmp_path}/d.tar:app:1")

    (found,) = docker_archive.read(tmp_path / "d.tar")
    assert config_of(found) == config_of(tiny())
    assert validate(tmp_path / "d.tar") == ()


@pytest.mark.engine("docker")
def test_docker_loads_what_we_write_and_we_read_what_it_saves(
    docker: Engine, tmp_path: Path
) -> None:
    name, other = docker.tag("loaded"), docker.tag("loaded")
    image = tiny()
    docker_archive.write(tmp_path / "d.tar", [image], names=[name, other])

    docker.run("load", "--quiet", "--input", str(tmp_path / "d.tar"))

    said = docker.inspect(name)
    assert said["Id"] == str(image.blobs[0].descriptor.digest) == docker.inspect(other)["Id"]
    docker.run("save", "--output", str(tmp_path / "saved.tar"), name)
    (found,) = docker_archive.read(tmp_path / "saved.tar")
    assert config_of(found).diff_ids == config_of(image).diff_ids
    assert found.blobs[0].descriptor.digest == image.blobs[0].descriptor.digest
    assert validate(tmp_path / "saved.tar") == ()


@pytest.mark.engine("docker")
def test_docker_loads_an_image_with_one_layer_twice(docker: Engine, tmp_path: Path) -> None:
    name = docker.tag("twice")
    image = images.image(layers=[images.layer(), images.layer({"b": b"2"}), images.layer()])
    docker_archive.write(tmp_path / "d.tar", [image], names=[name])

    docker.run("load", "--quiet", "--input", str(tmp_path / "d.tar"))

    assert len(docker.inspect(name)["RootFS"]["Layers"]) == 3
    docker.run("save", "--output", str(tmp_path / "saved.tar"), name)
    assert validate(tmp_path / "saved.tar") == ()


@pytest.fixture
def loaded(podman: Engine) -> Iterator[list[str]]:
    names: list[str] = []
    yield names
    for name in names:
        podman.attempt("rmi", "--force", name)


@pytest.mark.engine("podman")
@pytest.mark.parametrize("kind", ["layout", "archive", "docker archive"])
def test_podman_loads_what_we_write(
    podman: Engine, loaded: list[str], kind: str, tmp_path: Path
) -> None:
    name = f"localhost/lading-test/{kind.replace(' ', '-')}:{os.getpid()}"
    loaded.append(name)
    image = tiny()
    if kind == "layout":
        layout.write(tmp_path / "l", [image], names=[name])
        podman.run("pull", "--quiet", f"oci:{tmp_path}/l:{name}")
        podman.run("tag", str(image.blobs[0].descriptor.digest.encoded), name)
    else:
        written = archive if kind == "archive" else docker_archive
        written.write(tmp_path / "a.tar", [image], names=[name])
        podman.run("load", "--quiet", "--input", str(tmp_path / "a.tar"))

    assert podman.inspect(name)["Id"] == image.blobs[0].descriptor.digest.encoded


@pytest.mark.engine("buildah")
def test_what_buildah_pushes_is_read(buildah: Engine, tmp_path: Path) -> None:
    (tmp_path / "hello.txt").write_text("hello")
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY hello.txt /\nENV A=1\n")
    tag = buildah.tag("pushed")
    buildah.run("build", "--quiet", "--tag", tag, str(tmp_path))
    plain = ("push", "--quiet", tag)

    buildah.run(*plain, f"oci:{tmp_path}/l:tag")
    buildah.run(*plain, f"oci-archive:{tmp_path}/a.tar:tag")
    buildah.run(*plain, f"docker-archive:{tmp_path}/d.tar:app:1")

    for path, read in (
        ("l", layout.read),
        ("a.tar", archive.read),
        ("d.tar", docker_archive.read),
    ):
        found, *_ = read(tmp_path / path)  # buildah keeps its own name beside the other
        assert "A=1" in config_of(found).execution.env
        assert validate(tmp_path / path) == ()


@pytest.mark.engine("docker")
def test_a_real_base_that_docker_saves_is_read(
    docker: Engine, base_image: str, tmp_path: Path
) -> None:
    docker.run("pull", "--quiet", base_image)
    docker.run("save", "--output", str(tmp_path / "base.tar"), base_image)

    found = docker_archive.read(tmp_path / "base.tar")

    assert [config_of(one).platform for one in found] == [Platform.parse("linux/amd64")]
    assert validate(tmp_path / "base.tar") == ()


@pytest.mark.engine("docker", "podman")
def test_an_image_that_docker_saved_runs_from_a_layout(
    docker: Engine, podman: Engine, loaded: list[str], base_image: str, tmp_path: Path
) -> None:
    docker.run("pull", "--quiet", base_image)
    docker.run("save", "--output", str(tmp_path / "base.tar"), base_image)
    found = docker_archive.read(tmp_path / "base.tar", vocabulary="oci")
    archive.write(tmp_path / "a.tar", found, names=["localhost/lading-test/base:1"])

    podman.run("load", "--quiet", "--input", str(tmp_path / "a.tar"))
    loaded.append("localhost/lading-test/base:1")

    said = podman.output_of("localhost/lading-test/base:1", "python3", "-c", "print(6 * 7)")
    assert said.strip() == "42"
