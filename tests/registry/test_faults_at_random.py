"""Whatever goes wrong in whatever order: a push ends, and the next one makes all good."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lading.errors import RegistryError
from lading.http import HttpSettings
from lading.registry import pull, push, uploads
from registry.full_registry import Fault, running_registry
from registry.images import digests, image, index, layer, names

if TYPE_CHECKING:
    from registry.full_registry import FullRegistry

SEEDS = range(40)
FAST = HttpSettings(timeout=0.5, backoff=0, longest_wait=0.05)
HEALED = replace(FAST, timeout=30)

FAULTS = (
    Fault(status=429, headers={"Retry-After": "1"}),
    Fault(status=500),
    Fault(status=502, late=True),
    Fault(status=503),
    Fault(status=404, code="BLOB_UPLOAD_UNKNOWN"),
    Fault(status=400, code="DIGEST_INVALID"),
    Fault(status=401, headers={"WWW-Authenticate": "Basic"}),
    Fault(status=413),
    Fault(status=416),
    Fault(status=200, headers={"Content-Type": "text/html"}),
    Fault(status=204),
    Fault(status=302, headers={"Location": "/elsewhere"}),
    Fault(receive=0),
    Fault(receive=70_000),
    Fault(send=0),
    Fault(send=10),
    Fault(late=True),
    Fault(forget=True),
    Fault(announced=7),
    Fault(headers={"Range": "0-99999999"}),
    Fault(headers={"Range": "nonsense", "Location": "?x=y"}),
    Fault(headers={"Docker-Content-Digest": "nonsense"}),
    Fault(stall=0.6),
)


def plague(full: FullRegistry, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 8)):
        method = chance.choice(("GET", "HEAD", "POST", "PUT", "PATCH"))
        path = chance.choice(("", "uploads", "blobs", "manifests"))
        full.fails(method, path, chance.choice(FAULTS), times=chance.randint(1, 3))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_push_ends_and_the_next_one_succeeds(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "CHUNK", 1 << 17)
    monkeypatch.setattr(uploads, "LARGEST_WHOLE", 1 << 18)
    chance = random.Random(seed)  # noqa: S311 - the same in every run
    made = index(
        image(layer(300_000, 1), layer(100_000, 2)),
        image(layer(300_000, 1), layer(50, 3), architecture="arm64"),
    )
    with running_registry() as full:
        full.bearer = chance.random() < 0.5
        full.chunks = chance.random() < 0.8
        plague(full, chance)
        try:
            push(made, names(full, "app:1"), http=FAST, jobs=chance.randint(1, 4))
        except RegistryError as error:
            assert "hunter2" not in str(error)  # noqa: PT017 - it need not be raised
        if ("app", "1") in full.manifests:
            assert full.holds("app") == digests(made)
        full.heal()
        push(made, names(full, "app:1"), http=HEALED)
        assert full.holds("app") == digests(made)
        plague(full, chance)
        try:
            found = pull(names(full, "app:1")[0], platform=None, http=FAST)
            for child in found.children:
                for blob in child.blobs:
                    with blob.open() as file:
                        content = file.read()
                    assert content == full.blobs["app", str(blob.descriptor.digest)]
        except RegistryError as error:
            assert "hunter2" not in str(error)  # noqa: PT017 - the same
