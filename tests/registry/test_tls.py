"""Registries behind TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lading.errors import RegistryError
from lading.http import HttpSettings
from lading.registry import pull, push
from registry.certificates import server_side
from registry.full_registry import Fault, running_registry
from registry.images import digests, image, layer, names, noise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from registry.full_registry import FullRegistry


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FullRegistry, Path]]:
    """A registry behind TLS, and the certificate that it shows."""
    context, certificate = server_side(tmp_path_factory.mktemp("tls"))
    with running_registry(context) as running:
        yield running, certificate


def trusting(certificate: Path) -> HttpSettings:
    return HttpSettings(ca_bundle=str(certificate), timeout=5, backoff=0, longest_wait=1)


def test_a_private_ca_is_trusted_when_it_is_named(secured: tuple[FullRegistry, Path]) -> None:
    registry, certificate = secured
    made = image(layer(400_000, 1))
    push(made, names(registry, "app:1"), http=trusting(certificate))
    found = pull(names(registry, "app:1")[0], platform=None, http=trusting(certificate))
    with found.blobs[1].open() as file:
        assert file.read() == noise(400_000, 1)
    with pytest.raises(RegistryError, match="TLS: self-signed certificate"):
        push(made, names(registry, "app:1"), http=HttpSettings(timeout=5, backoff=0, retries=0))


def test_a_line_that_breaks_under_tls_is_gone_on_with(secured: tuple[FullRegistry, Path]) -> None:
    registry, certificate = secured
    made = image(layer(3_000_000, 2))
    registry.fails("PUT", "uploads", Fault(receive=1_000_000))
    push(made, names(registry, "broken:1"), http=trusting(certificate), jobs=1)
    assert registry.holds("broken") == digests(made)
    found = pull(names(registry, "broken:1")[0], platform=None, http=trusting(certificate))
    registry.fails("GET", "/blobs/", Fault(send=1_000_000))
    with found.blobs[1].open() as file:
        assert file.read() == noise(3_000_000, 2)


def test_an_upload_never_leaves_tls(secured: tuple[FullRegistry, Path]) -> None:
    registry, certificate = secured
    registry.location = f"http://{registry.host}"  # as behind a proxy that ends TLS
    push(image(layer(10, 3)), names(registry, "proxied:1"), http=trusting(certificate))
    assert registry.manifest("proxied", "1")
    with running_registry() as plain:
        registry.location = plain.url
        with pytest.raises(RegistryError, match="sends uploads to a host without TLS"):
            push(image(layer(10, 4)), names(registry, "away:1"), http=trusting(certificate))
        assert not plain.log
    registry.location = ""


def test_a_download_never_leaves_tls(secured: tuple[FullRegistry, Path]) -> None:
    registry, certificate = secured
    push(image(layer(10, 5)), names(registry, "cdn:1"), http=trusting(certificate))
    found = pull(names(registry, "cdn:1")[0], platform=None, http=trusting(certificate))
    with running_registry() as plain:
        registry.redirect = plain.url
        with (
            pytest.raises(RegistryError, match="redirects from https to http"),
            found.blobs[1].open() as file,
        ):
            file.read()
        registry.redirect = None
        assert not plain.log
