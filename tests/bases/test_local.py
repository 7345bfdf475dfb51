from __future__ import annotations

import io
import json
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bases import made
from lading.bases import find_base, full, interpreter, read_local
from lading.bases.base import base_of
from lading.errors import ImageError
from lading.grammar.base import LocalImage, parse_base
from lading.grammar.python_version import PythonVersion
from lading.http import HttpSettings
from lading.lock.model import LockedBase
from lading.oci import archive, docker_archive, layout
from lading.oci.blobs import BytesBlob, digest_of
from lading.oci.making import image_of, index_of
from lading.platforms import Platform
from lading.registry import Credentials
from oci import images

if TYPE_CHECKING:
    from pathlib import Path

    from lading.oci.blobs import Artifact
    from lading.store import Store

PYTHON = {"usr/bin/python3.11": b"\x7fELF\x003.11.2\0"}
ATTESTATION = (("vnd.docker.reference.type", "attestation-manifest"),)


def local(name: str) -> LocalImage:
    found = parse_base(name)
    assert isinstance(found, LocalImage)
    return found


def refused(name: str, project: Path, platform: Platform = made.AMD64) -> str:
    with pytest.raises(ImageError) as caught:
        read_local(local(name), project).image(platform)
    (problem,) = caught.value.problems
    assert str(project) not in str(problem)
    return f"{problem.message} | {problem.hint}"


def image(architecture: str = "amd64", compression: str = "gzip") -> Artifact:
    found = images.packed_layer(made.tar(PYTHON), compression)
    return images.image(architecture, [found], env=("PATH=/usr/bin",))


def with_attestation(artifact: Artifact) -> Artifact:
    """What BuildKit pushes: the image, and beside it what it was made from."""
    attested = images.image("amd64", [images.layer({"in-toto": b"{}"})])
    unknown = replace(
        attested, descriptor=replace(attested.descriptor, platform=None, annotations=ATTESTATION)
    )
    index = index_of([artifact])
    document = json.loads(index.content)
    document["manifests"].append(
        {
            "mediaType": unknown.descriptor.media_type,
            "digest": str(unknown.descriptor.digest),
            "size": unknown.descriptor.size,
            "platform": {"os": "unknown", "architecture": "unknown"},
            "annotations": dict(ATTESTATION),
        }
    )
    blob = BytesBlob.of(json.dumps(document).encode(), index.descriptor.media_type)
    return replace(
        index,
        descriptor=blob.descriptor,
        content=blob.content,
        children=(*index.children, unknown),
    )


@pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
@pytest.mark.parametrize("kind", ["oci", "oci-archive", "docker-archive"])
def test_every_kind_of_local_base_is_read_whatever_its_compression(
    project: Path, store: Store, kind: str, compression: str
) -> None:
    artifact = image(compression=compression)
    path = project / "images" / "base"
    path.parent.mkdir()
    {"oci": layout, "oci-archive": archive, "docker-archive": docker_archive}[kind].write(
        path, [artifact]
    )
    name = f"{kind}:images/base"
    there = read_local(local(name), project)
    found = made.opened(made.locked(name, there.image(made.AMD64), project), project, store)
    assert found.name == name
    assert found.config.execution.env == ("PATH=/usr/bin",)
    assert [one.diff_id for one in found.layers] == [digest_of(made.tar(PYTHON))]
    one = interpreter(found, PythonVersion.parse("3.11.2"), store)
    assert one is not None
    assert one.path == "/usr/bin/python3.11"
    assert full(found, store).layers == found.layers


def test_a_multi_member_gzip_layer_is_read_to_its_end(project: Path, store: Store) -> None:
    content = made.tar(PYTHON)
    parts = (content[:300], content[300:700], content[700:])
    blob = BytesBlob.of(
        b"".join(map(images.gzipped, parts)), "application/vnd.oci.image.layer.v1.tar+gzip"
    )
    found = replace(images.packed_layer(content), blob=blob)
    layout.write(project / "base", [images.image(layers=[found])])
    artifact = read_local(local("oci:base"), project).image(made.AMD64)
    base = made.opened(made.locked("oci:base", artifact, project), project, store)
    assert interpreter(base, PythonVersion.parse("3.11"), store, installable=True) is None
    assert full(base, store) == base


