"""Environment variables: names that a shell can use, values of one line."""

from __future__ import annotations

import re

from lading.grammar.credentials import has_credentials, redact
from lading.grammar.invalid import Invalid
from lading.grammar.words import expect_text, shown

__all__ = ["is_secret_by_name", "parse_env_name", "parse_env_value"]

_SECRETS = {
    *("TOKEN", "PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "APIKEY", "CREDENTIAL", "CREDENTIALS"),
}
_SECRET_KEYS = {
    *("API_KEY", "ACCESS_KEY", "SECRET_KEY", "PRIVATE_KEY", "ENCRYPTION_KEY", "SIGNING_KEY"),
    "DB_PWD",
}
# What such a variable may hold besides: nothing, a switch, a file's path, the name of another
# variable, or a word in a model's vocabulary (PAD_TOKEN=<pad>).
_HARMLESS = r"(?i)|true|false|yes|no|on|off|none|null|[0-9]|/.*|\$\{?\w+\}?|<[^<>]*>|\[\w*\]"


def parse_env_name(text: str) -> str:
    """`text`, a name as POSIX has it: letters, digits and `_`, not beginning with a digit.

    Raises:
        Invalid: It is none. Source: POSIX.1-2017, Base Definitions 3.235 and 8.1.
    """
    expect_text("environment name", text)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        raise Invalid(f"environment name {shown(text)} is invalid", hint=_hint_at_name(text))
    return text


def parse_env_value(text: str, *, name: str = "NAME") -> str:
    """`text`, any text of one line; it is not interpreted.

    Args:
        text: The value.
        name: What the variable is called.

    Raises:
        Invalid: There is a NUL, which ends a string for the kernel, or a line break, which no
            Dockerfile can carry in a value (CASES R1). Or it is a secret, by the variable's name or
            by a login in a URL: whoever has the image could read it (CASES R30).
    """
    # The value is in no message: text of many lines is often a key.
    expect_text("environment value", text)
    if "\0" in text:
        raise Invalid("environment value has a NUL character in it")
    if "\n" in text or "\r" in text:
        raise Invalid(
            "environment value has a line break in it",
            hint="put text of many lines in a file, and include that with build_include",
        )
    _refuse_secret(text, name)
    return text


def is_secret_by_name(name: str, value: str) -> bool:
    """Whether what is called so is a secret, as `DB_PASSWORD` and `hf_token` are.

    Args:
        name: What it is called.
        value: What it is: a file's path, a switch or a word of a vocabulary is no secret.
    """
    return _tells_of_secret(name) and not re.fullmatch(_HARMLESS, value)


def _refuse_secret(value: str, name: str) -> None:
    if "://" in value and has_credentials(value):
        what = "has a URL with credentials in it"
    elif is_secret_by_name(name, value):
        what = "is a secret by its name"
    else:
        return
    hint = (
        f"env({name}=None) takes it from whoever starts the container; a command of the build "
        f'gets it by secrets=[secret("{name}", variable="{name}")]'
    )
    raise Invalid(f"environment value {what}, and would be in the image", hint=hint)


def _tells_of_secret(name: str) -> bool:
    # By its last words: TOKENIZERS_PARALLELISM, MAX_TOKENS and DB_PASSWORD_FILE hold none.
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper().strip("_").split("_")
    return words[-1] in _SECRETS or "_".join(words[-2:]) in _SECRET_KEYS


def _hint_at_name(text: str) -> str:
    name, equals, _ = text.partition("=")
    if equals and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        return f"name and value go apart: env({name}=...)"
    fixed = re.sub(r"[^A-Za-z0-9_]", "_", text.strip()[:64])
    # What holds credentials is no name with a slip in it, and its letters are not to be shown.
    if redact(text) == text and fixed.strip("_") and not fixed[0].isdigit():
        return f"write {shown(fixed)}"
    return "a name has letters, digits and '_', and does not begin with a digit"
