"""What refers to an image, in registries that keep track of it and in those that don't."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lading.errors import RegistryError
from lading.grammar.reference import Digest
from lading.oci.media_types import OCI
from lading.registry import push, referrers
from registry.full_registry import Fault
from registry.images import described, image, layer, names

if TYPE_CHECKING:
    from lading.http import HttpSettings
    from lading.oci.blobs import Artifact
    from registry.full_registry import FullRegistry


def signature(of: Artifact, seed: int = 5) -> Artifact:
    return image(
        layer(50, seed),
        subject=described(of.descriptor),
        artifactType="application/vnd.example.signature",
        annotations={"by": f"ada {seed}"},
    )


def fallback(of: Artifact) -> str:
    return str(of.descriptor.digest).replace(":", "-")


@pytest.mark.parametrize("api", [True, False])
def test_a_signature_is_found_by_what_it_signs(
    api: bool,  # noqa: FBT001
    full: FullRegistry,
    http: HttpSettings,
) -> None:
    full.referrers = api
    made = image()
    push(made, names(full, "app:1"), http=http)
    assert referrers(names(full, "app")[0], made.descriptor.digest, http=http) == ()
    for seed in (5, 6):
        signed = signature(made, seed)
        push(signed, names(full, f"app@{signed.descriptor.digest}"), http=http)
    found = referrers(names(full, "app")[0], made.descriptor.digest, http=http)
    assert {one.descriptor.digest for one in found} == {
        signature(made, seed).descriptor.digest for seed in (5, 6)
    }
    assert {one.artifact_type for one in found} == {"application/vnd.example.signature"}
    assert {one.descriptor.annotations for one in found} == {(("by", "ada 5"),), (("by", "ada 6"),)}
    assert (("app", fallback(made)) in full.manifests) != api


def test_the_list_of_a_registry_without_the_api_keeps_what_is_in_it(
    full: FullRegistry, http: HttpSettings
) -> None:
    full.referrers = False
    made = image()
    other = {**described(layer().descriptor), "mediaType": OCI["manifest"], "artifactType": "x/y"}
    kept = {"schemaVersion": 2, "mediaType": OCI["index"], "manifests": [other]}
    full.add_manifest("app", fallback(made), kept, OCI["index"])
    push(made, names(full, "app:1"), http=http)
    signed = signature(made)
    full.manifests["app", str(layer().descriptor.digest)] = (OCI["manifest"], b"{}")
    push(signed, names(full, "app:sig"), http=http)
    push(signed, names(full, "app:again"), http=http)
    listed = json.loads(full.manifest("app", fallback(made)))["manifests"]
    assert [one["digest"] for one in listed] == [
        other["digest"],
        str(signed.descriptor.digest),
    ]


def test_an_image_that_refers_to_nothing_makes_no_list(
    full: FullRegistry, http: HttpSettings
) -> None:
    full.referrers = False
    push(image(), names(full, "app:1"), http=http)
    assert len(full.requests("PUT", "manifests")) == 1


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault(status=403, code="DENIED"), "refuses access"),
        (Fault(body=b"["), "can't be read|is not"),
        (Fault(body=b'{"manifests": [{"digest": "x"}]}'), "list of referrers"),
    ],
)
def test_a_list_that_can_not_be_read_is_said(
    fault: Fault, message: str, full: FullRegistry, http: HttpSettings
) -> None:
    full.fails("GET", "referrers", fault)
    zeros = Digest(algorithm="sha256", encoded="0" * 64)
    with pytest.raises(RegistryError, match=message):
        referrers(names(full, "app")[0], zeros, http=http)
