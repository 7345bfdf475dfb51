from __future__ import annotations

import ssl
import time
from typing import TYPE_CHECKING

import pytest

from lading.grammar.invalid import Invalid
from lading.grammar.reference import ImageReference
from lading.http import HttpClient, HttpError, HttpSettings, is_loopback, redacted_url
from lading.platforms import Platform
from lading.registry import resolve_base
from registry.certificates import self_signed
from registry.fake_registry import Reply, serving

if TYPE_CHECKING:
    from pathlib import Path

    from registry.fake_registry import FakeRegistry


def proxied(no_proxy: str) -> HttpSettings:
    return HttpSettings.from_environment(
        {"HTTPS_PROXY": "http://u:hunter2@proxy.test:3128", "no_proxy": no_proxy}
    )


@pytest.mark.parametrize(
    ("no_proxy", "host", "direct"),
    [
        ("", "a.test", False),
        ("*", "a.test", True),
        ("a.test", "a.test", True),
        ("a.test", "b.a.test", True),
        ("a.test", "ba.test", False),
        (".a.test", "b.a.test", True),
        (".a.test", "a.test", False),
        ("x, *.a.test", "b.a.test", True),
        ("a.test:5000", "a.test:5000", True),
        ("a.test:5000", "a.test", False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/8", "a.test", False),
        ("", "localhost:5000", True),
        ("", "127.3.2.1", True),
        ("", "[::1]:5000", True),
    ],
)
def test_no_proxy_names_what_is_reached_directly(no_proxy: str, host: str, direct: bool) -> None:  # noqa: FBT001
    proxy = proxied(no_proxy).proxy_for(f"https://{host}/v2/")
    assert (proxy is None) == direct


def test_settings_come_from_the_environment_and_hide_the_proxys_password() -> None:
    settings = HttpSettings.from_environment(
        {"REQUESTS_CA_BUNDLE": "/b.pem", "SSL_CERT_FILE": "/a.pem", "http_proxy": "u:hunter2@p:1"}
    )
    assert settings.ca_bundle == "/a.pem"
    assert settings.proxies == (("http", "http://u:hunter2@p:1"),)
    assert "hunter2" not in repr(settings)
    assert hash(settings)
    assert HttpSettings.from_environment({}) == HttpSettings()


@pytest.mark.parametrize(
    "proxy",
    [
        "http://[",
        "http://",
        "http://u:hunter2@",
        "http://p:port",
        "http://p:99999",
        "p:0",
        "[",
        "//",
    ],
)
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "HTTP_PROXY", "https_proxy"])
def test_a_proxy_that_is_no_address_is_named_and_not_shown(name: str, proxy: str) -> None:
    with pytest.raises(Invalid) as error:
        HttpSettings.from_environment({name: proxy})
    assert error.value.message == f"{name.upper()} is no address of a proxy"
    assert error.value.hint == "write it as http://proxy.example:3128, or unset it"


def test_a_plain_request_goes_through_the_proxy_with_its_login() -> None:
    with serving(lambda _: Reply(body=b"from the proxy")) as proxy:
        settings = HttpSettings(proxies=(("http", f"http://u:p%20w@{proxy.host}"),))
        with HttpClient(settings) as client:
            answer = client.read("http://far.test/x", limit=100)
    assert answer.body == b"from the proxy"
    assert proxy.seen[0].path == "http://far.test/x"
    assert proxy.seen[0].headers["proxy-authorization"] == "Basic dTpwIHc="


def test_a_proxy_of_another_kind_is_refused() -> None:
    settings = HttpSettings(proxies=(("http", "socks5://p:1"),))
    with HttpClient(settings) as client, pytest.raises(HttpError, match="socks5"):
        client.read("http://far.test/", limit=1)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_bundle_that_can_not_be_read_is_named(content: str | None, tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    if content is not None:
        bundle.write_text(content)
    with (
        HttpClient(HttpSettings(ca_bundle=str(bundle))) as client,
        pytest.raises(HttpError, match=r"ca\.pem can't be read"),
    ):
        client.read("https://far.test/", limit=1)


def test_a_private_ca_is_trusted_when_it_is_named_and_only_then(tmp_path: Path) -> None:
    key, certificate = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with serving(lambda _: Reply(body=b"private"), context) as server:
        url = f"https://{server.host}/"
        with HttpClient(HttpSettings(ca_bundle=str(certificate))) as client:
            assert client.read(url, limit=9).body == b"private"
        with HttpClient(HttpSettings()) as client, pytest.raises(HttpError) as error:
            client.read(url, limit=9)
    assert error.value.reason.startswith("TLS: self-signed certificate")
    assert "--ca-bundle" in (error.value.hint or "")


def test_a_redirect_from_tls_to_plain_http_is_refused(tmp_path: Path) -> None:
    key, certificate = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    away = Reply(302, {"Location": "http://127.0.0.1:1/"})
    with (
        serving(lambda _: away, context) as server,
        HttpClient(HttpSettings(ca_bundle=str(certificate))) as client,
        pytest.raises(HttpError, match="from https to http"),
    ):
        client.read(f"https://{server.host}/", limit=9)


@pytest.mark.parametrize("location", ["http://[x/", "file:///etc/hostname", "http://h:port/"])
def test_a_redirect_to_no_web_address_is_refused(location: str) -> None:
    away = Reply(302, {"Location": location})
    with (
        serving(lambda _: away) as server,
        HttpClient(HttpSettings()) as client,
        pytest.raises(HttpError, match="not a web address"),
    ):
        client.read(f"{server.url}/", limit=9)


def test_what_was_sent_is_not_sent_to_another_host() -> None:
    away = Reply(307, {"Location": "http://localhost:1/"})
    with (
        serving(lambda _: away) as server,
        HttpClient(HttpSettings()) as client,
        pytest.raises(HttpError, match="to another host"),
    ):
        client.read(f"{server.url}/", method="POST", body=b"secret", limit=9)


def test_a_server_that_says_nothing_runs_into_the_time_limit() -> None:
    def sleepy(_: object) -> Reply:
        time.sleep(0.6)
        return Reply()

    settings = HttpSettings(timeout=0.1, retries=0)
    with (
        serving(sleepy) as server,
        HttpClient(settings) as client,
        pytest.raises(HttpError, match=r"no answer within 0\.1 s"),
    ):
        client.read(f"{server.url}/", limit=9)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://u:p@h.test:1/a?t=s#f", "https://h.test:1/a?..."),
        ("https://token@h.test/", "https://h.test/"),
        ("https://u:p@ss@h.test/", "https://h.test/"),
        ("file:///a/b", "file:///a/b"),
        ("https://[u:p@h/", "(a URL that can't be read)"),
    ],
)
def test_a_url_is_shown_without_what_is_secret(url: str, shown: str) -> None:
    assert redacted_url(url) == shown


@pytest.mark.parametrize("host", ["127.0.0.1.evil.test", "localhost.test", "128.0.0.1", ""])
def test_loopback_is_decided_by_the_whole_name(host: str) -> None:
    assert not is_loopback(host)


def test_a_registry_on_loopback_may_speak_tls(contents: FakeRegistry, tmp_path: Path) -> None:
    key, certificate = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    image = contents.add_image("app", "1", "linux/amd64")
    with serving(contents.route, context) as server:
        base = resolve_base(
            ImageReference.parse(f"{server.host}/app:1"),
            Platform.parse("linux/amd64"),
            http=HttpSettings(ca_bundle=str(certificate)),
        )
    assert str(base.digest) == image["digest"]
