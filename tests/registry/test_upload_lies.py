"""Registries that are wrong about an upload."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lading.errors import RegistryError
from lading.registry import push, uploads
from registry.full_registry import Fault
from registry.images import image, layer, names

if TYPE_CHECKING:
    from lading.http import HttpSettings
    from registry.full_registry import FullRegistry

LARGE = layer(300_000, 8)


@pytest.fixture(autouse=True)
def _parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "CHUNK", 1 << 17)
    monkeypatch.setattr(uploads, "LARGEST_WHOLE", 1 << 16)


@pytest.mark.parametrize("said", ["0-9999999", "0-10", "0-0", "nonsense", "bytes=0-131071"])
def test_a_wrong_account_of_a_part_is_survived(
    said: str, full: FullRegistry, http: HttpSettings
) -> None:
    full.fails("PATCH", "uploads", Fault(headers={"Range": said}))
    push(image(LARGE), names(full, "app:1"), http=http)
    assert full.blobs["app", str(LARGE.descriptor.digest)] == LARGE.content


@pytest.mark.parametrize(
    "fault",
    [
        Fault(headers={"Range": "0-9999999"}),
        Fault(headers={"Range": "0-10"}),
        Fault(status=405),
        Fault(status=500),
        Fault(status=503, headers={"Retry-After": "0"}),
    ],
)
@pytest.mark.parametrize("times", [1, 6])
def test_a_wrong_account_of_the_whole_is_survived(
    fault: Fault, times: int, full: FullRegistry, http: HttpSettings
) -> None:
    full.fails("PATCH", "uploads", Fault(receive=70_000))
    full.fails("GET", "uploads", fault, times=times)
    push(image(LARGE), names(full, "app:1"), http=http, jobs=1)
    assert full.blobs["app", str(LARGE.descriptor.digest)] == LARGE.content


def test_a_registry_that_always_loses_uploads_is_said_to(
    full: FullRegistry, http: HttpSettings
) -> None:
    full.fails("PATCH", "uploads", Fault(forget=True), times=99)
    full.fails("PUT", "uploads", Fault(forget=True), times=99)
    with pytest.raises(RegistryError, match="loses what is sent to") as error:
        push(image(LARGE), names(full, "app:1"), http=http)
    assert "share their storage" in str(error.value)


def test_an_upload_that_begins_nowhere_is_refused(full: FullRegistry, http: HttpSettings) -> None:
    full.fails("POST", "uploads", Fault(status=202))
    with pytest.raises(RegistryError, match="begins an upload nowhere"):
        push(image(LARGE), names(full, "app:1"), http=http)


def test_a_registry_may_want_larger_parts(full: FullRegistry, http: HttpSettings) -> None:
    full.fails("POST", "uploads", Fault(headers={"OCI-Chunk-Min-Length": "200000"}), times=9)
    push(image(LARGE), names(full, "app:1"), http=http)
    assert [one.received for one in full.requests("PATCH")] == [200_000, 100_000]


def test_a_range_that_the_registry_refuses_once_is_found_out(
    full: FullRegistry, http: HttpSettings
) -> None:
    full.fails("PATCH", r"state=131072", Fault(status=416, code="RANGE_INVALID"))
    push(image(LARGE), names(full, "app:1"), http=http)
    assert sum(one.received for one in full.requests("PATCH") if one.status == 202) == 300_000
