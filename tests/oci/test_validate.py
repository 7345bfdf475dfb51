from __future__ import annotations

import io
import json
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lading.errors import ImageError
from lading.oci import archive, docker_archive, layout, validate
from lading.oci.blobs import Artifact, BytesBlob, content_of, digest_of
from lading.oci.choice import choose_artifact
from lading.oci.config import ImageConfig, encode_config
from lading.oci.documents import encode_manifest, parse_manifest
from lading.oci.graph import blob_path
from lading.oci.making import Layer, config_of, index_of, manifest_of
from lading.oci.media_types import DOCKER, OCI
from lading.platforms import Platform
from oci import images

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def messages(path: Path) -> list[str]:
    return [problem.message for problem in validate(path)]


def written(folder: Path, *artifacts: Artifact) -> list[str]:
    layout.write(folder / "l", artifacts)
    return messages(folder / "l")


def with_manifest(image: Artifact, **changes: Any) -> Artifact:  # noqa: ANN401 - a field's value
    content = encode_manifest(replace(parse_manifest(image.content), **changes))
    made = BytesBlob.of(content, image.descriptor.media_type).descriptor
    return Artifact(
        descriptor=replace(made, platform=image.descriptor.platform),
        content=content,
        blobs=image.blobs,
    )


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
@pytest.mark.parametrize("vocabulary", ["oci", "docker"])
def test_a_good_image_has_no_faults(compression: str, vocabulary: Any, tmp_path: Path) -> None:  # noqa: ANN401
    layers = [images.layer(compression=compression), images.layer({".wh.app": b""}, compression)]
    image = images.image(layers=layers, vocabulary=vocabulary)

    assert written(tmp_path, image) == []
    archive.write(tmp_path / "a.tar", [image])
    assert messages(tmp_path / "a.tar") == []
    if compression != "zstd":
        docker_archive.write(tmp_path / "d.tar", [image])
        assert messages(tmp_path / "d.tar") == []


def test_an_image_without_layers_and_a_layer_without_files_are_good(tmp_path: Path) -> None:
    assert (
        written(tmp_path, images.image(layers=[]), images.image("arm64", [images.layer({})])) == []
    )


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    assert messages(tmp_path / "none") == [
        f"{tmp_path}/none can't be read: No such file or directory"
    ]
    assert messages(tmp_path) == ["the layout has no oci-layout", "the layout has no index.json"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("oci-layout", "{}", "the layout: oci-layout: imageLayoutVersion is missing"),
        ("oci-layout", '{"imageLayoutVersion":"9"}', "unknown version 9"),
        ("index.json", "{", "index.json can't be read: it is not JSON"),
        ("index.json", '{"manifests":[{}]}', "index.json: manifests[0].mediaType is missing"),
        ("index.json", images.image().content.decode(), "index.json is an image manifest"),
    ],
)
def test_a_damaged_document_at_the_top_is_found(
    name: str, content: str, message: str, tmp_path: Path
) -> None:
    written(tmp_path, images.image())
    (tmp_path / "l" / name).write_text(content)

    assert any(message in one for one in messages(tmp_path / "l"))


def edited_index(folder: Path, edit: Callable[[dict[str, Any]], object]) -> list[str]:
    layout.write(folder / "l", [images.image(), images.index("arm64", "s390x")])
    path = folder / "l/index.json"
    document = json.loads(path.read_text())
    edit(document)
    path.write_text(json.dumps(document))
    return messages(folder / "l")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda i: i["manifests"][0].update(size=1), "says 1 bytes for"),
        (lambda i: i["manifests"][0].update(digest=f"sha256:{'0' * 64}"), "which is not there"),
        (lambda i: i["manifests"][0].update(mediaType=OCI["index"]), "can be read in two ways"),
        (lambda i: i["manifests"][0].update(mediaType="text/plain"), "is said to be text/plain"),
        (lambda i: i["manifests"][0]["platform"].update(os="windows"), "said to be for windows"),
        (lambda i: i["manifests"].pop(0), "is referred to by nothing"),
        (lambda i: i.update(mediaType=DOCKER["index"]), "not OCI's index"),
        (
            lambda i: [
                one.update(annotations={"org.opencontainers.image.ref.name": "x"})
                for one in i["manifests"]
            ],
            "calls two images x",
        ),
        (
            lambda i: i["manifests"][0].update(
                annotations={"org.opencontainers.image.ref.name": "a b"}
            ),
            "which is no name",
        ),
    ],
)
def test_an_index_that_says_what_is_not_so_is_found(
    edit: Callable[[dict[str, Any]], object], message: str, tmp_path: Path
) -> None:
    found = edited_index(tmp_path, edit)

    assert any(message in one for one in found), found