def test_the_image_for_the_platform_is_taken(project: Path, store: Store) -> None:
    both = index_of([image("amd64"), image("arm64")])
    layout.write(project / "base", [index_of([image("386")]), both])
    for platform in (made.AMD64, made.ARM64):
        there = read_local(local("oci:base"), project)
        artifact = there.image(platform)
        base = made.opened(made.locked("oci:base", artifact, project), project, store, platform)
        assert base.config.platform == platform
        assert base.digest == there.digest
    assert refused("oci:base", project, Platform.parse("linux/s390x")) == (
        "oci:base has no image for linux/s390x | it has linux/386, linux/amd64, linux/arm64: "
        "lock and build it for no other (--platform)"
    )


def test_one_image_alone_has_its_own_digest(project: Path) -> None:
    layout.write(project / "base", [image()])
    assert read_local(local("oci:base"), project).digest == image().descriptor.digest


def test_attestations_and_indexes_in_indexes_are_seen_through(project: Path) -> None:
    outer = index_of([replace(with_attestation(image()), blobs=image().blobs)])
    nested = replace(
        outer,
        children=(with_attestation(image()),),
    )
    document = json.loads(outer.content)
    document["manifests"][0].pop("platform", None)
    blob = BytesBlob.of(json.dumps(document).encode(), outer.descriptor.media_type)
    nested = replace(nested, descriptor=blob.descriptor, content=blob.content)
    layout.write(project / "base", [nested])
    found = read_local(local("oci:base"), project).image(made.AMD64)
    assert found.descriptor.digest == image().descriptor.digest
    assert refused("oci:base", project, made.ARM64).endswith(
        "it has linux/amd64: lock and build it for no other (--platform)"
    )


def test_several_images_for_one_platform_are_ambiguous(project: Path) -> None:
    other = images.image("amd64")
    named = [
        replace(
            one,
            descriptor=replace(
                one.descriptor, annotations=(("org.opencontainers.image.ref.name", name),)
            ),
        )
        for one, name in ((image(), "app:1"), (other, "app:2"))
    ]
    layout.write(project / "base", named)
    assert refused("oci:base", project) == (
        "oci:base has 2 images for linux/amd64: app:1, app:2 | "
        "save the one that is meant to a file or folder of its own"
    )


def test_one_image_under_two_names_is_one(project: Path) -> None:
    docker_archive.write(project / "base.tar", [image()], names=["app:1", "app:2"])
    there = read_local(local("docker-archive:base.tar"), project)
    assert len(there.artifacts) == 2
    assert there.image(made.AMD64).descriptor.digest == there.digest


def test_what_is_not_there_or_of_another_kind_is_said(project: Path, tmp_path: Path) -> None:
    layout.write(project / "base", [image()])
    archive.write(project / "base.tar", [image()])
    (project / "empty").mkdir()
    (project / "text").write_text("no image")
    (project / "cut.tar").write_bytes((project / "base.tar").read_bytes()[:700])
    layout.write(tmp_path / "elsewhere", [image()])
    (project / "away").symlink_to(tmp_path / "elsewhere")
    assert refused("oci:bse", project) == (
        'base image oci:bse is not in the project | did you mean "oci:base"?'
    )
    assert refused("oci:no/such", project) == "base image oci:no/such is not in the project | None"
    assert "is a file, and oci is a folder" in refused("oci:base.tar", project)
    assert "is a folder, and oci-archive is a file" in refused("oci-archive:base", project)
    assert "base image oci:empty is no image layout" in refused("oci:empty", project)
    assert refused("docker-archive:base.tar", project).startswith(
        "base image docker-archive:base.tar is no docker archive"
    )
    assert refused("oci-archive:text", project).startswith("base image oci-archive:text")
    assert refused("docker-archive:cut.tar", project).startswith("base image docker-archive:cut")
    assert "leaves the project" in refused("oci:away", project)


