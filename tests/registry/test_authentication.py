from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.errors import RegistryError
from lading.grammar.reference import ImageReference
from lading.mirrors import Mirrors
from lading.platforms import Platform
from lading.registry import Credentials, ResolvedBase, resolve_base
from lading.registry.auth import parse_challenges
from registry.fake_registry import Reply, as_json, basic, serving

if TYPE_CHECKING:
    from pathlib import Path

    from lading.http import HttpSettings
    from registry.fake_registry import FakeRegistry, FakeServer

AMD64 = Platform.parse("linux/amd64")
PAIR = "ada:hunter2"


def ask(server: FakeServer, http: HttpSettings, credentials: Credentials) -> ResolvedBase:
    reference = ImageReference.parse(f"{server.host}/team/app:1")
    return resolve_base(reference, AMD64, http=http, credentials=credentials)


def stored(folder: Path, config: object) -> Credentials:
    """Docker's own file in a home, with that content."""
    (folder / ".docker").mkdir(parents=True, exist_ok=True)
    (folder / ".docker" / "config.json").write_bytes(as_json(config))
    return Credentials.from_environment({}, folder)


def auths(key: str, pair: str = PAIR) -> dict[str, dict[str, object]]:
    return {"auths": {key: {"auth": base64.b64encode(pair.encode()).decode()}}}


@pytest.fixture(autouse=True)
def image(contents: FakeRegistry) -> str:
    return str(contents.add_image("team/app", "1", "linux/amd64")["digest"])


def test_an_anonymous_token_is_fetched_once(
    contents: FakeRegistry, server: FakeServer, http: HttpSettings, image: str
) -> None:
    contents.bearer = "t0ken"
    assert str(ask(server, http, Credentials()).digest) == image
    tokens = [request for request in server.seen if request.path.startswith("/token")]
    assert len(tokens) == 1
    assert "service=fake" in tokens[0].path
    assert "scope=repository%3Ax%3Apull%2Cpush" in tokens[0].path
    assert tokens[0].authorization is None


@pytest.mark.parametrize("suffix", ["", "/v1/", "/team", "/team/app"])
def test_a_stored_login_buys_a_token(
    suffix: str,
    contents: FakeRegistry,
    server: FakeServer,
    http: HttpSettings,
    image: str,
    tmp_path: Path,
) -> None:
    contents.bearer, contents.users = "t0ken", (PAIR,)
    credentials = stored(tmp_path, auths(f"{server.host}{suffix}"))
    assert str(ask(server, http, credentials).digest) == image


def test_an_identity_token_is_traded_in_the_body(
    contents: FakeRegistry, server: FakeServer, http: HttpSettings, image: str, tmp_path: Path
) -> None:
    contents.bearer, contents.users = "t0ken", ("refresh-me",)
    credentials = stored(tmp_path, {"auths": {server.host: {"identitytoken": "refresh-me"}}})
    assert str(ask(server, http, credentials).digest) == image
    (request,) = [request for request in server.seen if request.path.startswith("/token")]
    assert (request.method, request.path) == ("POST", "/token")


def test_basic_authentication_takes_the_stored_login(
    contents: FakeRegistry, server: FakeServer, http: HttpSettings, image: str, tmp_path: Path
) -> None:
    contents.basic = PAIR
    assert str(ask(server, http, stored(tmp_path, auths(server.host))).digest) == image