def test_every_fault_is_told_and_says_where(tmp_path: Path) -> None:
    index = images.index("amd64", "arm64")
    written(tmp_path, index)
    for child in index.children:
        (tmp_path / "l" / blob_path(child.blobs[0].descriptor)).write_bytes(b"{}")
    (tmp_path / "l/blobs/sha256/other").write_bytes(b"")

    found = messages(tmp_path / "l")

    assert [one.split(" says")[0].split(" is")[0] for one in found] == [
        "index.json: manifests[0]: manifests[0]: config",
        "index.json: manifests[0]: manifests[1]: config",
        "blobs/sha256/other",
    ]


def test_another_diff_id_is_found(tmp_path: Path) -> None:
    layer = images.layer()
    lying = Layer(blob=layer.blob, diff_id=digest_of(b"another"))

    (found,) = written(tmp_path, images.image(layers=[lying]))

    assert found == (
        "index.json: manifests[0]: layers[0] has the diff ID "
        f"{layer.diff_id}, not {digest_of(b'another')}"
    )


def test_layers_in_another_order_are_found(tmp_path: Path) -> None:
    image = images.image(layers=[images.layer(), images.layer({"b": b"2"})])
    layers = parse_manifest(image.content).layers

    found = written(tmp_path, with_manifest(image, layers=layers[::-1]))

    assert len(found) == 2
    assert all("has the diff ID" in one for one in found)


def test_a_layer_too_few_is_found(tmp_path: Path) -> None:
    image = images.image(layers=[images.layer(), images.layer({"b": b"2"})])
    cut = with_manifest(image, layers=parse_manifest(image.content).layers[:1])

    assert written(tmp_path, replace(cut, blobs=cut.blobs[:2])) == [
        "index.json: manifests[0] has 1 layers, and 2 diff IDs",
        "index.json: manifests[0] has 1 layers, and a history of 2",
    ]


def test_a_history_of_other_layers_is_found(tmp_path: Path) -> None:
    image = images.image()
    config = replace(config_of(image), history=(images.config().history[0],) * 2)

    found = written(tmp_path, manifest_of(encode_config(config), image.blobs[1:]))

    assert found == ["index.json: manifests[0] has 1 layers, and a history of 2"]


@pytest.mark.parametrize(
    ("layer", "media_type", "message"),
    [
        ("gzip", OCI["layer"], "is called none, and its content is gzip"),
        ("none", OCI["layer+gzip"], "is called gzip, and its content is none"),
        ("gzip", OCI["layer+zstd"], "is called zstd, and its content is gzip"),
        ("gzip", OCI["config"], "which is no layer"),
        ("gzip", DOCKER["layer+gzip"], "mixes OCI's and Docker's kinds"),
    ],
)
def test_a_layer_that_is_called_what_it_is_not_is_found(
    layer: str, media_type: str, message: str, tmp_path: Path
) -> None:
    image = images.image(layers=[images.layer(compression=layer)])
    (there,) = parse_manifest(image.content).layers
    called = with_manifest(image, layers=(replace(there, media_type=media_type),))

    found = written(tmp_path, called)

    assert any(message in one for one in found), found


def test_an_index_of_the_other_vocabulary_is_found(tmp_path: Path) -> None:
    docker = images.image(vocabulary="docker")
    index = index_of([images.image("arm64"), docker])

    assert any("mixes OCI's and Docker's kinds" in one for one in written(tmp_path, index))


