from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from bases import made
from lading.bases import Base, find_base, full, interpreter, resolve_folder
from lading.errors import ImageError, LadingError, RegistryError
from lading.grammar.python_version import PythonVersion
from lading.http import HttpSettings
from lading.lock.model import LockedBase
from lading.oci.making import image_of, index_of
from lading.registry import Credentials
from oci import images
from registry.full_registry import Fault, FullRegistry, running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lading.oci.blobs import Artifact
    from lading.store import Store

PYTHON = PythonVersion.parse("3.11")
FILES: dict[str, bytes | str | made.Hard | None] = {
    "usr/bin/python3.11": b"\x7fELF",
    "lib": "usr/lib",
}


@dataclass
class Told:
    """What a progress was told."""

    begun: list[str]
    bytes: int
    outcomes: list[str]

    def begin(self, piece: str, total: int | None) -> None:
        assert total is not None
        self.begun.append(piece)

    def advance(self, piece: str, amount: int) -> None:
        assert piece in self.begun
        self.bytes += amount

    def end(self, piece: str, outcome: str, size: int | None) -> None:
        assert piece.startswith("sha256:")
        assert size is not None
        self.outcomes.append(outcome)


@dataclass
class Shelf:
    """A base in a registry, for two platforms, and a store."""

    registry: FullRegistry
    project: Path
    store: Store
    index: Artifact

    @property
    def reference(self) -> str:
        return f"{self.registry.host}/team/python:3.11"

    def locked(self, number: int = 0) -> LockedBase:
        return LockedBase(
            reference=self.reference,
            digest=str(self.index.descriptor.digest),
            manifest=str(self.index.children[number].descriptor.digest),
        )

    def find(self, locked: LockedBase | None = None, mirror: str | None = None) -> Base:
        return find_base(
            locked or self.locked(),
            made.AMD64,
            project=self.project,
            store=self.store,
            http=HttpSettings(retries=0),
            credentials=Credentials(),
            mirror=mirror,
        )

    def fetched_layers(self) -> list[str]:
        layers = {
            str(blob.descriptor.digest) for one in self.index.children for blob in one.blobs[1:]
        }
        paths = [one.path for one in self.registry.requests("GET", "/blobs/")]
        return [path for path in paths if path.rpartition("/")[2] in layers]


def put(registry: FullRegistry, artifact: Artifact, repository: str, tag: str | None) -> None:
    for one in artifact.manifests():
        for blob in one.blobs:
            with blob.open() as file:
                registry.add_blob(repository, file.read())
        last = tag if one is artifact else None
        registry.add_manifest(repository, last, one.content, one.descriptor.media_type)


@contextmanager
def shelved(
    project: Path, store: Store, env: tuple[str, ...] = ("PATH=/usr/bin",)
) -> Iterator[Shelf]:
    layers = [made.layer(FILES), made.layer({"etc/x": b"x" * 1000})]
    index = index_of(images.image(one, layers, env=env) for one in ("amd64", "arm64"))
    with running_registry() as registry:
        put(registry, index, "team/python", "3.11")
        yield Shelf(registry, project, store, index)


@pytest.fixture
def shelf(project: Path, store: Store) -> Iterator[Shelf]:
    with shelved(project, store) as found:
        yield found


def test_only_documents_are_fetched_and_those_only_once(shelf: Shelf) -> None:
    base = shelf.find()
    assert base.digest == shelf.index.descriptor.digest
    assert base.manifest == shelf.index.children[0].descriptor.digest
    assert base.config.execution.env == ("PATH=/usr/bin",)
    assert [one.blob.descriptor for one in base.layers] == [
        one.descriptor for one in shelf.index.children[0].blobs[1:]
    ]
    place = base.layers[0].blob.place
    assert place is not None
    assert (place.domain, place.path) == (shelf.registry.host, "team/python")
    assert shelf.fetched_layers() == []
    asked = len(shelf.registry.requests("GET", ""))
    again = shelf.find()
    assert len(shelf.registry.requests("GET", "")) == asked
    assert (again.config, again.digest, again.manifest) == (base.config, base.digest, base.manifest)


def test_a_second_build_needs_no_registry(project: Path, store: Store) -> None:
    official = ("PATH=/usr/local/bin:/bin", "PYTHON_VERSION=3.11.9", "PYTHON_SHA256=0")
    with shelved(project, store, env=official) as shelf:
        shelf.find()
        locked = shelf.locked()
    base = shelf.find(locked)
    one = interpreter(base, PYTHON, store)
    assert one is not None
    assert one.path == "/usr/local/bin/python3.11"
    assert resolve_folder(base, "/app", store) == "/app"
    with pytest.raises(RegistryError):
        full(base, store)


