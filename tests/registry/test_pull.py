"""What a pull fetches, and what happens to what is fetched later."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lading.errors import RegistryError
from lading.grammar.reference import ImageReference
from lading.oci.blobs import BytesBlob, Place
from lading.platforms import Platform
from lading.registry import known, pull, pulling, push
from registry.fake_registry import Reply, serving
from registry.full_registry import Fault
from registry.images import DOCKER, OCI, described, image, index, layer, login, names, noise

if TYPE_CHECKING:
    from pathlib import Path

    from lading.http import HttpSettings
    from lading.oci.blobs import Artifact, Blob
    from registry.fake_registry import Seen
    from registry.full_registry import FullRegistry

AMD64 = Platform.parse("linux/amd64")
ARM64 = Platform.parse("linux/arm64")
SIZE = 3_000_000


def content_of(blob: Blob) -> bytes:
    with blob.open() as file:
        return file.read()


def pushed(full: FullRegistry, http: HttpSettings, *layers: Blob) -> Artifact:
    """An image that is in the registry, pulled from there; the log begins after it."""
    push(image(*layers), names(full, "app:1"), http=http)
    found = pull(names(full, "app:1")[0], platform=None, http=http)
    full.log.clear()
    return found


@pytest.mark.parametrize("words", [OCI, DOCKER])
def test_an_index_comes_whole_and_without_any_layer(
    words: dict[str, str], full: FullRegistry, http: HttpSettings
) -> None:
    both = index(
        image(words=words), image(layer(9, 9), architecture="arm64", words=words), words=words
    )
    push(both, names(full, "app:1"), http=http)
    full.log.clear()
    found = pull(names(full, "app:1")[0], platform=None, http=http)
    assert found.content == both.content
    assert [one.content for one in found.children] == [one.content for one in both.children]
    assert [str(one.descriptor.platform) for one in found.children] == [
        "linux/amd64",
        "linux/arm64",
    ]
    assert not full.requests("GET", "/blobs/")
    place = Place(domain=full.host, path="app")
    assert {blob.place for one in found.manifests() for blob in one.blobs} == {place}


@pytest.mark.parametrize("is_index", [True, False])
def test_the_image_for_a_platform_comes_with_its_configuration(
    is_index: bool,  # noqa: FBT001
    full: FullRegistry,
    http: HttpSettings,
) -> None:
    arm64 = image(layer(9, 9), architecture="arm64")
    push(index(image(), arm64) if is_index else arm64, names(full, "app:1"), http=http)
    full.log.clear()
    found = pull(names(full, "app:1")[0], platform=ARM64, http=http)
    assert found.content == arm64.content
    assert found.descriptor.platform == ARM64
    config, *layers = found.blobs
    (asked,) = full.requests("GET", "/blobs/")
    assert str(config.descriptor.digest) in asked.path
    assert content_of(config) == content_of(arm64.blobs[0])
    assert config.place == Place(domain=full.host, path="app")
    assert len(full.requests("GET", "/blobs/")) == 1
    assert [content_of(one) for one in layers] == [noise(9, 9)]


def test_an_image_for_another_platform_is_refused(full: FullRegistry, http: HttpSettings) -> None:
    push(image(), names(full, "app:1"), http=http)
    with pytest.raises(RegistryError, match="is an image for linux/amd64, not for linux/arm64"):
        pull(names(full, "app:1")[0], platform=ARM64, http=http)
    push(index(image()), names(full, "app:2"), http=http)
    with pytest.raises(RegistryError, match="has no image for linux/arm64"):
        pull(names(full, "app:2")[0], platform=ARM64, http=http)


def test_a_manifest_at_hand_needs_no_request(full: FullRegistry, http: HttpSettings) -> None:
    large = layer(5000, 4)
    made = image(large)
    push(made, names(full, "app:1"), http=http)
    full.log.clear()
    found = known(
        names(full, "app:1")[0],
        made.content,
        OCI["manifest"],
        http=http,
        config=content_of(made.blobs[0]),
    )
    assert content_of(found.blobs[0]) == content_of(made.blobs[0])
    assert not full.log
    assert content_of(found.blobs[1]) == large.content
    with pytest.raises(RegistryError, match="does not fit its manifest"):
        known(names(full, "app")[0], made.content, OCI["manifest"], http=http, config=b"{}")


def test_what_is_in_no_registry_is_said(full: FullRegistry, http: HttpSettings) -> None:
    with pytest.raises(RegistryError, match="has no tag 'latest'"):
        pull(names(full, "app")[0], platform=None, http=http)
    push(image(), names(full, "app:latest"), http=http)
    with pytest.raises(RegistryError) as error:
        pull(names(full, "app:lates")[0], platform=None, http=http)
    assert "the nearest are latest" in str(error.value)


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("breaks", [(1,), (700_000,), (1_500_000, 5), (2_999_999, 0, 0)])
def test_a_download_that_breaks_goes_on_where_it_broke(
    breaks: tuple[int, ...],
    ranges: bool,  # noqa: FBT001
    full: FullRegistry,
    http: HttpSettings,
) -> None:
    large = layer(SIZE, 4)
    found = pushed(full, http, large)
    full.ranges = ranges
    for after in breaks:
        full.fails("GET", "/blobs/", Fault(send=after))
    assert content_of(found.blobs[1]) == large.content
    asked = full.requests("GET", "/blobs/")
    assert len(asked) == len(breaks) + 1
    assert "range" not in asked[0].headers
    if breaks != (1,):
        assert asked[-1].headers["range"].startswith("bytes=")
        assert asked[-1].headers["if-range"] == f'"{large.descriptor.digest}"'


def test_a_download_that_never_gets_on_ends(full: FullRegistry, http: HttpSettings) -> None:
    found = pushed(full, http, layer(SIZE, 4))
    full.fails("GET", "/blobs/", Fault(send=70_000))
    full.fails("GET", "/blobs/", Fault(send=0), times=99)
    with pytest.raises(RegistryError, match="the connection broke off"):
        content_of(found.blobs[1])
    assert len(full.log) <= http.retries + 2


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault(body=noise(1000, 5)), "sent something other than sha256:"),
        (Fault(body=noise(999, 4)), "is smaller than the 1000 bytes"),
        (Fault(body=noise(1001, 4)), "is larger than the 1000 bytes"),
        (Fault(announced=900), "is smaller than the 1000 bytes"),
        (Fault(announced=10**12), "is larger than the 1000 bytes"),
        (Fault(status=404, code="BLOB_UNKNOWN"), "has no blob sha256:"),
        (Fault(status=403, code="DENIED"), "refuses access to"),
        (Fault(status=206, headers={"Content-Range": "bytes 5-1000/1000"}), "is smaller than"),
    ],
)
def test_a_registry_that_lies_about_a_content_is_not_believed(
    fault: Fault, message: str, full: FullRegistry, http: HttpSettings
) -> None:
    found = pushed(full, http, layer(1000, 4))
    full.fails("GET", "/blobs/", fault, times=99)
    with pytest.raises(RegistryError, match=message):
        content_of(found.blobs[1])


def test_a_content_without_an_announced_end_is_measured(http: HttpSettings) -> None:
    one = layer(1000, 4)
    made = image(one)
    sent = {"more": noise(1000, 4) + b"x", "less": noise(999, 4)}

    def route(seen: Seen) -> Reply:
        if "/manifests/" in seen.path:
            return Reply(200, {"Content-Type": OCI["manifest"]}, made.content)
        if seen.path == "/v2/":
            return Reply()
        body = sent[seen.path.split("/")[2]]
        parts = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        return Reply(200, {"Transfer-Encoding": "chunked", "Content-Length": ""}, parts)

    with serving(route) as server:
        for path, how in (("more", "larger"), ("less", "smaller")):
            found = pull(ImageReference.parse(f"{server.host}/{path}:1"), platform=None, http=http)
            with pytest.raises(RegistryError, match=f"is {how} than the 1000 bytes"):
                content_of(found.blobs[1])


@pytest.mark.parametrize(
    "fault", [Fault(body=b"{}"), Fault(headers={"Docker-Content-Digest": "x"})]
)
def test_a_manifest_that_is_another_is_refused(
    fault: Fault, full: FullRegistry, http: HttpSettings
) -> None:
    push(index(image()), names(full, "app:1"), http=http)
    full.fails("GET", r"manifests/sha256", fault)
    with pytest.raises(RegistryError, match=r"was due|a digest that is none"):
        pull(names(full, "app:1")[0], platform=AMD64, http=http)


def test_a_redirect_to_another_host_carries_no_login(
    full: FullRegistry, http: HttpSettings, tmp_path: Path
) -> None:
    large = layer(SIZE, 4)
    full.basic, full.bearer = "ada:hunter2", True
    push(image(large), names(full, "app:1"), http=http, credentials=login(tmp_path, full))

    def cdn(seen: Seen) -> Reply:
        start = int(seen.headers.get("range", "bytes=0-")[6:-1])
        shown = {"Content-Range": f"bytes {start}-{SIZE - 1}/{SIZE}"} if start else {}
        if not start:
            return Reply(200, {}, large.content[:1_000_000], announced=SIZE)
        return Reply(206, shown, large.content[start:])

    with serving(cdn) as far:
        full.redirect = far.url
        found = pull(
            names(full, "app:1")[0], platform=None, http=http, credentials=login(tmp_path, full)
        )
        assert content_of(found.blobs[1]) == large.content
        assert len(far.seen) == 2
        assert all("authorization" not in one.headers for one in far.seen)
        assert full.requests("GET", "/blobs/")[0].headers["authorization"].startswith("Bearer ")


def test_a_busy_registry_is_asked_again(full: FullRegistry, http: HttpSettings) -> None:
    found = pushed(full, http, layer(1000, 4))
    busy = Fault(status=503, headers={"Retry-After": "0"})
    full.fails("GET", "/blobs/", busy, times=3)
    assert content_of(found.blobs[1]) == noise(1000, 4)


def test_a_token_that_expires_is_renewed_also_between_parts(
    full: FullRegistry, http: HttpSettings
) -> None:
    full.bearer, full.token_uses = True, 2
    found = pushed(full, http, layer(SIZE, 4))
    full.fails("GET", "/blobs/", Fault(send=1_000_000), times=2)
    assert content_of(found.blobs[1]) == noise(SIZE, 4)


def test_a_stalled_download_is_given_up(full: FullRegistry, http: HttpSettings) -> None:
    push(image(layer(1000, 4)), names(full, "app:1"), http=http)
    hasty = replace(http, timeout=0.3, retries=1)
    found = pull(names(full, "app:1")[0], platform=None, http=hasty)
    full.fails("GET", "/blobs/", Fault(stall=1), times=99)
    with pytest.raises(RegistryError, match="can't reach registry"):
        content_of(found.blobs[1])


def test_a_part_can_be_read_from_the_middle(full: FullRegistry, http: HttpSettings) -> None:
    found = pushed(full, http, layer(SIZE, 4))
    with found.blobs[1].open() as file:
        file.seek(2_000_000)
        assert file.read(10) == noise(SIZE, 4)[2_000_000:2_000_010]
        file.seek(0)
        assert file.read(3) == noise(SIZE, 4)[:3]
    assert full.requests("GET", "/blobs/")[0].headers["range"] == "bytes=2000000-"


def test_a_blob_that_is_only_opened_costs_nothing(full: FullRegistry, http: HttpSettings) -> None:
    found = pushed(full, http)
    with found.blobs[1].open() as file:
        assert isinstance(file, io.BufferedReader)
    assert not full.log


def test_indexes_in_indexes_end(full: FullRegistry, http: HttpSettings) -> None:
    one = index(image())
    for _ in range(6):
        one = index(replace(one, descriptor=replace(one.descriptor, platform="linux/amd64")))
    push(one, names(full, "app:1"), http=http)
    with pytest.raises(RegistryError, match="without an end"):
        pull(names(full, "app:1")[0], platform=None, http=http)


def test_a_manifest_that_is_no_image_is_for_every_platform(
    full: FullRegistry, http: HttpSettings
) -> None:
    empty = BytesBlob.of(b"{}", "application/vnd.oci.empty.v1+json")
    made = image(artifactType="application/vnd.example")
    content = made.content.replace(
        str(made.blobs[0].descriptor.digest).encode(), str(empty.descriptor.digest).encode()
    ).replace(OCI["config"].encode(), empty.descriptor.media_type.encode())
    artifact = replace(
        made,
        content=content,
        descriptor=BytesBlob.of(content, OCI["manifest"]).descriptor,
        blobs=(empty, *made.blobs[1:]),
    )
    push(artifact, names(full, "app:1"), http=http)
    assert pull(names(full, "app:1")[0], platform=ARM64, http=http).content == content


def test_an_index_of_very_many_images_is_refused(
    full: FullRegistry, http: HttpSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "_MOST", 5)
    one = image()
    content = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": OCI["index"],
            "manifests": [described(one.descriptor)] * 6,
        }
    ).encode()
    push(one, names(full, "app:one"), http=http)
    full.add_manifest("app", "many", content, OCI["index"])
    with pytest.raises(RegistryError, match="more than 5 images"):
        pull(names(full, "app:many")[0], platform=None, http=http)


def test_an_empty_layer_goes_and_comes(full: FullRegistry, http: HttpSettings) -> None:
    found = pushed(full, http, layer(0))
    assert content_of(found.blobs[1]) == b""
    assert full.blobs["app", str(layer(0).descriptor.digest)] == b""
