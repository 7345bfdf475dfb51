"""Build secrets: what names one, and where its value is when it is needed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lading.grammar.environment import parse_env_name
from lading.grammar.invalid import Invalid
from lading.grammar.secret_id import parse_users_secret_id
from lading.grammar.token import refuse_token
from lading.grammar.words import expect_text, shown

__all__ = [
    "Secret",
    "parse_secret_env",
    "parse_secret_file",
    "parse_secret_variable",
    "parse_secret_version",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A build secret, by name: never its value.

    Where no source is declared, it is the environment variable that is called like the id. Only
    `id`, `version` and `variable` are part of what an image is: the source says how to get at a
    value on the machine that builds, and is in no file that Lading writes.

    Attributes:
        id: What a step's mount and an engine's `--secret` call it.
        env: The environment variable that holds the value.
        file: The path of the file that holds it, from the project's folder; may begin with `~/`.
        command: The words of the command that prints it; a final line end is not part of it.
        version: Changes when the steps that use the secret are to run again.
        variable: The environment variable that the step finds the value in, besides the file.

    Raises:
        Invalid: A word is outside its grammar, or there is more than one source.
    """

    id: str
    env: str | None = None
    file: str | None = None
    command: tuple[str, ...] = ()
    version: str | None = None
    variable: str | None = None

    def __post_init__(self) -> None:
        parse_users_secret_id(self.id)
        if self.env is not None:
            parse_secret_env(self.env)
        if self.file is not None:
            parse_secret_file(self.file)
        if self.version is not None:
            parse_secret_version(self.version)
        if self.variable is not None:
            parse_secret_variable(self.variable)
        sources = (self.env, self.file, self.command or None)
        if sum(source is not None for source in sources) > 1:
            raise Invalid(
                f"secret {shown(self.id)} has more than one source",
                hint="give one of env=, file= and command=",
            )

    @classmethod
    def named(cls, word: object) -> Secret:
        """`word`, which may be just the id of a secret.

        Raises:
            Invalid: It is neither a secret nor an id.
        """
        if isinstance(word, Secret):
            return word
        return cls(id=expect_text("secret", word))


# Somebody may write the secret itself where a name is meant: no message shows what stands there.


def parse_secret_env(text: str) -> str:
    """`text`, the name of the variable that holds a secret.

    Raises:
        Invalid: It is none.
    """
    hint = 'write the name of the variable, never its value: env="CI_TOKEN"'
    return _parse_name("env", text, hint=hint)


def parse_secret_file(text: str) -> str:
    """`text`, the path of the file that holds a secret, from the project or below `~/`.

    Raises:
        Invalid: It is none.
    """
    example = 'file="~/.netrc"'
    expect_text("file", text)
    refuse_token("file", text)
    if not text.strip() or not text.isprintable():
        raise Invalid("file is not the path of a file", hint=example)
    if text.startswith("~") and not text.startswith("~/"):
        raise Invalid("file is in no home that is known", hint=example)
    return text


def parse_secret_version(text: str) -> str:
    """`text`, a version: up to 64 letters, digits, `_`, `.`, `:`, `+` and `-`.

    Raises:
        Invalid: It is none.
    """
    expect_text("version", text)
    refuse_token("version", text)
    if not re.fullmatch(r"[A-Za-z0-9_.:+-]{1,64}", text):
        raise Invalid(
            "version of a secret is invalid",
            hint='a version such as "2" or "2026-11-01"; never the secret itself',
        )
    return text


def parse_secret_variable(text: str) -> str:
    """`text`, the name of a variable that a step finds a secret in.

    Raises:
        Invalid: It is none, or one that the step's own programs depend on.
    """
    name = _parse_name("variable", text, hint='variable="HF_TOKEN"')
    if name in {"PATH", "HOME", "IFS", "LD_PRELOAD", "LD_LIBRARY_PATH"}:
        raise Invalid(f"the variable {name} can't hold a secret", hint="choose another name")
    return name


def _parse_name(what: str, text: str, *, hint: str) -> str:
    expect_text(what, text)
    refuse_token(what, text)
    try:
        return parse_env_name(text)
    except Invalid:
        message = f"{what} is not the name of an environment variable"
        raise Invalid(message, hint=hint) from None
