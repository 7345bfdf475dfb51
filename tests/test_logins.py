"""Logins of package indexes: to whom they are sent, in which form, and what shows of them."""

from __future__ import annotations

import os
import ssl
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.errors import BuildError, Location
from lading.grammar.secret import Secret
from lading.http import HttpClient, HttpError, HttpSettings
from lading.http.logins import login_for
from lading.image.steps import Index
from lading.logins import Logins, index_variable, logins_of
from lading.machine import Machine
from lading.process import run
from registry.certificates import self_signed
from registry.fake_registry import Reply, basic, serving

if TYPE_CHECKING:
    from registry.fake_registry import Seen

PASSWORD = "correct-horse"  # noqa: S105 - a password for tests
HTTP = HttpSettings(timeout=5, backoff=0, longest_wait=1)


def index(line: int, url: str = "https://corp.test/simple", **words: Any) -> Index:  # noqa: ANN401 - any of them
    return Index(url=url, location=Location("service.py", line), **words)


def logins(indexes: list[Index], **values: bytes) -> Logins:
    return logins_of(indexes, lambda secret: values[secret.id])


def asking(request: Seen) -> Reply:
    """A server that lets in ada, and tells everybody else to log in."""
    if request.authorization == basic(f"ada:{PASSWORD}"):
        return Reply(body=b"in")
    return Reply(401, {"WWW-Authenticate": "Basic realm=x"})


# What uv gets.


def test_a_token_and_a_password_become_uvs_variables(tmp_path: Path) -> None:
    found = logins(
        [
            index(1, name="corp-1.x", secret=Secret(id="TOKEN")),
            index(2, name="other", username="ada", secret=Secret(id="PASS")),
            index(3, url="https://open.test/simple", name="open"),
        ],
        TOKEN=b"tok-123456\r\n",
        PASS=PASSWORD.encode(),
    )
    assert found.environment(tmp_path) == {
        "UV_INDEX_CORP_1_X_USERNAME": "__token__",
        "UV_INDEX_CORP_1_X_PASSWORD": "tok-123456",
        "UV_INDEX_OTHER_USERNAME": "ada",
        "UV_INDEX_OTHER_PASSWORD": PASSWORD,
    }
    assert not list(tmp_path.iterdir())


def test_files_are_written_for_their_owner_alone(tmp_path: Path) -> None:
    netrc, pem = Secret(id="NETRC"), Secret(id="PEM")
    indexes = [index(1, netrc=netrc), index(2, netrc=netrc, client_certificate=pem)]
    found = logins(indexes, NETRC=b"machine corp.test\n", PEM=b"\x00PEM")
    environment = found.environment(tmp_path)
    assert Path(environment["NETRC"]).read_bytes() == b"machine corp.test\n"
    assert Path(environment["SSL_CLIENT_CERT"]).read_bytes() == b"\x00PEM"
    modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes == {0o600}
    settings = found.http(HTTP, tmp_path)
    assert settings.netrc == environment["NETRC"]
    assert settings.client_certificate == environment["SSL_CLIENT_CERT"]


@pytest.mark.parametrize("kind", ["netrc", "client_certificate"])
def test_two_files_that_differ_are_refused_with_both_lines(kind: str) -> None:
    words: list[dict[str, Any]] = [{kind: Secret(id="A")}, {kind: Secret(id="B")}]
    indexes = [index(line, **one) for line, one in zip((3, 5), words, strict=True)]
    with pytest.raises(BuildError) as error:
        logins(indexes, A=b"one-secret", B=b"two-secret")
    text = str(error.value)
    assert text.startswith("service.py:5: this index has another ")
    assert "service.py:3" in text
    assert "one-secret" not in text
    assert "two-secret" not in text
    assert logins(indexes, A=b"same", B=b"same") != Logins()


