"""A real registry, and the tools that others use with it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from lading.grammar.reference import ImageReference
from lading.http import HttpSettings
from lading.oci.blobs import BytesBlob
from lading.platforms import Platform
from lading.process import run
from lading.registry import pull, push, referrers, uploads
from registry.cutting import cutting
from registry.images import DOCKER, OCI, described, image, index, layer, noise
from registry.tars import root_of
from registry.told import Told

if TYPE_CHECKING:
    from pathlib import Path

    from engine_support import Engine

AMD64 = Platform.parse("linux/amd64")


def reference(registry: str, name: str) -> ImageReference:
    return ImageReference.parse(f"{registry}/lading-registry-test/{name}")


def skopeo(*words: str) -> str:
    done = run(["skopeo", *words], env=os.environ, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.engine("skopeo")
@pytest.mark.parametrize("words", [OCI, DOCKER])
def test_skopeo_reads_and_copies_what_is_pushed(
    words: dict[str, str], registry: str, tmp_path: Path
) -> None:
    tar, diff_id = root_of({"etc/greeting": b"hello"})
    made = image(BytesBlob.of(tar, words["layer+gzip"]), diff_ids=(diff_id,), words=words)
    both = index(made, words=words)
    name = reference(registry, f"read-{words['manifest'].split('.')[1]}:1")
    push(both, [name], http=HttpSettings())
    raw = skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{name}")
    assert raw.encode().strip() == both.content
    told = json.loads(skopeo("inspect", "--tls-verify=false", f"docker://{name}"))
    assert told["Layers"] == [str(made.blobs[1].descriptor.digest)]
    skopeo("copy", "--all", "--src-tls-verify=false", f"docker://{name}", f"oci:{tmp_path}/out:1")
    assert (tmp_path / "out" / "index.json").exists()


@pytest.mark.engine("docker")
def test_docker_pulls_what_is_pushed(registry: str, docker: Engine) -> None:
    tar, diff_id = root_of({"etc/greeting": b"hello"})
    made = image(BytesBlob.of(tar, OCI["layer+gzip"]), diff_ids=(diff_id,))
    name = reference(registry, "docker:1")
    push(made, [name], http=HttpSettings())
    docker.run("pull", "--quiet", str(name))
    try:
        told: list[dict[str, Any]] = json.loads(docker.run("image", "inspect", str(name)))
        assert told[0]["RootFS"]["Layers"] == [diff_id]
    finally:
        docker.attempt("image", "rm", str(name))


@pytest.mark.engine("docker")
def test_what_docker_pushed_is_pulled_and_pushed_on_by_mounts(
    registry: str, base_image: str
) -> None:
    """The base is docker's own (schema 2), and large: nothing of its layers may move."""
    base = pull(ImageReference.parse(base_image), platform=AMD64, http=HttpSettings())
    assert base.descriptor.media_type == DOCKER["manifest"]
    with base.blobs[0].open() as file:
        assert json.loads(file.read())["os"] == "linux"
    fresh = layer(1000, os.getpid())
    made = image(*base.blobs[1:], fresh)
    told = Told()
    push(
        made, [reference(registry, f"mounted-{os.getpid()}:1")], http=HttpSettings(), progress=told
    )
    layers = {str(blob.descriptor.digest) for blob in base.blobs[1:]}
    assert {told.outcomes[one] for one in layers} == {"mounted"}
    assert not layers & set(told.totals), "nothing of them was sent"


def test_a_large_content_goes_and_comes_in_parts(
    registry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "CHUNK", 6 << 20)
    monkeypatch.setattr(uploads, "LARGEST_WHOLE", 1 << 20)
    large = layer(20_000_001, os.getpid())
    made = image(large)
    name = reference(registry, "large:1")
    assert push(made, [name], http=HttpSettings()) == made.descriptor.digest
    found = pull(name, platform=None, http=HttpSettings())
    assert found.content == made.content
    with found.blobs[1].open() as file:
        assert file.read() == noise(20_000_001, os.getpid())
    with found.blobs[1].open() as file:
        file.seek(20_000_000)
        assert file.read() == noise(20_000_001, os.getpid())[-1:]


def test_an_upload_that_breaks_goes_on_in_a_real_registry(registry: str) -> None:
    """The line is cut by a proxy in the middle of the one large request."""
    large = layer(12_000_000, os.getpid() + 1)
    made = image(large)
    with cutting(registry, after=5_000_000) as host:
        name = ImageReference.parse(f"{host}/lading-registry-test/cut:1")
        push(made, [name], http=HttpSettings(backoff=0.01), jobs=1)
    there = ImageReference.parse(f"{registry}/lading-registry-test/cut:1")
    assert pull(there, platform=None, http=HttpSettings()).content == made.content


def test_a_signature_is_found_though_the_registry_has_no_api(registry: str) -> None:
    made = image(layer(10, os.getpid()))
    push(made, [reference(registry, "signed:1")], http=HttpSettings())
    signed = image(layer(11, os.getpid()), subject=described(made.descriptor))
    push(signed, [reference(registry, f"signed@{signed.descriptor.digest}")], http=HttpSettings())
    found = referrers(reference(registry, "signed"), made.descriptor.digest, http=HttpSettings())
    assert [one.descriptor.digest for one in found] == [signed.descriptor.digest]
