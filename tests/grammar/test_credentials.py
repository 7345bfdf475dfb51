from __future__ import annotations

from time import process_time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.grammar.credentials import has_credentials, redact

SECRET = "hunter2"  # noqa: S105 - what must not be seen

# RFC 3986's user information, and what people leave unescaped in it.
userinfo = st.text(alphabet="abcXYZ019-._~!$&()*+,;=:%@\"'{}", min_size=1, max_size=40)


@pytest.mark.parametrize(
    "text",
    [
        "https://user:hunter2@host.test/simple",
        "https://hunter2@host.test/simple",
        "https://user%3Ahunter2@host.test/",
        "https://user:hunter2%40x@host.test/",
        "https://user:a@hunter2@host.test/",
        "https://user:a/hunter2@host.test/",
        "https://user:a#hunter2@host.test/",
        "git+https://user:hunter2@host.test/o/r.git@v1",
        "ssh://git:hunter2@host.test/o/r",
        "HTTPS://USER:hunter2@HOST.TEST",
        "https://host.test/x?token=hunter2",
        "https://host.test/x?a=1&access_token=hunter2&b=2",
        "https://host.test/x?X-Amz-Credential=hunter2&X-Amz-Signature=hunter2",
        "https://host.test/x?sig=hunter2",
        "https%3A%2F%2Fuser%3Ahunter2%40host.test%2Fsimple",
        "x @ https://hunter2@host.test/x.whl, and https://u:hunter2@other.test",
        "//user:hunter2@host.test/simple",
        "https:/user:hunter2@host.test/simple",
        "https:/hunter2@host.test/simple",
        "https:////user:hunter2@host.test/simple",
        r"https:\/\/user:hunter2@host.test\/simple",
        "https://user%3Ahunter2%40host.test/simple",
        "https%3A%2F%2Fuser%3Aa%2540hunter2%40host.test%2Fsimple",
        "https%3A%2F%2Fuser%3Ahunter2@host.test/simple",
        "https://dev.host.test/_packaging?pat=hunter2",
        "https://host.test/go?to=https%3A%2F%2Fh%3Ftoken%3Dhunter2%26x%3D1",
    ],
)
def test_a_credential_is_found_and_masked(text: str) -> None:
    assert has_credentials(text)
    assert SECRET not in redact(text)
    assert "host.test" in redact(text).lower()


@pytest.mark.parametrize(
    "text",
    [
        "https://host.test/simple",
        "https://host.test:8080/@scope/pkg",
        "http://[::1]:8080/a@b",
        "git+https://host.test/org/repo.git@v1.0#subdirectory=x",
        "ssh://git@host.test/org/repo",
        "git@host.test:org/repo",
        "docker.io/library/python:3.11@sha256:" + "0" * 64,
        "https://host.test:443: refused, asked by me@host.test",
        "x.whl --hash=sha256:abc",
        "monkey=1 and turkey?=2",
        "docker://python:3.11@sha256:" + "0" * 64,
        "docker://python@sha256:" + "0" * 64,
        "mailto:me@host.test",
        "// todo: ask me@host.test",
        "//host.test:8080/@scope/x",
        "file:///srv/a/b@c",
        "https://host.test/?path=a&patch=b",
        "",
    ],
)
def test_what_is_no_credential_stays(text: str) -> None:
    assert redact(text) == text
    assert not has_credentials(text)


def test_user_information_is_masked_without_a_scheme_too() -> None:
    assert redact("user:hunter2@host.test/simple") == "***@host.test/simple"


def test_the_rest_of_the_text_stays_readable() -> None:
    assert (
        redact("can't read https://u:p@host.test/a?x=1&token=t#sha256=9: timed out")
        == "can't read https://***@host.test/a?x=1&token=***#sha256=9: timed out"
    )


@given(userinfo)
def test_no_user_information_survives(user: str) -> None:
    assert redact(f"see https://{user}@host.test/x now") == "see https://***@host.test/x now"
    assert has_credentials(f"https://{user}@host.test/x")


@given(
    userinfo,
    st.sampled_from(["https://{}@h.test/x", "https:/{}@h.test", "git+https://{}@h.test/x@v1"])
    | st.sampled_from(["//u:{}@h.test", r"see https:\/\/{}@h.test", "ssh://git:{}@h.test"]),
)
def test_no_credential_survives_in_any_form_of_url(user: str, form: str) -> None:
    secret = f"{SECRET}{user}{SECRET}"
    assert SECRET not in redact(form.format(secret))
    assert has_credentials(form.format(secret))


@given(st.text(min_size=1, max_size=20), st.integers(1, 2))
def test_no_credential_survives_percent_encoding(password: str, times: int) -> None:
    secret = quote(f"{SECRET}{password}", safe="")
    text = f"https://user:{secret}@h.test/simple"
    for _ in range(times - 1):
        text = quote(text, safe="")
    assert SECRET not in redact(f"to={text}")


def test_a_header_with_a_login_is_masked() -> None:
    text = "sent 'Authorization: Bearer hunter2', got 401; authorization=\"Basic hunter2\""
    assert SECRET not in redact(text)
    assert "got 401" in redact(text)


@given(
    st.text()
    | st.text(alphabet="a:/@?&=%#sh token\\")
    | st.lists(
        st.sampled_from(
            [
                *("https", ":", "/", "//", "@", "%40", "%3a%2f%2f", "%3d", "%3f", "token", "="),
                *("?", "a", "ssh", "sha256:", "Authorization: Bearer ", " ", "u:p@h", "***"),
                *("\\/", "&"),
            ]
        ),
        max_size=12,
    ).map("".join)
)
def test_masking_again_changes_nothing(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize(
    "part",
    [
        *("https://a:b", "a:", "?token=", "://", "%3a%2f%2f", "&token", "//", "//a:", "https:/"),
        *("%26token", "\\/", ":\\/", "authorization: ", "%3f", "a%40", "/a:b", "%", "a" * 50 + ":"),
    ],
)
def test_long_text_takes_no_long_time(part: str) -> None:
    began = process_time()
    for end in ("", "@", "%40", "="):
        redact(part * 5_000 + end)
        has_credentials(part * 5_000 + end)
    assert process_time() - began < 5
