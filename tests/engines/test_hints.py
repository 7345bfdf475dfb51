from __future__ import annotations

from pathlib import Path

import pytest

from lading.engines.hints import hint_for

UNTRUSTED = [
    "  Caused by: invalid peer certificate: UnknownIssuer",
    "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed",
    "Err:1 https://apt.example.test  Certificate verification failed: not trusted",
    "fatal: unable to access 'https://git.example.test/': server certificate verification failed.",
    "curl: (60) SSL certificate problem: unable to get local issuer certificate",
    "Error: self-signed certificate in certificate chain",
]


@pytest.mark.parametrize("line", UNTRUSTED)
def test_an_untrusted_certificate_asks_for_the_ca_bundle(line: str) -> None:
    hint = hint_for(1, ["before", line, "after"], ca_bundle=None)
    assert hint is not None
    assert "--ca-bundle" in hint
    assert "SSL_CERT_FILE" in hint


@pytest.mark.parametrize("line", UNTRUSTED)
def test_a_bundle_that_was_given_is_named(line: str) -> None:
    hint = hint_for(1, [line], ca_bundle=Path("/etc/company.pem"))
    assert hint is not None
    assert "/etc/company.pem" in hint


def test_what_the_engine_itself_distrusts_is_for_the_engines_settings() -> None:
    line = "Get https://registry.example.test/v2/: x509: certificate signed by unknown authority"
    hint = hint_for(125, [line], ca_bundle=None)
    assert hint is not None
    assert "engine" in hint
    assert "--ca-bundle" not in hint


def test_a_killed_engine_may_have_lacked_memory() -> None:
    assert hint_for(137, [], ca_bundle=None) == hint_for(-9, [], ca_bundle=None)
    assert "memory" in str(hint_for(137, [], ca_bundle=None))


def test_a_package_that_was_replaced_has_to_be_locked_again() -> None:
    line = "#8 2.1 E: Version '7.88.1-10+deb12u5' for 'curl' was not found"
    hint = hint_for(1, [line], ca_bundle=None)
    assert hint is not None
    assert "lading lock --upgrade" in hint
    assert "snapshot=" in hint


def test_any_other_failure_needs_no_hint() -> None:
    assert hint_for(1, ["error: exit code 3", "wrote certificate.pem"], ca_bundle=None) is None


@pytest.mark.parametrize(
    "line",
    [
        "ERROR: failed to resolve source metadata for localhost/lading-base:3a8: not there",
        'failed to do request: Head "http://localhost/v2/lading-base/manifests/3a8": dial tcp',
        "#3 ERROR: localhost/lading-base:3a8: not found",
        "initializing source docker://localhost/lading-base:3a8: pinging: connection refused",
    ],
)
def test_a_builder_that_sees_no_base_is_not_the_daemons_own(line: str) -> None:
    hint = hint_for(1, ["#3 [internal] load metadata", line], ca_bundle=None)
    assert hint is not None
    assert "docker buildx use default" in hint


def test_a_base_that_was_found_is_not_what_failed() -> None:
    lines = [
        "#3 [internal] load metadata for localhost/lading-base:3a8",
        "#4 [stage-0 1/6] FROM localhost/lading-base:3a8",
        "#5 ERROR: executor failed running [/bin/sh -c make]: exit code: 2",
    ]
    assert hint_for(1, lines, ca_bundle=None) is None