def test_a_base_that_has_changed_since_it_was_locked_is_refused(
    project: Path, store: Store
) -> None:
    layout.write(project / "base", [image()])
    locked = made.locked("oci:base", image(), project)
    layout.write(project / "base", [images.image("amd64")])
    with pytest.raises(ImageError) as caught:
        made.opened(locked, project, store)
    (problem,) = caught.value.problems
    assert problem.message.startswith("oci:base has changed: sha256:")
    assert problem.hint == "run `lading lock` again"


def test_scratch_has_nothing_and_asks_nobody(project: Path, store: Store) -> None:
    base = find_base(
        LockedBase(reference="scratch"),
        made.ARM64,
        project=project,
        store=store,
        http=HttpSettings(),
        credentials=Credentials(),
    )
    assert (base.layers, base.artifact, base.digest, base.manifest) == ((), None, None, None)
    assert base.config.platform == made.ARM64
    assert full(base, store) is base


def test_a_configuration_that_lies_about_a_layer_is_refused(project: Path, store: Store) -> None:
    honest = images.layer()
    lying = replace(honest, diff_id=digest_of(b"something else"))
    layout.write(project / "base", [image_of(images.config(), [lying])])
    artifact = read_local(local("oci:base"), project).image(made.AMD64)
    base = made.opened(made.locked("oci:base", artifact, project), project, store)
    for _ in range(2):
        with pytest.raises(ImageError) as caught:
            full(base, store)
        assert "holds other files than the configuration says" in caught.value.problems[0].message


def test_a_configuration_with_another_number_of_layers_is_refused() -> None:
    artifact = images.image()
    with pytest.raises(ImageError, match="has 0 layers, and its configuration knows 1"):
        base_of(
            "base",
            replace(artifact, blobs=artifact.blobs[:1]),
            made.AMD64,
            digest=artifact.descriptor.digest,
        )


def test_a_layer_that_was_changed_is_refused_and_nothing_is_kept_of_it(
    project: Path, store: Store
) -> None:
    layout.write(project / "base", [image()])
    locked = made.locked("oci:base", image(), project)
    base = made.opened(locked, project, store)
    (path,) = (project / "base").rglob(image().blobs[1].descriptor.digest.encoded)
    whole = path.read_bytes()
    path.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
    python = PythonVersion.parse("3.11")
    with pytest.raises(ImageError, match="damaged"):
        interpreter(base, python, store)
    path.write_bytes(whole)
    assert interpreter(base, python, store) is not None


def test_a_foreign_layer_is_refused(project: Path, store: Store) -> None:
    blob = BytesBlob.of(b"", "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")
    found = replace(images.layer(), blob=blob)
    layout.write(project / "base", [image_of(images.config(), [found])])
    artifact = read_local(local("oci:base"), project).image(made.AMD64)
    locked = made.locked("oci:base", artifact, project)
    with pytest.raises(ImageError, match="may not be distributed"):
        made.opened(locked, project, store)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a/../../x", tarfile.REGTYPE), ("x" * (1 << 21), tarfile.REGTYPE)],
)
def test_a_hostile_layer_is_refused(project: Path, store: Store, name: str, kind: bytes) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as made_tar:
        info = tarfile.TarInfo(name)
        info.type = kind
        made_tar.addfile(info)
    found = images.packed_layer(out.getvalue())
    layout.write(project / "base", [images.image(layers=[found])])
    artifact = read_local(local("oci:base"), project).image(made.AMD64)
    base = made.opened(made.locked("oci:base", artifact, project), project, store)
    with pytest.raises(ImageError, match="layer's archive can't be used"):
        interpreter(base, PythonVersion.parse("3.11"), store)
