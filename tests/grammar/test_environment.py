from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.grammar.environment import parse_env_name, parse_env_value
from lading.grammar.invalid import Invalid

texts = st.text() | st.text(alphabet="aA_1= -\n\0$")


@pytest.mark.parametrize("name", ["A", "_", "PATH", "no_proxy", "A1_b"])
def test_names_that_a_shell_can_use_are_accepted(name: str) -> None:
    assert parse_env_name(name) == name


@pytest.mark.parametrize("name", ["A B", "1A", "A=B", "", "A-B", "A\n", "É", "A.B", "-A", "$A"])
def test_r4_other_names_are_refused(name: str) -> None:
    with pytest.raises(Invalid):
        parse_env_name(name)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("A B", 'write "A_B"'), ("A=B", "name and value go apart: env(A=...)")],
)
def test_the_corrected_name_is_hinted_at(name: str, hint: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_env_name(name)
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    "value", ["", "'", '"', "$HOME", "${X:-y}", "\\", "a\\", "ü 数", " a ", "a\tb", "# x", "a=b"]
)
def test_r4_any_text_of_one_line_is_a_value(value: str) -> None:
    assert parse_env_value(value) == value


@pytest.mark.parametrize("value", ["x\nRUN echo PWNED", "a\r", "\n", "a\0", "\ud800"])
def test_r1_line_breaks_and_nul_are_no_value(value: str) -> None:
    with pytest.raises(ValueError, match="environment value"):
        parse_env_value(value)


def test_a_refused_value_is_not_shown() -> None:
    with pytest.raises(Invalid) as caught:
        parse_env_value("BEGIN KEY\nhunter2")
    assert "hunter2" not in f"{caught.value.message}{caught.value.hint}"


@pytest.mark.parametrize(
    ("wrong", "hint"), [(8080, 'write "8080"'), (True, 'write "true"'), (None, None), (b"x", None)]
)
def test_only_text_is_a_value(wrong: str, hint: str | None) -> None:
    with pytest.raises(Invalid, match="must be a string") as caught:
        parse_env_value(wrong)
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PIP_INDEX_URL", "https://u:hunter2@host.test/simple"),
        ("DATABASE_URL", "postgres://app:hunter2@db.test/app"),
        ("REMOTE", "https://hunter2@host.test/o/r.git"),
        ("HOOK", "https://host.test/hook?token=hunter2"),
        ("HF_TOKEN", "hunter2"),
        ("API_KEY", "hunter2"),
        ("openaiApiKey", "hunter2"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ("DB_PASSWORD", "hunter2"),
    ],
)
def test_r30_a_secret_is_no_value(name: str, value: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_env_value(value, name=name)
    assert "hunter2" not in f"{caught.value.message}{caught.value.hint}"
    assert f"env({name}=None)" in str(caught.value.hint)
    assert f'secret("{name}", variable="{name}")' in str(caught.value.hint)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HF_TOKEN", ""),
        ("TOKENIZERS_PARALLELISM", "false"),
        ("MAX_TOKENS", "100"),
        ("USE_TOKEN", "true"),
        ("PAD_TOKEN", "<pad>"),
        ("MASK_TOKEN", "[MASK]"),
        ("DB_PASSWORD_FILE", "/run/secrets/db"),
        ("SSL_PRIVATE_KEY", "/etc/ssl/key.pem"),
        ("AWS_ACCESS_KEY_ID", "AKIA"),
        ("HF_TOKEN", "${OTHER}"),
        ("GIT_REMOTE", "ssh://git@host.test/o/r"),
        ("IMAGE", "docker://python:3.11@sha256:00"),
        ("MODEL", "s3://bucket/a@b"),
        ("SEPARATOR", "a;key=b"),
        ("PWD", "/srv"),
    ],
)
def test_what_only_looks_like_a_secret_is_a_value(name: str, value: str) -> None:
    assert parse_env_value(value, name=name) == value


@given(texts)
def test_any_text_is_a_safe_name_or_invalid(text: str) -> None:
    try:
        name = parse_env_name(text)
    except Invalid as error:
        message = error.message
        assert message.isprintable()
        return
    assert name == text
    assert name.isidentifier()
    assert name.isascii()


@given(texts)
def test_any_text_is_a_value_of_one_line_or_invalid(text: str) -> None:
    try:
        value = parse_env_value(text)
    except Invalid as error:
        message = error.message
        assert message.isprintable()
        return
    assert value == text
    assert not set(value) & {"\n", "\r", "\0"}