def test_another_platform_of_the_index_is_another_base(shelf: Shelf) -> None:
    with pytest.raises(LadingError, match="is an image for linux/arm64, not for linux/amd64"):
        shelf.find(shelf.locked(1))


def test_files_are_read_where_they_must_be_and_layers_are_kept(shelf: Shelf) -> None:
    base = shelf.find()
    one = interpreter(base, PYTHON, shelf.store)
    assert one is not None
    assert one.path == "/usr/bin/python3.11"
    assert len(shelf.fetched_layers()) == 2
    assert resolve_folder(base, "/lib/x", shelf.store) == "/usr/lib/x"
    told = Told([], 0, [])
    whole = full(shelf.find(), shelf.store, progress=told)
    assert told.outcomes == ["reused", "reused"]
    assert len(shelf.fetched_layers()) == 2
    for layer, original in zip(whole.layers, shelf.index.children[0].blobs[1:], strict=True):
        with layer.blob.open() as here, original.open() as there:
            assert here.read() == there.read()
        assert layer.blob.place == base.layers[0].blob.place


def test_a_full_base_tells_how_it_is_fetched(shelf: Shelf) -> None:
    told = Told([], 0, [])
    base = full(shelf.find(), shelf.store, progress=told)
    assert told.outcomes == ["fetched", "fetched"]
    assert told.bytes == sum(layer.blob.descriptor.size for layer in base.layers)
    assert base.artifact is not None
    assert base.artifact.blobs[1:] == tuple(layer.blob for layer in base.layers)


def test_a_layer_that_arrives_damaged_is_not_kept(shelf: Shelf) -> None:
    digest = shelf.index.children[0].blobs[2].descriptor.digest
    size = shelf.index.children[0].blobs[2].descriptor.size
    shelf.registry.fails("GET", f"/blobs/{digest}", Fault(body=b"y" * size), times=9)
    base = shelf.find()
    with pytest.raises(LadingError):
        full(base, shelf.store)
    assert shelf.store.blob(digest) is None


def test_a_configuration_that_lies_about_a_layer_is_refused(shelf: Shelf) -> None:
    lying = replace(made.layer(FILES), diff_id=made.layer({"a": b""}).diff_id)
    artifact = image_of(images.config(), [lying])
    put(shelf.registry, artifact, "team/lies", "1")
    digest = str(artifact.descriptor.digest)
    reference = f"{shelf.registry.host}/team/lies:1"
    base = shelf.find(LockedBase(reference=reference, digest=digest, manifest=digest))
    with pytest.raises(ImageError, match="holds other files than the configuration says"):
        full(base, shelf.store)


def test_a_mirror_is_asked_in_place_of_the_registry(shelf: Shelf) -> None:
    locked = shelf.locked()
    elsewhere = LockedBase(
        reference="example.test/python:3.11", digest=locked.digest, manifest=locked.manifest
    )
    base = shelf.find(elsewhere, mirror=shelf.reference)
    assert base.name == "example.test/python:3.11"
    place = base.layers[0].blob.place
    assert place is not None
    assert place.domain == shelf.registry.host


def test_a_base_without_a_digest_is_asked_for_by_its_tag_each_time(shelf: Shelf) -> None:
    unpinned = LockedBase(reference=shelf.reference)
    base = shelf.find(unpinned)
    assert base.manifest == base.digest == shelf.index.children[0].descriptor.digest
    count = len(shelf.registry.requests("GET", "/manifests/3.11"))
    shelf.find(unpinned)
    assert len(shelf.registry.requests("GET", "/manifests/3.11")) == count + 1


def test_a_kept_document_that_is_damaged_is_asked_for_again(shelf: Shelf) -> None:
    shelf.find()
    manifest = shelf.locked().manifest
    shelf.store.keep(f"base-document-1-{manifest}", b"application/json\n{}")
    assert shelf.find().manifest is not None


def test_a_manifest_that_the_registry_lacks_is_an_error(shelf: Shelf) -> None:
    gone = LockedBase(
        reference=shelf.reference, digest="sha256:" + "0" * 64, manifest="sha256:" + "0" * 64
    )
    with pytest.raises(RegistryError):
        shelf.find(gone)


def test_a_layer_that_is_there_twice_is_fetched_once(shelf: Shelf) -> None:
    same = made.layer({})
    artifact = images.image(layers=[same, made.layer(FILES), same, same])
    put(shelf.registry, artifact, "team/twice", "1")
    digest = str(artifact.descriptor.digest)
    reference = f"{shelf.registry.host}/team/twice:1"
    told = Told([], 0, [])
    base = shelf.find(LockedBase(reference=reference, digest=digest, manifest=digest))
    whole = full(base, shelf.store, progress=told)
    assert len(told.begun) == len(told.outcomes) == 2
    assert [one.diff_id for one in whole.layers] == list(base.config.diff_ids)
    assert len(whole.layers) == 4
