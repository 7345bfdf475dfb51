"""A token where a name is meant is refused, and its letters are shown nowhere."""

from __future__ import annotations

import pytest

from lading.grammar.invalid import Invalid
from lading.grammar.secret import (
    Secret,
    parse_secret_env,
    parse_secret_file,
    parse_secret_variable,
    parse_secret_version,
)
from lading.grammar.secret_id import parse_secret_id
from lading.grammar.token import is_token, refuse_token

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
# Made up, and none that anybody was given.
TOKENS = (
    f"ghp_{LETTERS}",
    f"github_pat_11{LETTERS}_{LETTERS}",
    f"glpat-{LETTERS[-20:]}",
    f"hf_{LETTERS[:30]}",
    f"npm_{LETTERS}",
    f"pypi-AgEIcHlwaS5vcmc{LETTERS}",
    f"sk-{LETTERS}",
    f"sk-proj-{LETTERS}",
    f"sk_live_{LETTERS}",
    "AKIA" + "ABCDEFGH" * 2,
    f"xoxb-{LETTERS}",
    f"eyJ{LETTERS}.{LETTERS}.{LETTERS}",
    f"ghp_{LETTERS}\n",
)
NAMES = (
    *("HF_TOKEN", "hf_token", "hf_my_private_token", "GHP_TOKEN", "npm_token", "NPM_TOKEN_OF_CORP"),
    *("pypi-token", "pypi-production-upload-token", "glpat-of-the-team", "sk-learn", "AKIA_KEY_ID"),
    *(
        "sk-organisation-production-key",
        "xoxb-token-of-the-bot",
        "eyJ",
        "deploy_key",
        "sk_live_key",
    ),
    *("NETRC", "github_pat_for_ci", "~/.config/hf_token", "private/token.txt", "2026-11-01"),
)


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize(
    "parse",
    [
        parse_secret_id,
        parse_secret_env,
        parse_secret_file,
        parse_secret_variable,
        parse_secret_version,
        lambda word: Secret(id=word),
        lambda word: Secret(id="A", env=word),
    ],
)
def test_a_token_is_refused_and_not_shown(parse: object, token: str) -> None:
    assert callable(parse)
    with pytest.raises(Invalid) as caught:
        parse(token)
    said = f"{caught.value.message} {caught.value.hint} {caught.value!r}"
    assert "a token by its looks" in said
    assert token[:12] not in said


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_tells_of_a_token_is_taken(name: str) -> None:
    refuse_token("id", name)


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("form", ["Bearer {}", "prefix-{}", "a_{}", "x={},y", '"{}"', "a/{}/b"])
def test_a_token_in_a_longer_text_is_one(form: str, token: str) -> None:
    assert is_token(form.format(token.strip()))


@pytest.mark.parametrize(
    "text",
    [
        "flask-sqlalchemy-2024-extended-edition",
        "scikit-learn==1.5.2",
        "hf_transfer hf-xet hf_internal_testing_tiny_random_model",
        "task_test_integration0123456789",
        "npm_config_registry",
        "https://hub.example.test/hf_datasets/sk-SK/common_voice_11_0",
        "disk-0123456789abcdefghijklmnop",
        "sha256:" + "0123456789abcdef" * 4,
        "cu126-AKIArchive",
        "pypi-AgE",
        "registry.example.test/team/ghp_tools:1.2.3",
    ],
)
def test_what_only_reminds_of_a_token_is_none(text: str) -> None:
    assert not is_token(text)