@pytest.mark.parametrize("value", [b"two\nlines", b"nul\0", b"\xff\xfe", b"tab\tbed"])
def test_what_is_not_one_line_of_text_is_no_password(value: bytes) -> None:
    with pytest.raises(BuildError, match="'T' is no password: it is not one line of text"):
        logins([index(1, name="corp", secret=Secret(id="T"))], T=value)


def test_a_variable_is_formed_as_uv_forms_it() -> None:
    assert index_variable("my-index.2") == "MY_INDEX_2"


def test_two_names_that_are_one_to_uv_are_refused() -> None:
    indexes = [
        index(1, "https://a.test/simple", name="corp-1", secret=Secret(id="A")),
        index(2, "https://b.test/simple", name="corp.1", secret=Secret(id="B")),
    ]
    with pytest.raises(BuildError) as error:
        logins(indexes, A=b"password-of-a", B=b"password-of-b")
    assert str(error.value).startswith(
        "service.py:2: the index name 'corp.1' is too like 'corp-1' of service.py:1"
    )


def test_nothing_of_a_login_shows() -> None:
    certificate = "-----BEGIN KEY-----\nMIIBsecretsecret\n-----END KEY-----\n"
    found = Logins(
        passwords=(("corp", "https://corp.test", "ada", "p@ss w:rd"),),
        netrc=f"machine corp.test login ada password {PASSWORD}\n",
        client_certificate=certificate.encode(),
    )
    assert repr(found) == "Logins()"
    said = (
        f"p@ss w:rd, p%40ss%20w%3Ard, {basic('ada:p@ss w:rd')}, {PASSWORD} and MIIBsecretsecret "
        "at https://corp.test"
    )
    assert found.mask(said) == "***, ***, Basic ***, *** and *** at https://corp.test"
    assert "p@ss" not in repr(HttpSettings(logins=(("https://corp.test", "ada", "p@ss w:rd"),)))


# Whom a login is sent to.


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://corp.test/team/simple/a/", True),
        ("https://corp.test/team/packages/a.whl", True),
        ("https://CORP.test:443/team/simple", True),
        ("https://corp.test/team", True),
        ("https://corp.test/teammate/x", False),
        ("https://corp.test/other/a.whl", False),
        ("https://corp.test/team/../other/a.whl", False),
        ("https://corp.test/team/%2e%2e/other/a.whl", False),
        ("https://corp.test/team/..%2fother", False),
        ("https://corp.test:8443/team/simple/", False),
        ("http://corp.test/team/simple/", False),
        ("https://corp.test.evil.test/team/simple/", False),
        ("https://evil.test/corp.test/team/simple/", False),
    ],
)
def test_a_login_is_sent_below_its_index_and_nowhere_else(url: str, sent: bool) -> None:  # noqa: FBT001
    settings = HttpSettings(logins=(("https://corp.test/team/simple", "ada", "pw"),))
    assert login_for(url, settings) == (basic("ada:pw") if sent else None)


def test_of_two_logins_that_fit_the_nearer_one_is_sent() -> None:
    all_of_it, team = ("https://corp.test", "all", "a"), ("https://corp.test/team", "team", "t")
    settings = HttpSettings(logins=(all_of_it, team))
    assert login_for("https://corp.test/team/x", settings) == basic("team:t")
    assert login_for("https://corp.test/x", settings) == basic("all:a")


@given(st.text("ab./%2e-", max_size=12), st.text("ab./", max_size=8))
def test_whatever_the_path_no_other_server_gets_a_login(path: str, index_path: str) -> None:
    settings = HttpSettings(logins=((f"https://corp.test/{index_path}", "ada", "pw"),))
    for server in ("https://other.test", "http://corp.test", "https://corp.test:1"):
        assert login_for(f"{server}/{path}", settings) is None