def tar_of(*infos: tuple[str, bytes, str]) -> Layer:
    """A layer of entries, each with a path, a type and a link's target, as they are given."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as made:
        for name, kind, target in infos:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            made.addfile(info)
    return images.packed_layer(out.getvalue())


FILE, FOLDER, LINK, HARD = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([("/etc/passwd", FILE, "")], "has the path /etc/passwd, which is none inside an image"),
        ([("a/../../b", FILE, "")], "has the path a/../../b, which is none inside an image"),
        ([("a", FILE, ""), ("a", FILE, "")], "has the path a twice"),
        ([("a", FOLDER, ""), ("./a", FOLDER, "")], "has the path ./a twice"),
        ([("a/b", FILE, ""), ("a", FOLDER, "")], "has the folder a after what is in it"),
        ([("a/b", FILE, ""), ("a", FILE, "")], "which is no folder, after what is in it"),
        ([("a", LINK, "/etc"), ("a/b", FILE, "")], "has a/b below a, which is no folder there"),
        ([("a", HARD, "../b")], "has the hard link a to ../b, which is not in the image"),
        ([("a/.wh.", FILE, "")], "has the whiteout a/.wh."),
        ([(".wh...", FILE, "")], "has the whiteout .wh..."),
    ],
)
def test_an_entry_that_must_not_be_in_a_layer_is_found(
    entries: list[tuple[str, bytes, str]], message: str, tmp_path: Path
) -> None:
    found = written(tmp_path, images.image(layers=[tar_of(*entries)]))

    assert len(found) == 1
    assert message in found[0]


def test_what_engines_layers_hold_is_no_fault(tmp_path: Path) -> None:
    layer = tar_of(
        ("a", FOLDER, ""),
        ("a/.wh..wh..opq", FILE, ""),
        ("a/.wh.b", FILE, ""),
        ("deep/below/without/its/parents", FILE, ""),
        ("link", LINK, "../../anywhere"),
        ("hard", HARD, "deep/below/without/its/parents"),
        ("pipe", tarfile.FIFOTYPE, ""),
    )

    assert written(tmp_path, images.image(layers=[layer])) == []


def test_a_layer_of_a_thousand_faults_tells_some(tmp_path: Path) -> None:
    layer = tar_of(*((f"/{number}", FILE, "") for number in range(1000)))

    found = written(tmp_path, images.image(layers=[layer]))

    assert len(found) == 21
    assert "more" in found[-1]


@pytest.mark.parametrize(
    "content",
    [b"no tar", b"x" * 4096, images.tar({"a": b"1"})[:700], images.tar({"a": b"1"})[:-13]],
    ids=len,
)
@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_a_layer_that_holds_no_tar_is_found(
    content: bytes, compression: str, tmp_path: Path
) -> None:
    image = images.image(layers=[images.packed_layer(content, compression)])

    assert written(tmp_path, image) != []


def test_a_damaged_compression_is_found(tmp_path: Path) -> None:
    good = images.layer()
    assert isinstance(good.blob, BytesBlob)
    content = good.blob.content[:-1] + bytes([good.blob.content[-1] ^ 1])
    layer = Layer(blob=BytesBlob.of(content, OCI["layer+gzip"]), diff_id=good.diff_id)

    (found,) = written(tmp_path, images.image(layers=[layer]))

    assert "can't be unpacked" in found


@pytest.fixture(scope="module")
def good_layout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good") / "l"
    layers = [images.layer({"a": b"1"}, one) for one in ("none", "gzip")]
    made = index_of([images.image(layers=layers), images.image("arm64")])
    layout.write(folder, [made], names=["tag"])
    return folder


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
@given(data=st.data())
def test_whichever_byte_of_a_blob_is_another_it_is_found(
    good_layout: Path, data: st.DataObject
) -> None:
    blobs = sorted(good_layout.glob("blobs/sha256/*"))
    path = data.draw(st.sampled_from(blobs))
    content = path.read_bytes()
    position = data.draw(st.integers(0, len(content) - 1))
    flipped = bytearray(content)
    flipped[position] ^= data.draw(st.integers(1, 255))
    try:
        path.write_bytes(flipped)
        assert validate(good_layout) != ()
    finally:
        path.write_bytes(content)
    assert validate(good_layout) == ()


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_whatever_is_in_an_archive_nothing_is_raised(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "mutated.tar"
    path.unlink(missing_ok=True)
    docker = data.draw(st.booleans())
    (docker_archive if docker else archive).write(path, [images.image()])
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)

    validate(path)


def test_a_configuration_of_another_kind_is_found(tmp_path: Path) -> None:
    image = images.image()
    config = parse_manifest(image.content).config
    called = with_manifest(image, config=replace(config, media_type="text/plain"))

    assert written(tmp_path, called) == [
        "index.json: manifests[0]: config is text/plain, and the layers are an image's"
    ]


@pytest.mark.parametrize("content", [b"{}", b'{"os":"linux"}', b"nothing"])
def test_a_configuration_that_can_not_be_read_is_found(content: bytes, tmp_path: Path) -> None:
    image = images.image()
    blob = BytesBlob.of(content, OCI["config"])
    made = with_manifest(image, config=blob.descriptor)

    (found,) = written(tmp_path, replace(made, blobs=(blob, *image.blobs[1:])))

    assert found.startswith("index.json: manifests[0]: config")


def test_what_is_no_image_is_checked_as_far_as_it_is_known(tmp_path: Path) -> None:
    empty = BytesBlob.of(b"{}", "application/vnd.oci.empty.v1+json")
    chart = BytesBlob.of(b"chart", "application/vnd.cncf.helm.chart.content.v1.tar+gzip")
    image = images.image()
    manifest = with_manifest(image, config=empty.descriptor, layers=(chart.descriptor,))
    artifact = replace(
        manifest, blobs=(empty, chart), descriptor=replace(manifest.descriptor, platform=None)
    )

    assert written(tmp_path, artifact) == []


def test_attestations_beside_an_image_are_no_fault(tmp_path: Path) -> None:
    statement = BytesBlob.of(b'{"_type":"x"}', "application/vnd.in-toto+json")
    config = encode_config(
        ImageConfig(architecture="unknown", os="unknown", diff_ids=(statement.descriptor.digest,))
    )
    attestation = manifest_of(config, [statement])
    index = index_of([images.image(), attestation])

    assert written(tmp_path, index) == []
    found = layout.read(tmp_path / "l")
    assert str(choose_artifact(found, Platform.parse("linux/amd64"), "l").descriptor.platform) == (
        "linux/amd64"
    )
    with pytest.raises(ImageError, match="no image for linux/arm64") as caught:
        choose_artifact(found, Platform.parse("linux/arm64"), "l")
    assert caught.value.problems[0].hint == "it has linux/amd64"


def test_a_document_that_is_too_large_is_found(tmp_path: Path) -> None:
    large = BytesBlob.of(b" " * (9 << 20), OCI["manifest"])
    artifact = Artifact(descriptor=large.descriptor, content=large.content)

    assert written(tmp_path, artifact) == [
        "index.json: manifests[0] is a document of 9437184 bytes"
    ]


def test_a_missing_layer_and_a_layer_of_another_size_are_found_in_an_archive(
    tmp_path: Path,
) -> None:
    image = images.image()
    config, layer = (blob_path(one.descriptor) for one in image.blobs)
    layout.write(tmp_path / "l", [image])
    files = images.files_of(tmp_path / "l")
    without = {name: content for name, content in files.items() if name != layer}
    (tmp_path / "without.tar").write_bytes(images.tar(without))
    (tmp_path / "longer.tar").write_bytes(images.tar({**files, config: files[config] + b" "}))

    assert "layers[0] refers to" in messages(tmp_path / "without.tar")[0]
    assert "config says" in messages(tmp_path / "longer.tar")[0]
    (found,) = archive.read(tmp_path / "without.tar")
    with pytest.raises(ImageError, match="lacks sha256:"):
        content_of(found.blobs[1])
    with pytest.raises(ImageError, match="bytes, not"):
        archive.read(tmp_path / "longer.tar")


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.XGLTYPE])
def test_a_header_that_would_fill_the_memory_is_found(kind: bytes, tmp_path: Path) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = kind, 1 << 33
    content = info.tobuf(tarfile.GNU_FORMAT) + bytes(4096)
    (tmp_path / "a.tar").write_bytes(content)

    found = written(tmp_path, images.image(layers=[images.packed_layer(content)]))

    (said,) = found
    assert said.endswith(
        "layers[0] holds no valid tar: a header has an extension of 8589934592 bytes"
    )
    assert "is no tar archive" in messages(tmp_path / "a.tar")[0]
