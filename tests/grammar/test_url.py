from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.grammar.invalid import Invalid
from lading.grammar.url import has_credentials, parse_index_name, parse_index_url, redact

texts = (
    st.text()
    | st.text(alphabet="aA0:/@.%?#[] \n")
    | st.text(alphabet="aA0:/@.%?[]-").map("https://{}".format)
)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("https://host.test/simple", "https://host.test/simple"),
        ("https://host.test/simple/", "https://host.test/simple"),
        ("https://host.test", "https://host.test"),
        ("HTTPS://Host.Test/Simple//", "https://host.test/Simple"),
        ("http://127.0.0.1:8080/a%20b", "http://127.0.0.1:8080/a%20b"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("https://host.test/whl/cu124+x/~a", "https://host.test/whl/cu124+x/~a"),
        ("file:///srv/wheels/", "file:///srv/wheels"),
        ("file://localhost/srv/wheels", "file:///srv/wheels"),
    ],
)
def test_index_urls_are_normalised(text: str, normal: str) -> None:
    assert parse_index_url(text) == normal


@pytest.mark.parametrize(
    "text",
    [
        "",
        "host.test/simple",
        "/srv/wheels",
        "ftp://host.test/x",
        "git+https://host.test/x",
        "https://",
        "https:///x",
        "https://host.test:0/x",
        "https://host.test:99999/x",
        "https://host.test/x?a=b",
        "https://host.test/x#y",
        "https://host.test/a b",
        "https://host.test/x\n",
        "https://host.test/\nRUN id",
        "https://host.test/%zz",
        "https://host.test/$X",
        "https://host.test/'x'",
        "https://hö.test/x",
        "https://-host.test/x",
        "https://[0]/x",
        "--index-url=https://host.test",
        "file:///",
        "file://srv/wheels",
    ],
)
def test_other_urls_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_index_url(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://user:hunter2@host.test/simple",
        "https://hunter2@host.test/simple",
        "https://user%3Ahunter2@host.test/simple",
        "https://user:a/hunter2@host.test/simple",
        "https://user:my hunter2@host.test/simple",
        "https://user:my\nhunter2@host.test/simple",
        "https://@host.test/hunter2",
        "user:hunter2@host.test/simple",
        "ftp://user:hunter2@host.test/simple",
        "https://host.test/simple?token=hunter2",
    ],
)
def test_r30_credentials_are_refused_and_not_shown(text: str) -> None:
    with pytest.raises(Invalid, match="credentials") as caught:
        parse_index_url(text)
    assert "hunter2" not in f"{caught.value.message}{caught.value.hint}"
    assert 'name="corp"' in str(caught.value.hint)
    assert 'secret=secret("CORP_PASSWORD")' in str(caught.value.hint)


@pytest.mark.parametrize(
    ("text", "call"),
    [
        (
            "https://jane:hunter2@host.test:8443/a/simple/",
            '.index("https://host.test:8443/a/simple/", name="corp", username="jane", secret=',
        ),
        ("https://hunter2@host.test/s", '.index("https://host.test/s", name="corp", secret='),
        ("https://hunter2:@host.test/s", '.index("https://host.test/s", name="corp", secret='),
        (
            "https://__token__:hunter2@host.test/s",
            '.index("https://host.test/s", name="corp", secret=',
        ),
        (
            f"https://{'hunter2' * 6}:hunter2@host.test/s",
            '.index("https://host.test/s", name="corp", username="...", secret=',
        ),
        (
            "https://${CORP_TOKEN}@host.test/s",
            '.index("https://host.test/s", name="corp", secret=secret("CORP_TOKEN"))',
        ),
        ("https://host.test/s?token=hunter2", '.index("https://host.test/s", name="corp", secret='),
        ("https://u:a/hunter2@host.test/s", '.index("https://host/simple", name="corp", secret='),
    ],
)
def test_r30_the_call_with_a_secret_is_shown(text: str, call: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_index_url(text)
    hint = str(caught.value.hint)
    assert hint.startswith(call)
    assert "hunter2" not in hint


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("host.test/simple", 'write "https://host.test/simple"'),
        ("htps://host.test", 'did you mean "https"?'),
        ("/srv/wheels", "a folder is written as file:///path"),
        (
            "https://host.test/x?a=b",
            "an index has no query and no fragment; leave out what follows",
        ),
    ],
)
def test_the_corrected_form_is_hinted_at(text: str, hint: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_index_url(text)
    assert caught.value.hint == hint


@pytest.mark.parametrize("wrong", [None, True, 3, b"https://x", ["x"]])
def test_only_text_is_a_url_or_a_name(wrong: str) -> None:
    with pytest.raises(Invalid, match="must be a string"):
        parse_index_url(wrong)
    with pytest.raises(Invalid, match="must be a string"):
        parse_index_name(wrong)


@pytest.mark.parametrize("name", ["a", "pytorch-cpu", "internal_1.x", "A" * 64])
def test_index_names_are_accepted(name: str) -> None:
    assert parse_index_name(name) == name


@pytest.mark.parametrize("name", ["", "-a", "a-", "a b", "a=b", "a/b", "a\n", "ä", "A" * 65])
def test_other_index_names_are_refused(name: str) -> None:
    with pytest.raises(Invalid):
        parse_index_name(name)


@given(texts)
def test_any_text_is_a_safe_url_or_invalid(text: str) -> None:
    try:
        url = parse_index_url(text)
    except Invalid as error:
        message = error.message
        assert message.isprintable()
        return
    assert url.isascii()
    assert url.isprintable()
    assert not set(url) & set(" $'\"`\\")
    assert not has_credentials(url)
    assert redact(url) == url
    assert urlsplit(url).username is None
    assert parse_index_url(url) == url


@given(st.text() | st.text(alphabet="aA0-_. "))
def test_any_text_is_a_safe_name_or_invalid(text: str) -> None:
    try:
        name = parse_index_name(text)
    except Invalid as error:
        message = error.message
        assert message.isprintable()
        return
    assert name.isascii()
    assert name[0].isalnum()