def test_a_redirect_to_another_host_does_not_take_a_login_along() -> None:
    with serving(lambda _: Reply(body=b"stranger")) as stranger:
        away = Reply(302, {"Location": f"http://localhost:{stranger.host.partition(':')[2]}/x"})
        with serving(lambda _: away) as server:
            settings = HttpSettings(logins=((server.url, "ada", PASSWORD),), retries=0)
            with HttpClient(settings) as client:
                assert client.read(f"{server.url}/x", limit=99).body == b"stranger"
    assert server.seen[0].authorization == basic(f"ada:{PASSWORD}")
    assert stranger.seen[0].authorization is None


# netrc.


def netrc_file(folder: Path, text: str) -> HttpSettings:
    file = folder / "netrc"
    file.write_text(text)
    return HttpSettings(timeout=5, retries=0, netrc=str(file))


def test_a_netrc_file_is_asked_once_a_server_wants_a_login(tmp_path: Path) -> None:
    settings = netrc_file(tmp_path, f"machine 127.0.0.1 login ada password {PASSWORD}\n")
    with serving(asking) as server, HttpClient(settings) as client:
        assert client.read(f"{server.url}/", limit=99).body == b"in"
    assert [seen.authorization for seen in server.seen] == [None, basic(f"ada:{PASSWORD}")]


def test_a_server_that_wants_no_login_gets_none(tmp_path: Path) -> None:
    settings = netrc_file(tmp_path, f"machine 127.0.0.1 login ada password {PASSWORD}\n")
    with serving(lambda _: Reply(body=b"open")) as server, HttpClient(settings) as client:
        client.read(f"{server.url}/", limit=99)
    assert [seen.authorization for seen in server.seen] == [None]


def test_a_declared_login_comes_before_the_netrc_file(tmp_path: Path) -> None:
    settings = netrc_file(tmp_path, "machine 127.0.0.1 login eve password other-password\n")
    with serving(asking) as server:
        given = HttpSettings(
            netrc=settings.netrc, logins=((server.url, "ada", PASSWORD),), retries=0
        )
        with HttpClient(given) as client:
            assert client.read(f"{server.url}/", limit=99).body == b"in"
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "text", ["machine 127.0.0.1 login ada pasword hunter2", "hunter2", "\udcff"]
)
def test_a_netrc_file_that_is_none_is_named_and_not_quoted(text: str, tmp_path: Path) -> None:
    file = tmp_path / "netrc"
    file.write_bytes(text.encode(errors="surrogateescape"))
    settings = HttpSettings(retries=0, netrc=str(file))
    unreadable = pytest.raises(HttpError, match=r"the logins in .*netrc can't be read")
    with serving(asking) as server, HttpClient(settings) as client, unreadable as error:
        client.read(f"{server.url}/", limit=99)
    assert "hunter2" not in str(error.value)


def test_a_netrc_file_that_is_missing_or_knows_nothing_changes_nothing(tmp_path: Path) -> None:
    for settings in (
        HttpSettings(retries=0, netrc=str(tmp_path / "none")),
        netrc_file(tmp_path, "machine far.test login ada password x\n"),
        netrc_file(tmp_path, f"default login ada password {PASSWORD}\n"),
    ):
        with serving(asking) as server, HttpClient(settings) as client:
            assert client.read(f"{server.url}/", limit=99).status == 401


# Client certificates.


def test_a_client_certificate_opens_a_server_that_wants_one(tmp_path: Path) -> None:
    key, certificate = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    pem = certificate.read_bytes() + key.read_bytes()
    indexes = [index(1, client_certificate=Secret(id="PEM"))]
    plain = HttpSettings(ca_bundle=str(certificate), retries=0, timeout=5)
    shown = logins(indexes, PEM=pem).http(plain, tmp_path)
    with serving(lambda _: Reply(body=b"in"), context) as server:
        with HttpClient(shown) as client:
            assert client.read(f"https://{server.host}/", limit=9).body == b"in"
        with HttpClient(plain) as client, pytest.raises(HttpError):
            client.read(f"https://{server.host}/", limit=9)