@pytest.mark.parametrize("variable", ["REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "XDG_RUNTIME_DIR"])
def test_each_place_for_logins_is_read(
    variable: str,
    contents: FakeRegistry,
    server: FakeServer,
    http: HttpSettings,
    image: str,
    tmp_path: Path,
) -> None:
    contents.basic = PAIR
    file = {
        "REGISTRY_AUTH_FILE": tmp_path / "named.json",
        "DOCKER_CONFIG": tmp_path / "d" / "config.json",
        "XDG_RUNTIME_DIR": tmp_path / "x" / "containers" / "auth.json",
    }[variable]
    value = {"REGISTRY_AUTH_FILE": file, "DOCKER_CONFIG": tmp_path / "d"}.get(variable)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(as_json(auths(server.host)))
    environ = {variable: str(value or tmp_path / "x")}
    credentials = Credentials.from_environment(environ, tmp_path / "home")
    assert str(ask(server, http, credentials).digest) == image


def helper(folder: Path, name: str, script: str) -> dict[str, str]:
    """A credential helper that is a real program; gives the environment that finds it."""
    program = folder / f"docker-credential-{name}"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin", "DOCKER_CONFIG": str(folder)}


@pytest.mark.parametrize("how", ["credHelpers", "credsStore"])
def test_a_credential_helper_is_asked_for_the_registry(
    how: str,
    contents: FakeRegistry,
    server: FakeServer,
    http: HttpSettings,
    image: str,
    tmp_path: Path,
) -> None:
    contents.basic = PAIR
    answer = json.dumps({"ServerURL": server.host, "Username": "ada", "Secret": "hunter2"})
    script = f'read -r host; [ "$1 $host" = "get {server.host}" ] && echo \'{answer}\''
    environ = helper(tmp_path, "vault", script)
    config = {how: {server.host: "vault"} if how == "credHelpers" else "vault"}
    (tmp_path / "config.json").write_bytes(as_json(config))
    credentials = Credentials.from_environment(environ, tmp_path)
    assert str(ask(server, http, credentials).digest) == image


@pytest.mark.parametrize(
    ("named", "script", "remark"),
    [
        ("missing", "exit 0", "docker-credential-missing could not be run"),
        (
            "vault",
            "echo hunter2; echo hunter2 >&2; exit 1",
            "docker-credential-vault gave no login",
        ),
        ("vault", "echo hunter2", "answered what can't be read"),
        ("../vault", "exit 0", "is not the name of a credential helper"),
    ],
)
def test_a_helper_that_fails_is_named_when_the_registry_refuses(
    named: str,
    script: str,
    remark: str,
    contents: FakeRegistry,
    server: FakeServer,
    http: HttpSettings,
    tmp_path: Path,
) -> None:
    contents.basic = PAIR
    environ = helper(tmp_path, "vault", script)
    (tmp_path / "config.json").write_bytes(as_json({"credsStore": named}))
    with pytest.raises(RegistryError) as error:
        ask(server, http, Credentials.from_environment(environ, tmp_path))
    assert remark in str(error.value)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("token", [None, "t0ken"])
def test_a_refused_login_is_told_how_to_log_in_and_never_shown(
    token: str | None,
    contents: FakeRegistry,
    server: FakeServer,
    http: HttpSettings,
    tmp_path: Path,
) -> None:
    contents.basic, contents.bearer, contents.users = "eve:other", token, ("eve:other",)
    credentials = stored(tmp_path, auths(server.host))
    with pytest.raises(RegistryError) as error:
        ask(server, http, credentials)
    assert "docker login" in str(error.value)
    shown = f"{error.value}{credentials!r}"
    assert "hunter2" not in shown
    assert basic(PAIR).split()[1] not in shown


def test_a_login_is_never_sent_to_the_host_of_a_redirect(
    contents: FakeRegistry, server: FakeServer, http: HttpSettings, tmp_path: Path
) -> None:
    contents.basic = PAIR
    with serving(lambda _: Reply(401, {"WWW-Authenticate": "Basic"})) as thief:
        away = Reply(302, {"Location": f"{thief.url}/v2/team/app/manifests/1"})
        unasked = Reply(401, {"WWW-Authenticate": 'Basic realm="x"'})
        server.faults["/v2/team/app/manifests/1"] = [unasked, away]
        with pytest.raises(RegistryError):
            ask(server, http, stored(tmp_path, auths(server.host)))
    assert [request.authorization for request in thief.seen] == [None]


@pytest.mark.parametrize(
    "realm", ["http://tokens.example.test/token", "ftp://127.0.0.1/", "", "https://a:b@h.test/"]
)
def test_a_token_server_without_tls_is_not_trusted_with_a_login(
    realm: str, server: FakeServer, http: HttpSettings, tmp_path: Path
) -> None:
    asked = Reply(401, {"WWW-Authenticate": f'Bearer realm="{realm}"'})
    server.faults["/v2/team/app/manifests/1"] = [asked]
    with pytest.raises(RegistryError, match="token server that is not an https:// URL"):
        ask(server, http, stored(tmp_path, auths(server.host)))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{", "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"auths": {"HOST": {"auth": "%%"}}}', "not base64"),
        (b'{"auths": {"HOST": {"auth": "YWRh"}}}', "not `user:password`"),
    ],
)
def test_a_broken_file_of_logins_is_named(
    content: bytes,
    why: str,
    contents: FakeRegistry,
    server: FakeServer,
    http: HttpSettings,
    tmp_path: Path,
) -> None:
    contents.basic = PAIR
    file = tmp_path / "auth.json"
    file.write_bytes(content.replace(b"HOST", server.host.encode()))
    with pytest.raises(RegistryError, match=why) as error:
        ask(server, http, Credentials(files=(file,)))
    assert str(file) in str(error.value)


