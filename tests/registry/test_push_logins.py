"""Who one is, while a push goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from lading.errors import RegistryError
from lading.grammar.reference import ImageReference
from lading.http import HttpClient, HttpSettings
from lading.registry import Credentials, pull, push
from lading.registry.auth import authorization, parse_challenges
from registry.fake_registry import Reply, serving
from registry.full_registry import Fault
from registry.images import digests, image, layer, login, names
from registry.tunnel import tunnel_to

if TYPE_CHECKING:
    from pathlib import Path

    from registry.full_registry import FullRegistry

PAIR = "ada:hunter2"


def scopes(full: FullRegistry) -> list[list[str]]:
    return [
        parse_qs(urlsplit(one.path).query).get("scope", []) for one in full.requests("GET", "token")
    ]


def test_one_token_serves_a_whole_push(
    full: FullRegistry, http: HttpSettings, tmp_path: Path
) -> None:
    full.basic, full.bearer = PAIR, True
    made = image(*(layer(1000, seed) for seed in range(10)))
    push(made, names(full, "team/app:1"), http=http, credentials=login(tmp_path, full))
    assert full.holds("team/app") == digests(made)
    assert scopes(full) == [["repository:team/app:pull,push"]]


@pytest.mark.parametrize("jobs", [1, 6])
def test_tokens_that_expire_are_renewed(
    jobs: int, full: FullRegistry, http: HttpSettings, tmp_path: Path
) -> None:
    full.basic, full.bearer, full.token_uses = PAIR, True, 9
    made = image(*(layer(1000, seed) for seed in range(10)))
    push(made, names(full, "app:1"), http=http, credentials=login(tmp_path, full), jobs=jobs)
    assert full.holds("app") == digests(made)
    assert 4 <= len(scopes(full)) <= 12


def test_a_mount_asks_for_its_source_in_the_token(full: FullRegistry, http: HttpSettings) -> None:
    full.bearer = True
    push(image(), names(full, "base:1"), http=http)
    base = pull(names(full, "base:1")[0], platform=None, http=http)
    full.log.clear()
    push(image(*base.blobs[1:]), names(full, "app:1"), http=http)
    assert scopes(full)[0] == ["repository:app:pull,push", "repository:base:pull"]
    assert [one.status for one in full.requests("POST", "mount=")] == [201, 201]


def test_a_source_that_may_not_be_read_is_done_without(
    full: FullRegistry, http: HttpSettings
) -> None:
    full.bearer = True
    push(image(), names(full, "base:1"), http=http)
    base = pull(names(full, "base:1")[0], platform=None, http=http)
    with base.blobs[1].open() as file:
        file.read()
    # The token server denies all where one scope is denied; the source itself is still pulled.
    full.denied_scopes = ("repository:base:pull repository", "repository:app:pull,push repository")
    full.log.clear()
    push(image(*base.blobs[1:]), names(full, "app:1"), http=http)
    assert scopes(full)[:2] == [
        ["repository:app:pull,push", "repository:base:pull"],
        ["repository:app:pull,push"],
    ]
    assert full.manifest("app", "1")


def test_an_identity_token_is_traded_for_the_right_to_push(
    full: FullRegistry, http: HttpSettings, tmp_path: Path
) -> None:
    full.basic, full.bearer = "refresh-me", True
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"auths": {full.host: {"identitytoken": "refresh-me"}}}))
    push(image(), names(full, "app:1"), http=http, credentials=Credentials(files=(file,)))
    (traded,) = full.requests("POST", "token")
    assert traded.received
    assert full.manifest("app", "1")


@pytest.mark.parametrize("bearer", [True, False])
def test_a_wrong_login_is_said_and_not_tried_for_ever(
    bearer: bool,  # noqa: FBT001
    full: FullRegistry,
    http: HttpSettings,
    tmp_path: Path,
) -> None:
    full.basic, full.bearer = PAIR, bearer
    with pytest.raises(RegistryError) as error:
        push(
            image(),
            names(full, "app:1"),
            http=http,
            credentials=login(tmp_path, full, "eve:other-secret"),
        )
    assert "docker login" in str(error.value)
    assert "other-secret" not in str(error.value)
    assert len(full.log) <= 5


def test_a_login_that_is_asked_for_in_the_middle_is_given(
    full: FullRegistry, http: HttpSettings, tmp_path: Path
) -> None:
    asked = {"WWW-Authenticate": 'Basic realm="x"'}
    full.fails("PUT", "uploads", Fault(status=401, headers=asked))
    push(image(), names(full, "app:1"), http=http, credentials=login(tmp_path, full), jobs=1)
    assert full.requests("PUT", "manifests")[0].headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("repository:app:pull", "repository:app:pull,push"),
        ("repository:app:pull,push", "repository:app:pull,push"),
        ("", "repository:app:pull,push"),
    ],
)
def test_the_right_to_write_is_asked_for_once(said: str, asked: str, http: HttpSettings) -> None:
    with serving(lambda _: Reply(body=b'{"token": "t"}')) as server, HttpClient(http) as client:
        header = f'Bearer realm="{server.url}/token",scope="{said}"'
        authorization(client, parse_challenges(header), None, ("repository:app:pull,push",))
    assert parse_qs(urlsplit(server.seen[0].path).query)["scope"] == [asked]


@pytest.mark.parametrize("variable", [None, "XDG_CONFIG_HOME"])
def test_podmans_file_below_the_home_is_read(variable: str | None, tmp_path: Path) -> None:
    settings = tmp_path / (".config" if variable is None else "elsewhere")
    file = settings / "containers" / "auth.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"auths": {"h.example.test": {"auth": "YWRhOmh1bnRlcjI="}}}))
    environ = {} if variable is None else {variable: str(settings)}
    found = Credentials.from_environment(environ, tmp_path).find("h.example.test", "team/app")
    assert found.login is not None
    assert (found.login.username, found.login.password) == ("ada", "hunter2")


def test_plain_http_is_for_hosts_that_the_user_names() -> None:
    settings = HttpSettings.from_environment({"LADING_PLAIN_HTTP": "a.test:5000, http://B.test/"})
    assert settings.is_plain("a.test:5000")
    assert settings.is_plain("b.test")
    assert not settings.is_plain("a.test")
    assert not HttpSettings().is_plain("a.test")


def test_a_named_registry_is_asked_without_tls_and_any_other_is_not() -> None:
    """Through a proxy, which sees what is asked of hosts that are nowhere."""
    with serving(lambda _: Reply(200, {"Docker-Content-Digest": "x"})) as proxy:
        schemes = (("http", proxy.url), ("https", proxy.url))
        reference = ImageReference.parse("registry.example.test:5000/app:1")
        plain = HttpSettings(
            timeout=5, retries=0, proxies=schemes, plain_http=("registry.example.test:5000",)
        )
        with pytest.raises(RegistryError):
            push(image(), [reference], http=plain)
        assert proxy.seen[0].path.startswith("http://registry.example.test:5000/v2/app/")
        proxy.seen.clear()
        with pytest.raises(RegistryError, match="can't reach registry"):
            push(image(), [reference], http=HttpSettings(timeout=5, retries=0, proxies=schemes))
    assert not any(one.path.startswith("http://") for one in proxy.seen)


def test_a_registry_without_tls_is_told_the_option() -> None:
    """The proxy lets TLS begin with a server that doesn't speak it."""
    with serving(lambda _: Reply()) as plain, tunnel_to(plain.port) as proxy:
        settings = HttpSettings(timeout=5, retries=0, proxies=(("https", proxy),))
        with pytest.raises(RegistryError) as error:
            push(image(), [ImageReference.parse("r.example.test:5000/app:1")], http=settings)
    assert "--plain-http r.example.test:5000" in str(error.value)
