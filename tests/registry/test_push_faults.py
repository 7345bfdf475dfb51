"""Registries and lines that fail in the middle of a push."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lading.errors import RegistryError
from lading.registry import push, uploads
from registry.fake_registry import Reply, serving
from registry.full_registry import Fault, running_registry
from registry.images import OneWay, digests, image, index, layer, login, names

if TYPE_CHECKING:
    from pathlib import Path

    from lading.http import HttpSettings
    from lading.oci.blobs import BytesBlob
    from registry.full_registry import FullRegistry

LARGE = 3_000_000


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> BytesBlob:
    """A content of a few parts."""
    monkeypatch.setattr(uploads, "CHUNK", 1 << 20)
    return layer(LARGE, 8)


@pytest.fixture(params=["whole", "parts"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """In one request, or in parts."""
    monkeypatch.setattr(uploads, "LARGEST_WHOLE", LARGE if request.param == "whole" else 1 << 20)
    return str(request.param)


def sent(full: FullRegistry) -> int:
    every = (*full.requests("PUT", "uploads"), *full.requests("PATCH"))
    return sum(one.received for one in every)


def test_a_dropped_upload_goes_on_where_it_broke(
    full: FullRegistry, http: HttpSettings, large: BytesBlob, way: str
) -> None:
    made = image(large)
    full.fails("PUT" if way == "whole" else "PATCH", "uploads", Fault(receive=700_000))
    push(made, names(full, "app:1"), http=http, jobs=1)
    assert full.holds("app") == digests(made)
    assert sent(full) == sum(blob.descriptor.size for blob in made.blobs)
    assert full.requests("GET", "uploads/u")
    assert full.requests("PATCH")[-1 if way == "parts" else 0].headers["content-range"]


def test_a_content_that_can_not_seek_goes_on_as_well(
    full: FullRegistry, http: HttpSettings, large: BytesBlob, way: str
) -> None:
    stream = OneWay(large.descriptor, large.content)
    full.fails("PUT" if way == "whole" else "PATCH", "uploads", Fault(receive=700_000))
    push(image(stream), names(full, "app:1"), http=http, jobs=1)
    assert full.blobs["app", str(large.descriptor.digest)] == large.content
    assert sent(full) == LARGE + image(stream).blobs[0].descriptor.size


def test_it_may_break_more_often_than_it_may_fail(
    full: FullRegistry, http: HttpSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = layer(12 << 20, 1)
    monkeypatch.setattr(uploads, "LARGEST_WHOLE", 1)
    full.fails("PATCH", "uploads", Fault(receive=(1 << 20) + 10), times=9)
    push(image(blob), names(full, "app:1"), http=replace(http, retries=1), jobs=1)
    assert full.blobs["app", str(blob.descriptor.digest)] == blob.content


def test_an_upload_that_never_gets_on_ends(
    full: FullRegistry, http: HttpSettings, large: BytesBlob, way: str
) -> None:
    full.fails("PUT", "uploads", Fault(receive=0), times=99)
    full.fails("PATCH", "uploads", Fault(receive=0), times=99)
    with pytest.raises(RegistryError, match="the connection broke off"):
        push(image(large), names(full, "app:1"), http=http, jobs=1)
    assert way
    assert len(full.log) < 50


def test_a_forgotten_upload_begins_again(
    full: FullRegistry, http: HttpSettings, large: BytesBlob, way: str
) -> None:
    method = "PUT" if way == "whole" else "PATCH"
    full.fails(method, "uploads", Fault(forget=True))
    push(image(large), names(full, "app:1"), http=http, jobs=1)
    assert full.blobs["app", str(large.descriptor.digest)] == large.content


def test_an_upload_that_is_forgotten_after_a_break_begins_again(
    full: FullRegistry, http: HttpSettings, large: BytesBlob, way: str
) -> None:
    full.fails("PUT" if way == "whole" else "PATCH", "uploads", Fault(receive=70_000))
    full.fails("GET", "uploads", Fault(forget=True))
    push(image(large), names(full, "app:1"), http=http, jobs=1)
    assert full.blobs["app", str(large.descriptor.digest)] == large.content


def test_an_upload_whose_answer_was_lost_is_found(
    full: FullRegistry, http: HttpSettings, large: BytesBlob, way: str
) -> None:
    full.fails("PUT", "uploads", Fault(late=True))
    made = image(large)
    push(made, names(full, "app:1"), http=http, jobs=1)
    assert way
    assert sent(full) == sum(blob.descriptor.size for blob in made.blobs)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("HEAD", "manifests"),
        ("HEAD", "blobs"),
        ("POST", "uploads"),
        ("PUT", "uploads"),
        ("PATCH", "uploads"),
        ("PUT", "manifests"),
    ],
)
def test_a_busy_registry_is_asked_again(
    method: str,
    path: str,
    status: int,
    full: FullRegistry,
    http: HttpSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if method == "PATCH":
        monkeypatch.setattr(uploads, "LARGEST_WHOLE", 1)
    made = image()
    full.fails(method, path, Fault(status=status, headers={"Retry-After": "0"}), times=3)
    push(made, names(full, "app:1"), http=http)
    assert full.manifest("app", "1") == made.content


def test_a_pause_is_as_long_as_the_registry_asks_and_as_the_user_allows(
    full: FullRegistry, http: HttpSettings
) -> None:
    full.fails("POST", "uploads", Fault(status=429, headers={"Retry-After": "3600"}))
    began = time.monotonic()
    push(image(), names(full, "app:1"), http=replace(http, longest_wait=0.5), jobs=1)
    assert 0.5 <= time.monotonic() - began < 60


def test_a_registry_that_stays_busy_is_said_to_limit(
    full: FullRegistry, http: HttpSettings
) -> None:
    full.fails("POST", "uploads", Fault(status=429, code="TOOMANYREQUESTS"), times=99)
    with pytest.raises(RegistryError, match="limits requests") as error:
        push(image(), names(full, "app:1"), http=http)
    assert "TOOMANYREQUESTS" in str(error.value)
    assert len(full.requests("POST")) <= 4 * (http.retries + 1)


@pytest.mark.parametrize(
    ("status", "code", "message", "hint"),
    [
        (401, "UNAUTHORIZED", "refuses access to", "docker login"),
        (403, "DENIED", "refuses access to", "right to push"),
        (404, "NAME_UNKNOWN", "has no repository", "make the repository"),
        (413, "SIZE_INVALID", "has no room", "quota"),
        (507, "UNKNOWN", "has no room", "quota"),
        (418, "TEAPOT", "failed for", "try again"),
    ],
)
def test_a_refusal_says_what_to_do(
    status: int, code: str, message: str, hint: str, full: FullRegistry, http: HttpSettings
) -> None:
    full.fails("POST", "uploads", Fault(status=status, code=code), times=99)
    with pytest.raises(RegistryError, match=message) as error:
        push(image(), names(full, "team/app:1"), http=http)
    assert hint in str(error.value)
    assert f"{full.host}/team/app" in str(error.value)
    assert code in str(error.value)
    assert "hunter2" not in str(error.value)


def test_a_stalled_registry_is_given_up(full: FullRegistry, http: HttpSettings) -> None:
    full.fails("PUT", "uploads", Fault(stall=20), times=99)
    began = time.monotonic()
    with pytest.raises(RegistryError, match="can't reach registry"):
        push(image(), names(full, "app:1"), http=replace(http, timeout=0.3, retries=1))
    assert time.monotonic() - began < 15


def test_a_stall_that_passes_is_waited_out(full: FullRegistry, http: HttpSettings) -> None:
    full.fails("PUT", "uploads", Fault(stall=3))
    push(image(), names(full, "app:1"), http=replace(http, timeout=2))
    assert full.manifest("app", "1")


WRONG = f"sha256:{'0' * 64}"


@pytest.mark.parametrize("path", ["uploads", "manifests"])
def test_a_registry_that_stores_something_else_is_not_believed(
    path: str, full: FullRegistry, http: HttpSettings
) -> None:
    full.fails("PUT", path, Fault(headers={"Docker-Content-Digest": WRONG}))
    with pytest.raises(RegistryError, match=f"says that it has {WRONG}"):
        push(image(), names(full, "app:1"), http=http)


def test_a_content_that_arrives_changed_is_sent_once_more(
    full: FullRegistry, http: HttpSettings
) -> None:
    full.fails("PUT", "uploads", Fault(status=400, code="DIGEST_INVALID"))
    push(image(), names(full, "app:1"), http=http)
    full.fails("PUT", "uploads", Fault(status=400, code="DIGEST_INVALID"), times=99)
    with pytest.raises(RegistryError, match="arrived changed"):
        push(image(layer(99, 99)), names(full, "app:2"), http=http)


def test_a_registry_that_says_another_size_gets_the_content(
    full: FullRegistry, http: HttpSettings
) -> None:
    made = image()
    for blob in made.blobs:
        full.fails("HEAD", str(blob.descriptor.digest), Fault(status=200, headers={}))
    push(made, names(full, "app:1"), http=http)
    assert len(full.requests("PUT", "manifests")) == 1
    assert full.holds("app") == digests(made)


def test_a_registry_that_lost_what_it_said_it_had_gets_it_again(
    full: FullRegistry, http: HttpSettings
) -> None:
    made = image()
    for blob in made.blobs:
        size = str(blob.descriptor.size)
        lie = Fault(status=200, headers={"Content-Length": size})
        full.fails("HEAD", str(blob.descriptor.digest), lie)
    push(made, names(full, "app:1"), http=http)
    assert full.holds("app") == digests(made)


def test_the_first_failure_ends_the_rest_and_no_name_is_made(
    full: FullRegistry, http: HttpSettings
) -> None:
    layers = [layer(5000, seed) for seed in range(12)]
    full.fails("POST", "uploads", Fault(status=403, code="DENIED"))
    with pytest.raises(RegistryError, match="refuses access"):
        push(image(*layers), names(full, "app:1"), http=http, jobs=2)
    assert not full.manifests
    assert len(full.requests("POST")) < 6
    push(image(*layers), names(full, "app:1"), http=http)
    assert full.manifest("app", "1")


def test_an_image_of_an_index_that_fails_leaves_no_index(
    full: FullRegistry, http: HttpSettings
) -> None:
    both = index(image(), image(layer(1, 1), architecture="arm64"))
    broken = str(both.children[1].descriptor.digest)
    full.fails("PUT", broken, Fault(status=400, code="MANIFEST_INVALID"), times=9)
    with pytest.raises(RegistryError, match="does not take the OCI manifest"):
        push(both, names(full, "app:1"), http=http)
    assert ("app", "1") not in full.manifests


@pytest.mark.parametrize("absolute", [False, True])
def test_the_address_of_an_upload_may_be_of_either_kind(
    absolute: bool,  # noqa: FBT001
    full: FullRegistry,
    http: HttpSettings,
) -> None:
    full.location = full.url if absolute else ""
    push(image(), names(full, "app:1"), http=http)
    assert full.manifest("app", "1")


@pytest.mark.parametrize("location", ["ftp://far.example.test/x", "http://[", "http://u:p@h.test/"])
def test_an_address_that_is_none_is_refused(
    location: str, full: FullRegistry, http: HttpSettings
) -> None:
    full.fails("POST", "uploads", Fault(headers={"Location": location}))
    with pytest.raises(RegistryError, match="location that is no web address"):
        push(image(), names(full, "app:1"), http=http)


def test_uploads_to_another_host_carry_no_login(
    full: FullRegistry, http: HttpSettings, tmp_path: Path
) -> None:
    with running_registry() as storage:
        full.location = storage.url
        storage.uploads = full.uploads
        storage.blobs = full.blobs
        full.basic = "ada:hunter2"
        push(image(), names(full, "app:1"), http=http, credentials=login(tmp_path, full))
    assert storage.requests("PUT", "uploads")
    assert all("authorization" not in one.headers for one in storage.log)
    assert full.manifest("app", "1")


def test_what_is_sent_is_not_redirected_to_another_host(
    full: FullRegistry, http: HttpSettings
) -> None:
    with serving(lambda _: Reply(201)) as other:
        away = Fault(status=307, headers={"Location": f"{other.url}/x"})
        full.fails("PUT", "uploads", away, times=9)
        with pytest.raises(RegistryError, match="redirects what was sent to another host"):
            push(image(), names(full, "app:1"), http=http)
    assert not other.seen


def test_a_proxy_that_limits_requests_gets_smaller_ones(
    full: FullRegistry, http: HttpSettings
) -> None:
    large = layer(5 << 20, 3)
    full.largest = (1 << 20) + 5
    push(image(large), names(full, "app:1"), http=http)
    assert full.blobs["app", str(large.descriptor.digest)] == large.content
    full.largest = 1000
    with pytest.raises(RegistryError, match="has no room"):
        push(image(layer(5 << 20, 4)), names(full, "app:2"), http=http)


def test_a_registry_that_takes_no_parts_gets_it_whole(
    full: FullRegistry, http: HttpSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "LARGEST_WHOLE", 1)
    full.fails("PATCH", "uploads", Fault(status=416, code="RANGE_INVALID"), times=99)
    push(image(layer(5000, 3)), names(full, "app:1"), http=http)
    assert full.manifest("app", "1")


def test_a_registry_without_parts_gets_it_anew_after_a_break(
    full: FullRegistry, http: HttpSettings
) -> None:
    large = layer(LARGE, 3)
    full.chunks = False
    full.fails("PUT", "uploads", Fault(receive=2_000_000), times=2)
    push(image(large), names(full, "app:1"), http=http, jobs=1)
    assert full.blobs["app", str(large.descriptor.digest)] == large.content