def test_docker_hub_goes_by_its_old_name(tmp_path: Path) -> None:
    credentials = stored(tmp_path, auths("https://index.docker.io/v1/"))
    login = credentials.find("docker.io", "library/python").login
    assert login is not None
    assert login.basic == basic(PAIR)


def test_several_challenges_in_one_header_are_told_apart() -> None:
    header = 'Negotiate, Bearer realm="https://t.test/a, b=c",service="x y" , Basic realm="\\"q\\""'
    found = parse_challenges(header)
    assert [challenge.scheme for challenge in found] == ["negotiate", "bearer", "basic"]
    assert found[1].parameters == {"realm": "https://t.test/a, b=c", "service": "x y"}
    assert found[2].parameters == {"realm": '"q"'}


@pytest.mark.parametrize("hostile", ["a", "a=", 'a="', "a ", ",a", ', a="\\"', "a= "])
def test_the_time_for_a_header_grows_with_its_length_alone(hostile: str) -> None:
    header = (hostile * 8192)[:8192]
    began = time.process_time()
    for _ in range(10):
        parse_challenges(header)
    assert time.process_time() - began < 1


def test_a_header_beyond_all_reason_is_not_read() -> None:
    assert parse_challenges(f'Bearer realm="https://t.test/{"a" * 8000}"')
    assert parse_challenges(f'Bearer realm="https://t.test/{"a" * 8192}"') == ()


@given(st.text(max_size=200))
def test_any_header_can_be_read(header: str) -> None:
    for challenge in parse_challenges(header):
        assert challenge.scheme


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)), st.text("ab=, ", max_size=9))
def test_a_quoted_value_comes_back_as_it_was(realm: str, service: str) -> None:
    escaped = realm.replace("\\", "\\\\").replace('"', '\\"')
    (found,) = parse_challenges(f'Bearer realm="{escaped}",service="{service}"')
    assert found.parameters == {"realm": realm, "service": service}


def test_a_mirror_of_the_bases_registry_is_asked_with_its_own_login(
    contents: FakeRegistry, server: FakeServer, http: HttpSettings, tmp_path: Path
) -> None:
    image = contents.add_image("hub/library/python", "3.11", "linux/amd64")
    contents.basic = PAIR
    both = (auths(server.host), auths("https://index.docker.io/v1/", "eve:other"))
    config = {"auths": {key: value for one in both for key, value in one["auths"].items()}}
    mirrors = Mirrors(registries=(("docker.io", f"{server.host}/hub"),))
    found = resolve_base(
        mirrors.base(ImageReference.parse("python:3.11")),
        AMD64,
        http=http,
        credentials=stored(tmp_path, config),
    )
    assert str(found.digest) == image["digest"]
    assert {seen.authorization for seen in server.seen} == {None, basic(PAIR)}