def signed(folder: Path) -> tuple[Path, Path, Path]:
    """A key, its certificate for loopback, and the authority that has signed it."""
    authority_key, authority = self_signed(folder)
    key, request, certificate = (folder / name for name in ("leaf.key", "leaf.csr", "leaf.pem"))
    extensions = folder / "extensions"
    extensions.write_text("subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    asking = ("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=lading")
    signing = ("openssl", "x509", "-req", "-days", "2", "-CAcreateserial", "-extfile", extensions)
    authority_words = ("-CA", authority, "-CAkey", authority_key)
    for argv in (
        (*asking, "-keyout", key, "-out", request),
        (*signing, *authority_words, "-in", request, "-out", certificate),
    ):
        done = run([str(word) for word in argv], env={"PATH": "/usr/bin:/bin"}, timeout=60)
        assert done.returncode == 0, done.stderr
    return key, certificate, authority


def test_a_client_certificate_opens_such_an_index_for_the_resolver(tmp_path: Path) -> None:
    key, certificate, authority = signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(authority)
    context.verify_mode = ssl.CERT_REQUIRED
    name = "demo-1.0-py3-none-any.whl"

    def index_of_demo(request: Seen) -> Reply:
        if request.path == "/simple/demo/":
            page = f'<a href="../../{name}" data-core-metadata="true">{name}</a>'.encode()
            return Reply(headers={"Content-Type": "text/html"}, body=page)
        metadata = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"  # PEP 658
        return Reply(body=metadata) if request.path == f"/{name}.metadata" else Reply(404)

    machine = Machine(
        environ={"PATH": os.environ["PATH"], "SSL_CERT_FILE": str(authority)},
        home=tmp_path,
        interpreter=sys.executable,
    )
    file = tmp_path / "both.pem"
    file.write_bytes(certificate.read_bytes() + key.read_bytes())
    secret = Secret(id="PEM", file=str(file))
    with serving(index_of_demo, context) as server:
        url = f"https://{server.host}/simple"
        asked = ["pip", "compile", "-", "--default-index", url, "--no-cache", "--quiet"]
        indexes = [index(1, url, client_certificate=secret)]
        with machine.logged_in(indexes, project=tmp_path) as reach:
            done = reach.uv.call(asked, cwd=tmp_path, stdin="demo\n")
            kept = reach.uv.environment["SSL_CLIENT_CERT"]
        without = machine.uv().call(asked, cwd=tmp_path, stdin="demo\n")
    assert "demo==1.0" in done.stdout, done.stderr
    assert without.returncode != 0
    assert not Path(kept).parent.exists()


@pytest.mark.parametrize("content", ["no PEM", "", None])
def test_a_client_certificate_that_is_none_is_refused(content: str | None, tmp_path: Path) -> None:
    file = tmp_path / "client.pem"
    if content is not None:
        file.write_text(content)
    settings = HttpSettings(client_certificate=str(file), retries=0)
    unreadable = pytest.raises(HttpError, match="the client certificate can't be read")
    with HttpClient(settings) as client, unreadable:
        client.read("https://127.0.0.1:1/", limit=9)


def test_all_missing_secrets_are_told_together_with_their_lines(tmp_path: Path) -> None:
    machine = Machine(environ={"HELD": "x"}, home=tmp_path, interpreter=sys.executable)
    indexes = [
        index(1, name="a", secret=Secret(id="ONE")),
        index(2, "https://b.test/simple", name="b", secret=Secret(id="HELD")),
        index(3, "https://c.test/simple", netrc=Secret(id="TWO", file="missing")),
        index(4, "https://d.test/simple", netrc=Secret(id="ONE")),
    ]
    with pytest.raises(BuildError) as caught, machine.logged_in(indexes, project=tmp_path):
        pass
    told = [(str(problem.location), problem.message) for problem in caught.value.problems]
    assert [where for where, _ in told] == ["service.py:1", "service.py:3"]
    assert "'ONE'" in told[0][1]
    assert "'TWO'" in told[1][1]
