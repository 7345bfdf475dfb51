from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lading.build_inputs import CA_SECRET_ID, proxies_in
from lading.engines import BuildRequest, SecretSource
from lading.engines.request import is_loopback
from lading.grammar.invalid import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_secret_has_one_source() -> None:
    with pytest.raises(Invalid, match="needs one source"):
        SecretSource(id="token")
    with pytest.raises(Invalid, match="needs one source"):
        SecretSource(id="token", file=Path("/t"), variable="TOKEN")


@pytest.mark.parametrize("name", ["", "a,b", "a=b", "-a", "a/b", "a b", "a\nb"])
def test_a_secret_id_can_be_no_option_and_no_field(name: str) -> None:
    with pytest.raises(Invalid):
        SecretSource(id=name, variable="TOKEN")


def test_a_secret_variable_is_a_name() -> None:
    with pytest.raises(Invalid):
        SecretSource(id="token", variable="TOKEN,src=/etc/shadow")


def test_a_relative_context_is_refused() -> None:
    with pytest.raises(Invalid, match="not an absolute path"):
        BuildRequest(context=Path("github.com/a/b"), platform="linux/amd64")


@pytest.mark.parametrize("tag", ["", "--push", "A/b", "a b", "a,b", f"a@sha256:{'0' * 64}"])
def test_a_tag_is_a_reference_without_a_digest(
    request_for: Callable[..., BuildRequest], tag: str
) -> None:
    with pytest.raises(Invalid):
        request_for(tags=(tag,))


def test_a_push_needs_a_tag(request_for: Callable[..., BuildRequest]) -> None:
    with pytest.raises(Invalid, match="without a tag"):
        request_for(push=True)


def test_a_build_argument_has_a_name(request_for: Callable[..., BuildRequest]) -> None:
    with pytest.raises(Invalid):
        request_for(build_args=(("A=B", None),))


def test_the_certificates_are_a_secret_that_no_other_may_replace(
    request_for: Callable[..., BuildRequest],
) -> None:
    request = request_for(ca_bundle=Path("/ca.pem"))
    assert request.all_secrets == (SecretSource(id=CA_SECRET_ID, file=Path("/ca.pem")),)
    mine = (SecretSource(id="ca-bundle", variable="CA"),)
    for bundle in (Path("/ca.pem"), None):
        with pytest.raises(Invalid, match='"ca-bundle" is reserved'):
            request_for(ca_bundle=bundle, secrets=mine)


def test_a_secret_is_given_once(request_for: Callable[..., BuildRequest]) -> None:
    with pytest.raises(Invalid, match="'token' is given 2 times"):
        request_for(secrets=(SecretSource(id="token", variable="A"),) * 2)


def test_proxies_are_those_that_are_set_in_either_case() -> None:
    environment = {"HTTP_PROXY": "http://p.example.test", "no_proxy": "x", "https_proxy": ""}
    assert proxies_in(environment) == ("HTTP_PROXY", "no_proxy")


@pytest.mark.parametrize(
    ("reference", "loopback"),
    [
        ("localhost/a", True),
        ("localhost:5000/a", True),
        ("127.0.0.1:5000/a:1", True),
        ("127.1.2.3/a", True),
        ("[::1]:5000/a", True),
        ("a", False),
        ("localhost.example.test/a", False),
        ("registry.example.test:5000/localhost/a", False),
        ("128.0.0.1/a", False),
    ],
)
def test_loopback_is_this_machine_and_nothing_like_it(reference: str, *, loopback: bool) -> None:
    assert is_loopback(reference) is loopback


@pytest.mark.parametrize(
    "asked",
    [
        {"secrets": (SecretSource(id="token", variable="TOKEN"),)},
        {"ca_bundle": Path("/ca.pem")},
        {"ssh": True},
    ],
)
def test_a_classic_build_takes_nothing_that_needs_a_mount(asked: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="a classic Dockerfile has no way to hand over"):
        BuildRequest(context=Path("/c"), platform="linux/amd64", dialect="classic", **asked)
    BuildRequest(context=Path("/c"), platform="linux/amd64", **asked)


def test_an_engine_is_handed_no_command() -> None:
    secrets = (SecretSource(id="token", command=("pass", "show")),)
    with pytest.raises(Invalid, match="in a file or a variable"):
        BuildRequest(context=Path("/c"), platform="linux/amd64", secrets=secrets)
